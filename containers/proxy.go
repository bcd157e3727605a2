// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// proxies are the user's proxies: environment variables in both cases, by name.
//
// They are never in a container's configuration, because an engine's commit copies its environment into the image. A
// run's command gets them on its standard input. A build gets them as the build arguments that every builder predefines:
// these are in the environment of the build's commands, but neither in the image, nor in its history, nor in what the
// layer cache compares.
type proxies map[string]string

// proxyNames are the variables that name proxies, and the one with the exceptions.
func proxyNames() []string {
	return []string{"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", noProxy}
}

const noProxy = "NO_PROXY"

// readProxies reads the variables of the environment. If none of them names a proxy, it reads what the docker command's
// configuration has for the engine at host or for all engines, as that command does.
func readProxies(host string) (proxies, error) {
	found := make(proxies)
	for _, name := range proxyNames() {
		for _, spelling := range []string{name, strings.ToLower(name)} {
			if value := environment(spelling); value != "" {
				found[spelling] = value
			}
		}
	}
	if !found.any() {
		var err error
		if found, err = configuredProxies(host); err != nil {
			return nil, err
		}
	}
	return found.completed()
}

// any reports whether there is a proxy, and not just exceptions from one.
func (p proxies) any() bool {
	for name := range p {
		if !strings.EqualFold(name, noProxy) {
			return true
		}
	}
	return false
}

// configuredProxies reads the docker command's configuration: that of the engine, else the default.
func configuredProxies(host string) (proxies, error) {
	type settings struct {
		HTTP  string `json:"httpProxy"`
		HTTPS string `json:"httpsProxy"`
		FTP   string `json:"ftpProxy"`
		All   string `json:"allProxy"`
		No    string `json:"noProxy"`
	}
	var config struct {
		Proxies map[string]settings `json:"proxies"`
	}
	if err := readDockerConfig(&config); err != nil {
		return nil, err
	}
	of, ok := config.Proxies[host]
	if !ok {
		of = config.Proxies["default"]
	}
	found := make(proxies)
	for i, value := range []string{of.HTTP, of.HTTPS, of.FTP, of.All, of.No} {
		if value != "" {
			found[proxyNames()[i]] = value
		}
	}
	return found, nil
}

// completed adds the other case of each variable, because some programs read only one. There are no exceptions without a
// proxy.
func (p proxies) completed() (proxies, error) {
	if !p.any() {
		return nil, nil //nolint:nilnil // no proxy
	}
	all := maps.Clone(p)
	for name, value := range p {
		if strings.ContainsAny(value, "\n\x00") {
			return nil, fmt.Errorf("%s is not one line: no proxy is used in containers", name)
		}
		for _, other := range []string{strings.ToUpper(name), strings.ToLower(name)} {
			if _, ok := p[other]; !ok {
				all[other] = value
			}
		}
	}
	return all, nil
}

// Proxies returns the values of the user's proxies for containers, without duplicates and passwords.
func (e *Engine) Proxies() []string {
	var shown []string
	for _, name := range slices.Sorted(maps.Keys(e.proxies)) {
		if value := withoutLogin(e.proxies[name]); !slices.Contains(shown, value) && !strings.EqualFold(name, noProxy) {
			shown = append(shown, value)
		}
	}
	return shown
}

// of returns the proxies of a run or a build: none without a network.
func (p proxies) of(network bool) proxies {
	if network {
		return p
	}
	return nil
}

// readAndRun reads variables up to an empty line, exports them, and becomes the command that follows.
const readAndRun = `while IFS= read -r line && [ "$line" ]; do export "$line"; done; exec "$@" </dev/null`

// command returns a command that runs argv with the proxies, which it reads from its standard input.
func (p proxies) command(argv []string) []string {
	if len(p) == 0 {
		return argv
	}
	return append([]string{"/bin/sh", "-c", readAndRun, "sh"}, argv...)
}

// input is what the command reads.
func (p proxies) input() []byte {
	var text []byte
	for _, name := range slices.Sorted(maps.Keys(p)) {
		text = fmt.Appendf(text, "%s=%s\n", name, p[name])
	}
	return append(text, '\n')
}

// send writes the proxies to the standard input of a container, which may not have started yet.
func (p proxies) send(to io.Writer) error {
	if len(p) == 0 {
		return nil
	}
	if _, err := to.Write(p.input()); err != nil {
		return fmt.Errorf("pass the proxies: %w", err)
	}
	return nil
}

// arguments adds the proxies to a build's arguments.
func (p proxies) arguments(args map[string]string) map[string]string {
	all := maps.Clone(args)
	if all == nil {
		all = make(map[string]string)
	}
	maps.Copy(all, p)
	return all
}

// proxiesIn returns the proxies among a build's arguments.
func proxiesIn(args map[string]string) proxies {
	found := make(proxies)
	for name, value := range args {
		if slices.Contains(proxyNames(), strings.ToUpper(name)) {
			found[name] = value
		}
	}
	return found
}
