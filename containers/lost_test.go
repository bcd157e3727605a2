// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestIsMachines(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want bool
	}{
		"unreachable":           {&UnreachableError{Host: "x", Err: errors.New("y")}, true},
		"broken connection":     {fmt.Errorf("wait: %w", &connectionError{net.ErrClosed}), true},
		"cannot start":          {fmt.Errorf("rpm: %w", &startError{errors.New("no bridge")}), true},
		"full disk":             {fmt.Errorf("x: %w", syscall.ENOSPC), true},
		"full disk in output":   {&RunError{Status: 1, Lines: []string{"write: No space left on device"}}, true},
		"killed from outside":   {&RunError{Status: 137}, true},
		"killed by its limit":   {&RunError{Status: 137, Limit: &LimitError{}}, false},
		"a compile error":       {&RunError{Status: 1, Lines: []string{"rib.c:1: error: no"}}, false},
		"ended by its own":      {&RunError{Status: 143}, false},
		"an error of something": {errors.New("x"), false},
	} {
		if got := IsMachines(tt.err); got != tt.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// An engine that goes away in the middle of an answer is the machine's fault.
func TestBrokenAnswer(t *testing.T) {
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/info") {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte("{"))
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Api-Version", "1.41")
	}))
	host := strings.Replace(engine.URL, "http://", "tcp://", 1)
	cli, err := newClient(host)
	if err != nil {
		t.Fatal(err)
	}
	defer cli.Close()
	if _, err = cli.Info(t.Context()); !IsMachines(err) {
		t.Errorf("cut: %v", err)
	}
	engine.Close()
	if _, err = cli.Info(t.Context()); !IsMachines(err) {
		t.Errorf("gone: %v", err)
	}
	var gone *UnreachableError
	if err := AwaitMachine(t.Context(), host, 10*time.Millisecond); !errors.As(err, &gone) {
		t.Errorf("got %v", err)
	}
}

func TestHostOf(t *testing.T) {
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	for name, want := range map[string]string{"default": defaultHost, "ssh://me@host": "ssh://me@host", "unix:///x": "unix:///x"} {
		if got, err := HostOf(name); err != nil || got != want {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if got, err := HostOf("nothing"); err == nil {
		t.Errorf("a context that is not there is %q", got)
	}
}

// The streams over one ssh connection are counted, and given back once.
func TestStreamsOverSSH(t *testing.T) {
	host, err := dialSSH("ssh://me@host")
	t.Cleanup(EndSSH)
	if err != nil || host == nil {
		t.Fatal(host, err)
	}
	if other, err := dialSSH(defaultHost); other != nil || err != nil {
		t.Errorf("a socket is reached by ssh: %v, %v", other, err)
	}
	if _, err := dialSSH("ssh://me@host?x=y"); err == nil {
		t.Error("an address with a query is taken")
	}
	free := func() bool {
		if !host.streams.TryAcquire(1) {
			return false
		}
		host.streams.Release(1)
		return true
	}
	var open []net.Conn
	host.dialer = pipes
	for free() {
		conn, err := host.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
	}
	if len(open) != sshStreams {
		t.Errorf("%d streams, want %d", len(open), sshStreams)
	}
	for range 2 { // a connection may be closed twice
		_ = open[0].Close()
	}
	if conn, err := host.dial(t.Context(), "", ""); err != nil || free() {
		t.Errorf("after one was closed: %v, %v; another one is free", conn, err)
	}
}

// pipes opens connections to nobody.
func pipes(context.Context, string, string) (net.Conn, error) {
	conn, _ := net.Pipe()
	return conn, nil
}
