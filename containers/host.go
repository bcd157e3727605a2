// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// environment reads the settings of Docker and its client. The client reads others itself, so passing some of them as
// parameters could select one engine here and another in the client.
func environment(name string) string {
	return os.Getenv(name) //nolint:forbidigo // See above.
}

const (
	defaultHost  = "unix:///var/run/docker.sock"
	socketName   = "docker.sock"
	podmanSocket = "podman/podman.sock"
)

// engineHost returns the engine's address: DOCKER_HOST; the current context of the docker command; the first that
// answers of Docker's usual sockets, Docker's rootless ones, and Podman's. If one is configured explicitly, no other is
// tried: a fallback could run a build on an engine that nobody asked for. If none answers, it is the first that exists.
func engineHost(ctx context.Context) (string, error) {
	if host := environment("DOCKER_HOST"); host != "" {
		return host, nil
	}
	if host, err := contextHost(); host != "" || err != nil {
		return host, err
	}
	return firstSocket(ctx, append(dockerSockets(), podmanSockets()...)), nil
}

// firstSocket returns the first socket at which somebody listens whom this user may speak to. A socket may outlive its
// engine, or belong to another user's.
func firstSocket(ctx context.Context, sockets []string) string {
	dialer := net.Dialer{Timeout: time.Second}
	there := ""
	for _, socket := range sockets {
		conn, err := dialer.DialContext(ctx, "unix", socket)
		if err == nil {
			_ = conn.Close()
			return "unix://" + socket
		}
		if there == "" && !errors.Is(err, fs.ErrNotExist) {
			there = "unix://" + socket
		}
	}
	return cmp.Or(there, defaultHost)
}

// resolved is the address behind a link: podman-docker gives Podman's socket Docker's name. One that cannot be followed to its end,
// such as a link to a directory of another user's, is resolved once.
func resolved(host string) string {
	socket, ok := strings.CutPrefix(host, "unix://")
	if !ok {
		return host
	}
	if end, err := filepath.EvalSymlinks(socket); err == nil {
		return "unix://" + end
	}
	if link, err := os.Readlink(socket); err == nil {
		return "unix://" + link
	}
	return host
}

// isPodmanSocket reports whether an address is a usual one of Podman.
func isPodmanSocket(host string) bool { return strings.HasSuffix(host, "/podman.sock") }

// podmanSockets are root's for root, else the user's own before root's, which others may rarely use.
func podmanSockets() []string {
	const rootful = "/run/" + podmanSocket
	if os.Getuid() == 0 {
		return []string{rootful}
	}
	var paths []string
	if dir := environment("XDG_RUNTIME_DIR"); dir != "" {
		paths = append(paths, filepath.Join(dir, podmanSocket))
	}
	return append(paths, "/run/user/"+strconv.Itoa(os.Getuid())+"/"+podmanSocket, rootful)
}

func dockerSockets() []string {
	paths := []string{"/var/run/docker.sock"}
	if dir := environment("XDG_RUNTIME_DIR"); dir != "" {
		paths = append(paths, filepath.Join(dir, socketName))
	}
	if home, err := os.UserHomeDir(); err == nil {
		docker := filepath.Join(home, ".docker")
		paths = append(paths, filepath.Join(docker, "run", socketName), filepath.Join(docker, "desktop", socketName))
	}
	return append(paths, "/run/user/"+strconv.Itoa(os.Getuid())+"/"+socketName)
}

// contextHost reads the endpoint of the docker command's current context. The layout of these files is
// documented in docker/cli, cli/context/store: meta/<sha256 of the name>/meta.json. "" means no context.
func contextHost() (string, error) {
	dir := configDir()
	name := environment("DOCKER_CONTEXT")
	if name == "" {
		var config struct {
			CurrentContext string `json:"currentContext"`
		}
		if err := readDockerConfig(&config); err != nil {
			return "", err
		}
		name = config.CurrentContext
	}
	if name == "" || name == "default" {
		return "", nil
	}
	return contextEndpoint(dir, name)
}

// configDir is the directory of the docker command's configuration, "" if there can be none.
func configDir() string {
	if dir := environment("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".docker")
}

// readDockerConfig reads the docker command's configuration into a struct, which stays as it is if there is none.
func readDockerConfig(into any) error {
	dir := configDir()
	if dir == "" {
		return nil
	}
	file := filepath.Join(dir, "config.json")
	data, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil
	} else if err != nil {
		return fmt.Errorf("docker's configuration: %w", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("docker's configuration %s: %w", file, err)
	}
	return nil
}

func contextEndpoint(dir, name string) (string, error) {
	sum := sha256.Sum256([]byte(name))
	file := filepath.Join(dir, "contexts", "meta", hex.EncodeToString(sum[:]), "meta.json")
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("docker context %q: %w", name, err)
	}
	var meta struct {
		Endpoints map[string]struct {
			Host string `json:"Host"` //nolint:tagliatelle // Docker's format.
		} `json:"Endpoints"` //nolint:tagliatelle // Docker's format.
	}
	if err := json.Unmarshal(data, &meta); err != nil {
		return "", fmt.Errorf("docker context %q: %s: %w", name, file, err)
	}
	host := meta.Endpoints["docker"].Host
	if host == "" {
		return "", fmt.Errorf("docker context %q: %s: want Endpoints.docker.Host, got none", name, file)
	}
	certificates := filepath.Join(dir, "contexts", "tls", hex.EncodeToString(sum[:]), "docker")
	if _, err := os.Stat(certificates); err == nil {
		return "", fmt.Errorf("docker context %q: want a context without TLS, got certificates in %s; "+
			"set DOCKER_HOST=%s, DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH", name, certificates, host)
	}
	return host, nil
}
