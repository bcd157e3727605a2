// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
)

const (
	dnsServFail = 2
	dnsNXDomain = 3
)

// stubResolver asks a server of the test, which answers each question with one code
// and counts them.
func stubResolver(t *testing.T, code byte) (resolver *net.Resolver, questions *atomic.Int64) {
	t.Helper()
	server, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = server.Close() })
	questions = &atomic.Int64{}
	go func() {
		message := make([]byte, 2048)
		for {
			n, from, err := server.ReadFrom(message)
			if err != nil {
				return
			}
			questions.Add(1)
			message[2] |= 0x80       // an answer,
			message[3] = 0x80 | code // of a server that recurses
			_, _ = server.WriteTo(message[:n], from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	}}, questions
}

// TestUnknownHostIsAskedForOnce: a resolver that says that a name does not exist is
// believed; one that cannot say is asked again.
func TestUnknownHostIsAskedForOnce(t *testing.T) {
	for name, c := range map[string]struct {
		code     byte
		notFound bool
	}{"does not exist": {dnsNXDomain, true}, "server failure": {dnsServFail, false}} {
		t.Run(name, func(t *testing.T) {
			resolver, questions := stubResolver(t, c.code)
			client := newClient(resolver)
			client.Transport.(*http.Transport).Proxy = nil
			get := func(url string) error {
				d := newDownloader(&Request{HTTP: client}, Origin{URL: url})
				d.note = func(format string, args ...any) { t.Errorf("tried again: "+format, args...) }
				_, err := d.fetch(t.Context(), filepath.Join(t.TempDir(), "f"))
				return err
			}
			first := get("http://nowhere.invalid/a")
			dns, ok := errors.AsType[*net.DNSError](first)
			if !ok || dns.IsNotFound != c.notFound {
				t.Fatalf("got %v", first)
			}
			asked := questions.Load()
			again := get("http://nowhere.invalid:81/b")
			if same, ok := errors.AsType[*net.DNSError](again); !ok || c.notFound && same != dns {
				t.Errorf("got %v, want the error of the first time", again)
			}
			if more := questions.Load() > asked; more == c.notFound {
				t.Errorf("%d questions, then %d", asked, questions.Load()-asked)
			}
			asked = questions.Load()
			if err := get("http://elsewhere.invalid/a"); err == nil || questions.Load() == asked {
				t.Errorf("got %v without a question about the other host", err)
			}
		})
	}
}

func TestRequestsShareAClient(t *testing.T) {
	client := func(req Request) *http.Client { return newDownloader(&req, Origin{}).client }
	if first, second := client(Request{}), client(Request{}); first != second {
		t.Error("each request has a client of its own, which knows no host of another's")
	}
}
