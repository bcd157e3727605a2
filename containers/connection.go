// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/docker/docker/client"
)

// maxAnswer is more than the length of any answer that is decoded as a whole. Streams have no such limit.
const maxAnswer = 16 << 20

// newClient creates a client for the engine at host, no call of which outlives its context. Docker's client has two
// gaps: it dials the TLS connection of a hijacking call without a context, and it ignores the context of a hijacked
// connection. Both are closed for all calls, where connections are opened. An engine behind ssh is reached as the docker command does.
func newClient(host string) (*client.Client, error) {
	var conns *connections
	remote, err := dialSSH(host)
	if err != nil {
		return nil, err
	}
	at := host
	if remote != nil {
		at = remote.address
	}
	cli, err := client.NewClientWithOpts(client.FromEnv, client.WithHost(at), client.WithAPIVersionNegotiation(),
		func(c *client.Client) error {
			transport, ok := c.HTTPClient().Transport.(*http.Transport)
			if !ok {
				return errors.New("unexpected transport type in the Docker client")
			}
			conns = &connections{dial: transport.DialContext, tls: transport.TLSClientConfig}
			if remote != nil {
				conns.dial, conns.tls = remote.dial, nil
				transport.TLSClientConfig, transport.Proxy = nil, nil
				transport.MaxIdleConns, transport.MaxIdleConnsPerHost = sshIdle, sshIdle
			}
			if conns.tls != nil {
				// With its own TLS configuration the transport would not use this dialer.
				transport.TLSClientConfig, transport.Proxy, transport.DialTLSContext = nil, nil, conns.open
				if err := client.WithScheme("https")(c); err != nil {
					return fmt.Errorf("set up TLS: %w", err)
				}
			}
			transport.DialContext = conns.open
			answers := transport.Clone()
			transport.RegisterProtocol("http", bounded{answers})
			if conns.tls != nil {
				transport.RegisterProtocol("https", bounded{answers})
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("docker client: %w", err)
	}
	return cli, nil
}

// connections opens connections to an engine.
type connections struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)
	tls  *tls.Config // nil: none
}

// hijacking marks the context of a call that takes over its connection.
type hijacking struct{}

// hijack returns a context for a hijacking call: its connection is closed when ctx ends.
func hijack(ctx context.Context) context.Context { return context.WithValue(ctx, hijacking{}, true) }

func (c *connections) open(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if c.tls != nil {
		if conn, err = c.handshake(ctx, conn, address); err != nil {
			return nil, err
		}
	}
	if ctx.Value(hijacking{}) == nil {
		return conn, nil // the HTTP transport's, which ends calls by itself and keeps connections for others
	}
	held := &heldConn{Conn: conn}
	held.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	return held, nil
}

func (c *connections) handshake(ctx context.Context, conn net.Conn, address string) (net.Conn, error) {
	config := c.tls.Clone()
	if config.ServerName == "" {
		name, _, err := net.SplitHostPort(address)
		if err != nil {
			name = address
		}
		config.ServerName = name
	}
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("TLS with %s: %w", address, err), conn.Close())
	}
	return secured, nil
}

// heldConn is a connection that is closed by its user or by the end of a context.
type heldConn struct {
	net.Conn

	stop func() bool
}

// Close implements net.Conn.
func (c *heldConn) Close() error {
	c.stop()
	return c.Conn.Close() //nolint:wrapcheck // the connection's own words
}

// bounded is a transport with a limit for the length of answers.
type bounded struct{ *http.Transport }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.Transport.RoundTrip(r)
	if err != nil {
		return response, &connectionError{err}
	}
	response.Body = &watchedBody{response.Body}
	if !isStream(r.URL.Path) {
		response.Body = &boundedBody{ReadCloser: response.Body, left: maxAnswer}
	}
	return response, nil
}

// isStream reports whether the answer of a call is a stream of any length.
func isStream(path string) bool {
	for _, end := range []string{"/archive", "/export", "/build", "/images/create"} {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return false
}

var errLongAnswer = fmt.Errorf("the engine's answer is longer than %d MiB", maxAnswer>>20)

type boundedBody struct {
	io.ReadCloser

	left int64
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLongAnswer
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
