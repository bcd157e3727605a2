// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/docker/cli/cli/connhelper"
	"golang.org/x/sync/semaphore"
)

const (
	sshScheme = "ssh://"
	// sshStreams is the most streams over one ssh connection: sshd ends those beyond its MaxSessions, which is 10.
	sshStreams = 8
	// sshIdle is how many of them are kept for later calls. The others are left to calls that take their stream over.
	sshIdle = 2
)

// isAddress tells the address of an engine from a name.
func isAddress(name string) bool { return strings.Contains(name, "://") }

// sshHost is an engine behind ssh.
type sshHost struct {
	address string // for HTTP, which needs one
	dialer  func(ctx context.Context, network, address string) (net.Conn, error)
	streams *semaphore.Weighted
}

// dialSSH prepares for an engine behind ssh, nil for any other. All streams of this process are in one ssh connection, whose control socket
// is in a directory of this process's own: ssh keeps the connection for a minute after the last stream, and then removes the socket.
func dialSSH(host string) (*sshHost, error) {
	if !strings.HasPrefix(host, sshScheme) {
		return nil, nil //nolint:nilnil // there is nothing to prepare
	}
	dir, err := controlDir()
	if err != nil {
		return nil, err
	}
	helper, err := connhelper.GetConnectionHelperWithSSHOpts(host, []string{
		"-o", "ControlMaster=auto", "-o", "ControlPersist=60", "-o", "ControlPath=" + filepath.Join(dir, "%C"),
		"-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=3",
	})
	if err != nil {
		return nil, fmt.Errorf("the engine behind ssh: %w", err)
	}
	return &sshHost{address: helper.Host, dialer: helper.Dialer, streams: semaphore.NewWeighted(sshStreams)}, nil
}

// controls has the control sockets of this process.
var controls struct { //nolint:gochecknoglobals // one for the process
	sync.Mutex

	dir string
}

// controlDir is the directory of control sockets. Their paths may have some 90 letters, so it is not in TMPDIR.
func controlDir() (string, error) {
	controls.Lock()
	defer controls.Unlock()
	if controls.dir != "" {
		return controls.dir, nil
	}
	dir, err := os.MkdirTemp("/tmp", "vs-ssh-")
	if err != nil {
		return "", fmt.Errorf("create a directory for ssh's socket: %w", err)
	}
	controls.dir = dir
	return dir, nil
}

// EndSSH ends this process's ssh connections to engines, which would end by themselves a minute later.
func EndSSH() {
	controls.Lock()
	defer controls.Unlock()
	if controls.dir == "" {
		return
	}
	ctx, stop := context.WithTimeout(context.Background(), cleanupTimeout)
	defer stop()
	sockets, _ := filepath.Glob(filepath.Join(controls.dir, "*")) // the pattern is well formed
	for _, socket := range sockets {
		_ = exec.CommandContext(ctx, "ssh", "-o", "ControlPath="+socket, "-O", "exit", "engine").Run()
	}
	_ = os.RemoveAll(controls.dir)
	controls.dir = ""
}

// dial opens a stream, as soon as fewer than sshStreams are open.
func (h *sshHost) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if err := h.streams.Acquire(ctx, 1); err != nil {
		return nil, err //nolint:wrapcheck // the context's own words
	}
	conn, err := h.dialer(ctx, network, address)
	if err != nil {
		h.streams.Release(1)
		return nil, err
	}
	return &countedConn{Conn: conn, release: sync.OnceFunc(func() { h.streams.Release(1) })}, nil
}

// countedConn gives its place back when it is closed.
type countedConn struct {
	net.Conn

	release func()
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	defer c.release()
	return c.Conn.Close() //nolint:wrapcheck // the connection's own words
}
