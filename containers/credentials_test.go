// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/registry"
)

// dockerConfig is docker's configuration for a test.
func dockerConfig(t *testing.T, text string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DOCKER_CONFIG", dir)
	t.Setenv("DOCKER_AUTH_CONFIG", "")
}

// credentialHelper puts docker-credential-NAME into the PATH: a shell script, which finds the registry in $host.
func credentialHelper(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	text := "#!/bin/sh\n[ \"$1\" = get ] || exit 9\nIFS= read -r host || :\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(dir, "docker-credential-"+name), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// A login is the one that the docker command would use, and a registry gets no other's.
func TestLoginOfARegistry(t *testing.T) {
	credentialHelper(t, "own", `echo '{"Username":"helped","Secret":"by-helper"}'`)
	credentialHelper(t, "store", `case $host in r.example:5000) echo '{"ServerURL":"x","Username":"<token>","Secret":"token-of-store"}' ;;
*) echo 'credentials not found in native keychain'; exit 1 ;; esac`)
	credentialHelper(t, "broken", `echo "by-helper is no JSON"; echo "secret-of-broken" >&2; exit 3`)
	credentialHelper(t, "odd", `echo "secret-of-odd"`)
	credentialHelper(t, "none", `echo 'credentials not found in native keychain'; exit 1`)
	pair := base64.StdEncoding.EncodeToString([]byte("user:pass:word"))
	const plain = `"auths":{"r.example:5000":{"username":"user","password":"password"}}`
	for _, tt := range []struct {
		what, config, ref string
		want              registry.AuthConfig
		problem           string
	}{
		{what: "nothing", config: "{}", ref: "r.example:5000/a/b:9"},
		{what: "plain", config: `{` + plain + `}`, ref: "r.example:5000/a/b:9", want: registry.AuthConfig{Username: "user", Password: "password"}},
		{what: "of another registry", config: `{` + plain + `}`, ref: "r.example/a/b:9"},
		{what: "of another than the Hub", config: `{` + plain + `}`, ref: "rockylinux/rockylinux:9"},
		{what: "in base64", config: `{"auths":{"r.example:5000":{"auth":"` + pair + `"}}}`, ref: "r.example:5000/a@sha256:1", want: registry.AuthConfig{Username: "user", Password: "pass:word"}},
		{what: "by URL", config: `{"auths":{"https://r.example:5000/v2/":{"auth":"` + pair + `"}}}`, ref: "r.example:5000/a", want: registry.AuthConfig{Username: "user", Password: "pass:word"}},
		{what: "of the Hub", config: `{"auths":{"https://index.docker.io/v1/":{"auth":"` + pair + `"}}}`, ref: "rockylinux/rockylinux:9", want: registry.AuthConfig{Username: "user", Password: "pass:word"}},
		{what: "of the Hub by its short name", config: `{"auths":{"docker.io":{"identitytoken":"token"}}}`, ref: "debian:trixie", want: registry.AuthConfig{IdentityToken: "token"}},
		{what: "not in base64", config: `{"auths":{"r.example:5000":{"auth":"%"}}}`, ref: "r.example:5000/a", problem: "auth of r.example:5000 is not USER:PASSWORD"},
		{what: "a helper", config: `{"credHelpers":{"r.example:5000":"own"},"credsStore":"broken",` + plain + `}`, ref: "r.example:5000/a", want: registry.AuthConfig{Username: "helped", Password: "by-helper"}},
		{what: "another registry's helper", config: `{"credHelpers":{"q.example":"broken"},` + plain + `}`, ref: "r.example:5000/a", want: registry.AuthConfig{Username: "user", Password: "password"}},
		{what: "a store", config: `{"credsStore":"store"}`, ref: "r.example:5000/a", want: registry.AuthConfig{IdentityToken: "token-of-store"}},
		{what: "a store with an entry", config: `{"auths":{"r.example:5000":{}},"credsStore":"store"}`, ref: "r.example:5000/a", want: registry.AuthConfig{IdentityToken: "token-of-store"}},
		{what: "a store without it", config: `{"credsStore":"store"}`, ref: "q.example/a"},
		{what: "a store without it, then plain", config: `{"credsStore":"none",` + plain + `}`, ref: "r.example:5000/a", want: registry.AuthConfig{Username: "user", Password: "password"}},
		{what: "a broken helper", config: `{"credHelpers":{"r.example:5000":"broken"}}`, ref: "r.example:5000/a", problem: "docker-credential-broken get: exit status 3"},
		{what: "a helper without JSON", config: `{"credHelpers":{"r.example:5000":"odd"}}`, ref: "r.example:5000/a", problem: "docker-credential-odd get: the answer is not JSON"},
		{what: "a missing helper", config: `{"credsStore":"missing"}`, ref: "r.example:5000/a", problem: "docker-credential-missing is not installed"},
		{what: "broken", config: `{"auths":`, ref: "r.example:5000/a", problem: "docker's configuration"},
	} {
		dockerConfig(t, tt.config)
		got := loginFor(t.Context(), tt.ref)
		if got.auth.ServerAddress = ""; got.auth != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.what, got.auth, tt.want)
		}
		if (got.problem != nil) != (tt.problem != "") || got.problem != nil && !strings.Contains(got.problem.Error(), tt.problem) {
			t.Errorf("%s: got %v, want %q", tt.what, got.problem, tt.problem)
		}
		if got.problem != nil && (strings.Contains(got.problem.Error(), "secret") || strings.Contains(got.problem.Error(), "by-helper")) {
			t.Errorf("%s: what a helper printed is in %q", tt.what, got.problem)
		}
		if sent, err := registry.DecodeAuthConfig(got.header()); (got.header() == "") != (tt.want == registry.AuthConfig{}) || err != nil || sent.Password != tt.want.Password {
			t.Errorf("%s: sends %+v, %v", tt.what, sent, err)
		}
	}
}

// The variable takes the place of the file.
func TestLoginInTheEnvironment(t *testing.T) {
	dockerConfig(t, `{"auths":{"r.example":{"username":"user","password":"password"}}}`)
	t.Setenv("DOCKER_AUTH_CONFIG", `{"auths":{"r.example":{"username":"other","password":"secret"}}}`)
	if got := loginFor(t.Context(), "r.example/a"); got.auth.Username != "other" {
		t.Errorf("got %+v", got)
	}
	t.Setenv("DOCKER_AUTH_CONFIG", `secret`)
	if got := loginFor(t.Context(), "r.example/a"); got.given() || got.problem == nil || strings.Contains(got.problem.Error(), "secret") {
		t.Errorf("got %+v", got)
	}
}

// A helper that waits for a password ends with its context.
func TestHelperThatWaits(t *testing.T) {
	file := filepath.Join(t.TempDir(), "waits")
	if out, err := exec.CommandContext(t.Context(), "mkfifo", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	credentialHelper(t, "waits", "exec cat "+file)
	dockerConfig(t, `{"credsStore":"waits"}`)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan registryLogin, 1)
	go func() { done <- loginFor(ctx, "r.example/a") }()
	stop()
	if got := <-done; got.given() || got.problem == nil {
		t.Errorf("got %+v", got)
	}
}

// A password is in no error, whatever the registry says.
func TestPasswordIsHidden(t *testing.T) {
	used := registryLogin{auth: registry.AuthConfig{Username: "user", Password: "verysecret", IdentityToken: "verytoken"}}
	pair := base64.StdEncoding.EncodeToString([]byte("user:verysecret"))
	err := pullError("r.example/a", errors.New("unauthorized: user, verysecret, "+pair+", verytoken")).ofLogin(used)
	if got := err.Error(); !strings.HasSuffix(got, ": unauthorized: user, ***, ***, ***") || err.Reason != LoginRefused {
		t.Errorf("got %q", got)
	}
	if other := pullError("r.example/a", context.Canceled).ofLogin(used); !errors.Is(other, context.Canceled) {
		t.Errorf("got %v", other)
	}
	problem := errors.New("no helper")
	if got := pullError("r.example/a", errors.New("unauthorized")).ofLogin(registryLogin{problem: problem}); !errors.Is(got, problem) || got.Reason != LoginMissing {
		t.Errorf("got %v", got)
	}
}
