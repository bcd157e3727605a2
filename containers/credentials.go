// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/docker/docker/api/types/registry"
)

// dockerHub is the key of Docker Hub in docker's configuration.
const dockerHub = "https://index.docker.io/v1/"

// registryLogin is what the docker command's configuration has for a registry.
type registryLogin struct {
	auth    registry.AuthConfig
	problem error // why there is none
}

// given reports whether there is one.
func (l registryLogin) given() bool {
	return l.auth.Username != "" || l.auth.IdentityToken != "" || l.auth.RegistryToken != ""
}

// header is the login in the form that an engine takes, "" for none.
func (l registryLogin) header() string {
	if !l.given() {
		return ""
	}
	text, err := registry.EncodeAuthConfig(l.auth)
	if err != nil {
		return ""
	}
	return text
}

// hide replaces the passwords in a text.
func (l registryLogin) hide(text string) string {
	pair := base64.StdEncoding.EncodeToString([]byte(l.auth.Username + ":" + l.auth.Password))
	for _, secret := range []string{pair, l.auth.Password, l.auth.IdentityToken, l.auth.RegistryToken} {
		if len(secret) >= leastSecret {
			text = strings.ReplaceAll(text, secret, mask)
		}
	}
	return text
}

// dockerLogins is the part of docker's configuration with logins.
type dockerLogins struct {
	Auths   map[string]dockerAuth `json:"auths"`
	Helpers map[string]string     `json:"credHelpers"`
	Store   string                `json:"credsStore"`
}

// dockerAuth is a login in it.
type dockerAuth struct {
	Auth          string `json:"auth"` // base64 of USER:PASSWORD
	Username      string `json:"username"`
	Password      string `json:"password"`
	IdentityToken string `json:"identitytoken"`
	RegistryToken string `json:"registrytoken"`
}

// registryHost is the registry of an image, as docker's configuration names it.
func registryHost(ref string) string {
	host, _, ok := strings.Cut(ref, "/")
	if !ok || host != "localhost" && !strings.ContainsAny(host, ".:") || isDockerHub(host) {
		return dockerHub
	}
	return host
}

func isDockerHub(host string) bool {
	return host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io"
}

// loginFor returns what docker's configuration has for the registry of ref: from the registry's own helper, the store for all
// registries, or the file itself. A public image needs none, so that nothing is an error before a registry refuses.
func loginFor(ctx context.Context, ref string) registryLogin {
	host := registryHost(ref)
	var config dockerLogins
	if text := environment("DOCKER_AUTH_CONFIG"); text != "" {
		if json.Unmarshal([]byte(text), &config) != nil {
			return registryLogin{problem: errors.New("DOCKER_AUTH_CONFIG is not JSON")}
		}
	} else if err := readDockerConfig(&config); err != nil {
		return registryLogin{problem: err}
	}
	if helper := config.Helpers[host]; helper != "" {
		return fromHelper(ctx, helper, host)
	}
	var found registryLogin
	if config.Store != "" {
		if found = fromHelper(ctx, config.Store, host); found.given() {
			return found
		}
	}
	if of, ok := config.auth(host); ok {
		if other := of.login(host); other.given() || other.problem != nil {
			return other
		}
	}
	return found
}

// auth finds the registry's entry: docker takes a URL of it for its name.
func (c dockerLogins) auth(host string) (dockerAuth, bool) {
	if of, ok := c.Auths[host]; ok {
		return of, true
	}
	for name, of := range c.Auths {
		_, plain, ok := strings.Cut(name, "://")
		if !ok {
			plain = name
		}
		plain, _, _ = strings.Cut(plain, "/")
		if plain == host || host == dockerHub && isDockerHub(plain) {
			return of, true
		}
	}
	return dockerAuth{}, false
}

func (a dockerAuth) login(host string) registryLogin {
	user, password := a.Username, a.Password
	if user == "" && a.Auth != "" {
		text, err := base64.StdEncoding.DecodeString(a.Auth)
		first, second, ok := strings.Cut(string(text), ":")
		if err != nil || !ok {
			//nolint:err113 // said once
			return registryLogin{problem: fmt.Errorf("docker's configuration: auth of %s is not USER:PASSWORD in base64", host)}
		}
		user, password = first, strings.TrimRight(second, "\x00")
	}
	return registryLogin{auth: registry.AuthConfig{
		Username: user, Password: password, IdentityToken: a.IdentityToken, RegistryToken: a.RegistryToken, ServerAddress: host,
	}}
}

// fromHelper asks a program of the user, which may wait for a password that nobody types. What it prints is not shown.
func fromHelper(ctx context.Context, name, host string) registryLogin {
	const token = "<token>" // in place of the user, if the secret is a token
	program := "docker-credential-" + name
	asking, stop := context.WithTimeout(ctx, registryTimeout)
	defer stop()
	cmd := exec.CommandContext(asking, program, "get")
	cmd.Stdin = strings.NewReader(host)
	cmd.WaitDelay = time.Second // a program that it has started may keep its output open
	out, err := cmd.Output()
	var answer struct {
		Username string `json:"Username"` //nolint:tagliatelle // Docker's format.
		Secret   string `json:"Secret"`   //nolint:tagliatelle // Docker's format.
	}
	switch {
	case err != nil && bytes.Contains(out, []byte("credentials not found")):
		return registryLogin{}
	case errors.Is(asking.Err(), context.DeadlineExceeded):
		return registryLogin{problem: fmt.Errorf("%s did not answer within %s", program, registryTimeout)} //nolint:err113 // said once
	case errors.Is(err, exec.ErrNotFound):
		return registryLogin{problem: fmt.Errorf("%s is not installed: %w", program, exec.ErrNotFound)}
	case err != nil:
		return registryLogin{problem: fmt.Errorf("%s get: %w", program, err)}
	case json.Unmarshal(out, &answer) != nil:
		return registryLogin{problem: fmt.Errorf("%s get: the answer is not JSON", program)} //nolint:err113 // said once
	case answer.Username == token:
		return registryLogin{auth: registry.AuthConfig{IdentityToken: answer.Secret, ServerAddress: host}}
	}
	return registryLogin{auth: registry.AuthConfig{Username: answer.Username, Password: answer.Secret, ServerAddress: host}}
}
