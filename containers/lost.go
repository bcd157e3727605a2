// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/docker/docker/client"
)

// connectionError is an error of the connection to an engine, in the connection's own words.
type connectionError struct{ err error }

func (e *connectionError) Error() string { return e.err.Error() }
func (e *connectionError) Unwrap() error { return e.err }

// Timeout implements net.Error for the client, which tells a timeout from other errors.
func (e *connectionError) Timeout() bool {
	timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](e.err)
	return ok && timeout.Timeout()
}

// watchedBody is an answer whose connection may break.
type watchedBody struct{ io.ReadCloser }

// Read implements io.Reader.
func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &connectionError{err}
	}
	return n, err
}

// startError is an error of an engine that cannot make or start a container: nothing of what was to run there has run.
type startError struct{ err error }

func (e *startError) Error() string { return e.err.Error() }
func (e *startError) Unwrap() error { return e.err }

// IsMachines reports whether an error says that the machine failed and nothing of what ran there: no engine answers, the connection to
// it broke, it cannot start a container, a disk is full, or something outside of the container has killed its main process.
func IsMachines(err error) bool {
	if _, unreachable := errors.AsType[*UnreachableError](err); unreachable || client.IsErrConnectionFailed(err) {
		return true
	}
	if _, broken := errors.AsType[*connectionError](err); broken {
		return true
	}
	if _, refused := errors.AsType[*startError](err); refused {
		return true
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, errLostConnection) {
		return true
	}
	const killed = 128 + int(syscall.SIGKILL)
	run, ok := errors.AsType[*RunError](err)
	return ok && run.Status == killed && run.Limit == nil
}

var errLostConnection = errors.New("the connection to the engine was lost")

// Machine is what an engine runs on.
type Machine struct {
	Processors int
	Memory     int64  // in bytes; 0: the engine does not say
	Arch       string // as in "x86_64" or "amd64"; "": the engine does not say
}

// AskMachine asks the engine at host, "" for the one that Connect finds, what it runs on.
//
// Errors: *UnreachableError within seconds.
func AskMachine(ctx context.Context, host string) (Machine, error) {
	named := host == "" && environment("DOCKER_HOST") != ""
	if host == "" {
		var err error
		if host, err = engineHost(ctx); err != nil {
			return Machine{}, &UnreachableError{Host: "the current docker context", Err: err}
		}
	}
	cli, err := newClient(host)
	if err != nil {
		return Machine{}, &UnreachableError{Host: host, Err: err, named: named}
	}
	defer cli.Close()
	asking, stop := context.WithTimeout(ctx, podmanTimeout)
	defer stop()
	info, err := cli.Info(asking)
	if err != nil {
		return Machine{}, interrupted(ctx, "asking the container engine", &UnreachableError{Host: host, Err: err, named: named})
	}
	return Machine{Processors: info.NCPU, Memory: info.MemTotal, Arch: info.Architecture}, nil
}

// AwaitMachine is AskMachine until the engine answers, for at most that long.
func AwaitMachine(ctx context.Context, host string, patience time.Duration) error {
	const pause = 2 * time.Second
	waiting, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		_, err := AskMachine(waiting, host)
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-waiting.Done():
			return fmt.Errorf("within %s: %w", patience, err)
		case <-time.After(pause):
		}
	}
}

// HostOf is the address of the engine with a name: that of a context of the docker command, or an address such as ssh://user@host.
func HostOf(name string) (string, error) {
	if isAddress(name) {
		return name, nil
	}
	if name == "default" {
		return defaultHost, nil
	}
	return contextEndpoint(configDir(), name)
}
