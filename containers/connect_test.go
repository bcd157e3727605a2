// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A named engine is the only one tried, even where another one answers on the usual socket.
func TestConnectTriesOnlyTheNamedEngine(t *testing.T) {
	for _, host := range []string{"unix:///nonexistent/docker.sock", "tcp://127.0.0.1:1", "nonsense", "ssh://nobody@127.0.0.1"} {
		t.Setenv("DOCKER_HOST", host)
		t.Cleanup(EndSSH)
		began := time.Now()
		e, err := Connect(t.Context(), Options{RunDir: t.TempDir()})
		silent := (*UnreachableError)(nil)
		if e != nil || !errors.As(err, &silent) || silent.Host != host || silent.Advice() == "" {
			t.Errorf("%s: %v", host, err)
		}
		if took := time.Since(began); took > answerTimeout+time.Second {
			t.Errorf("%s: took %v", host, took)
		}
	}
}

func TestEngineHost(t *testing.T) {
	docker := t.TempDir()
	t.Setenv("DOCKER_CONFIG", docker)
	t.Setenv("DOCKER_HOST", "")
	t.Setenv("DOCKER_CONTEXT", "")
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(docker, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// The directory's name is the SHA-256 of "remote".
	const meta = "contexts/meta/b71199ebd070b36beab7317920c2c2f1d777df8d05e5527d8458fda57cb17a7a/meta.json"
	check := func(want string, fails bool) {
		t.Helper()
		if got, err := engineHost(t.Context()); (err != nil) != fails || (want != "" && got != want) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	check("", false) // no configuration
	write("config.json", `{"currentContext": "default"}`)
	check("", false)
	write("config.json", `{"currentContext": "remote"}`)
	check("", true) // named, but not there
	write(meta, `{"Name": "remote", "Endpoints": {"docker": {"Host": "tcp://builder:2376"}}}`)
	check("tcp://builder:2376", false)
	t.Setenv("DOCKER_CONTEXT", "default")
	check("", false)
	t.Setenv("DOCKER_CONTEXT", "remote")
	write("config.json", `{}`)
	check("tcp://builder:2376", false)
	// Its certificates are not used, so an engine that asks for them would not answer.
	write(strings.Replace(filepath.Dir(meta), "meta", "tls", 1)+"/docker/ca.pem", "x")
	check("", true)
	if err := os.RemoveAll(filepath.Join(docker, "contexts", "tls")); err != nil {
		t.Fatal(err)
	}
	write(meta, `{"Endpoints": {}}`)
	check("", true)
	t.Setenv("DOCKER_HOST", "tcp://named:1")
	check("tcp://named:1", false)
	t.Setenv("DOCKER_HOST", "")
	t.Setenv("DOCKER_CONTEXT", "")
	write("config.json", `{"currentContext": `)
	check("", true)
}

// A socket that nobody listens on any more is passed over; if none answers, the first that exists is named.
func TestFirstSocket(t *testing.T) {
	dir := t.TempDir()
	missing, dead, live := filepath.Join(dir, "missing"), filepath.Join(dir, "dead"), filepath.Join(dir, "live")
	if err := os.WriteFile(dead, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := firstSocket(t.Context(), []string{missing}); got != defaultHost {
		t.Errorf("none: %s", got)
	}
	if got := firstSocket(t.Context(), []string{missing, dead, live}); got != "unix://"+dead {
		t.Errorf("none that answers: %s", got)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", live)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if got := firstSocket(t.Context(), []string{missing, dead, live}); got != "unix://"+live {
		t.Errorf("got %s", got)
	}
}

// podman-docker links Podman's socket to Docker's name. A link is followed, also one whose end this user cannot see.
func TestPodmansSocketByAnotherName(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "docker.sock")
	for _, there := range []bool{false, true} {
		if err := os.RemoveAll(link); err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(dir, "podman.sock")
		if there {
			if err := os.WriteFile(target, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
		if got := resolved("unix://" + link); !isPodmanSocket(got) {
			t.Errorf("its end is there: %v, resolved to %s", there, got)
		}
	}
	if got := resolved("tcp://a:1"); got != "tcp://a:1" {
		t.Errorf("got %s", got)
	}
}

// Docker's sockets come before Podman's, and a user's own before root's.
func TestPodmanSockets(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", "/run/user/7")
	sockets := podmanSockets()
	if last := sockets[len(sockets)-1]; last != "/run/podman/podman.sock" {
		t.Errorf("got %q", sockets)
	}
	if os.Getuid() != 0 && sockets[0] != "/run/user/7/podman/podman.sock" {
		t.Errorf("got %q", sockets)
	}
	for _, socket := range sockets {
		if !isPodmanSocket("unix://" + socket) {
			t.Errorf("%s is one of Podman's", socket)
		}
	}
}
