// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"maps"
	"net/url"
	"os/exec"
	"strings"
	"time"
)

// secretProxies are the proxies of this machine's apt that need a password, as the build arguments that every builder
// predefines: they are in the environment of its commands, but neither in the image nor in its history. Proxies
// without a password are in the bootstrapped userland.
func secretProxies(ctx context.Context) map[string]string {
	const patience = 10 * time.Second
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	args := make(map[string]string)
	for _, scheme := range []string{"http", "https"} {
		out, err := exec.CommandContext(ctx, "apt-config", "dump", "--format", "%v%n", "Acquire::"+scheme+"::Proxy").Output()
		if err != nil {
			continue // no apt, so no proxy of apt
		}
		proxy, _, _ := strings.Cut(string(out), "\n")
		if parsed, err := url.Parse(proxy); err == nil && parsed.User != nil {
			args[scheme+"_proxy"] = proxy
		}
	}
	return args
}

// buildArgs returns the arguments of an image build.
func buildArgs(ctx context.Context, own map[string]string) map[string]string {
	args := secretProxies(ctx)
	maps.Copy(args, own)
	return args
}
