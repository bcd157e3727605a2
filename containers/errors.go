// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// UnreachableError says that no Docker engine answers.
type UnreachableError struct {
	Host string // what was tried, e.g. "unix:///var/run/docker.sock"
	Err  error
}

// Error names the host, the cause and what to try.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("no Docker engine answers at %s: %v (%s)", e.Host, e.Err, e.Advice())
}

// Unwrap gives the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// Advice says what to try, in one sentence without a full stop.
func (e *UnreachableError) Advice() string {
	switch {
	case errors.Is(e.Err, fs.ErrPermission) || strings.Contains(e.Err.Error(), "permission denied"):
		return "this user may not use the engine: join the docker group (sudo usermod -aG docker USER, then log in again)"
	case strings.HasPrefix(e.Host, "ssh://"):
		return "ssh:// is not supported: forward the socket (ssh -NL /tmp/docker.sock:/var/run/docker.sock HOST) " +
			"and set DOCKER_HOST=unix:///tmp/docker.sock"
	case os.Getenv("DOCKER_HOST") != "" && e.Host == os.Getenv("DOCKER_HOST"):
		return "DOCKER_HOST names this engine: start it, or unset or correct DOCKER_HOST"
	default:
		return "start it (sudo systemctl start docker, or sudo dockerd), install it (sudo apt-get install docker.io), " +
			"or name one that runs with DOCKER_HOST"
	}
}

// RunError says that a container's main process did not end well. It is made by [Result.Err].
type RunError struct {
	Name      string // the run's name, e.g. a stage
	Image     string
	Argv      []string
	ExitCode  int
	OOMKilled bool
	Tail      []string // the last lines of output, at most 20
	LogPath   string   // the whole output, where known
}

// Error says in one line what ran, in which image, and how it ended; Tail holds the output.
func (e *RunError) Error() string {
	end := fmt.Sprintf("exit status %d", e.ExitCode)
	if e.ExitCode > 128 && e.ExitCode < 128+65 {
		end += fmt.Sprintf(" (signal %d: %v)", e.ExitCode-128, syscall.Signal(e.ExitCode-128))
	}
	if e.OOMKilled {
		end += ", out of memory: the kernel killed a process in it"
	}
	text := fmt.Sprintf("%s: %q in %s: %s", e.Name, e.Argv, e.Image, end)
	if e.LogPath != "" {
		text += "; the whole output is in " + e.LogPath
	}
	return text
}

// Unwrap gives ENOSPC where the output says that a disk is full, so that errors.Is finds it.
func (e *RunError) Unwrap() error { return fullDiskIn(e.Tail) }

// BuildError says that an image could not be built.
type BuildError struct {
	Image    string   // the tag that was to be made
	Step     string   // the instruction that failed, e.g. "RUN dnf -y install rpm-build"; "" before the first
	N, Total int      // its number and how many there are
	ExitCode int      // of the instruction's command; 0 where it was no command that failed
	Tail     []string // the last lines of output, at most 20
	LogPath  string   // the whole output, where known; filled in by the caller
	Err      error
}

// Error names image, step and cause in one line; Tail holds the output.
func (e *BuildError) Error() string {
	where := "image " + e.Image
	if e.Step != "" {
		where += fmt.Sprintf(", step %d/%d, %s", e.N, e.Total, e.Step)
	}
	text := fmt.Sprintf("%s: %v", where, e.Err)
	if e.LogPath != "" {
		text += "; the whole output is in " + e.LogPath
	}
	return text
}

// Unwrap gives the cause, and ENOSPC where the output says that a disk is full.
func (e *BuildError) Unwrap() []error {
	if full := fullDiskIn(e.Tail); full != nil {
		return []error{e.Err, full}
	}
	return []error{e.Err}
}

// PullError says that an image could not be had from its registry.
type PullError struct {
	Ref         string
	Unreachable bool // the registry did not answer, so that no other reference of it will do better
	Err         error
}

// Error names the reference, the cause, and whether the registry answered.
func (e *PullError) Error() string {
	if e.Unreachable {
		return fmt.Sprintf("the registry of image %s cannot be reached: %v", e.Ref, e.Err)
	}
	return fmt.Sprintf("image %s cannot be pulled: %v", e.Ref, e.Err)
}

// Unwrap gives the cause.
func (e *PullError) Unwrap() error { return e.Err }

// NoImageError says that an image is not on the engine. Nothing here pulls one unasked.
type NoImageError struct{ Ref string }

// Error names the reference.
func (e *NoImageError) Error() string { return fmt.Sprintf("image %s is not on this engine", e.Ref) }

// UnsafeEntryError says that a tar stream holds an entry that may not be extracted.
type UnsafeEntryError struct{ Name, Why string }

// Error quotes the name, which may hold anything.
func (e *UnsafeEntryError) Error() string { return fmt.Sprintf("tar entry %q: %s", e.Name, e.Why) }

const fullDisk = "no space left on device"

func fullDiskIn(lines []string) error {
	for _, line := range lines {
		if strings.Contains(strings.ToLower(line), fullDisk) {
			return syscall.ENOSPC
		}
	}
	return nil
}

// engineError makes ENOSPC findable in an error that came over the wire as text.
func engineError(err error) error {
	if err == nil || errors.Is(err, syscall.ENOSPC) || !strings.Contains(strings.ToLower(err.Error()), fullDisk) {
		return err
	}
	return &alsoError{err, syscall.ENOSPC}
}

// alsoError is err, and is also another error to errors.Is.
type alsoError struct{ err, also error }

func (e *alsoError) Error() string   { return e.err.Error() }
func (e *alsoError) Unwrap() []error { return []error{e.err, e.also} }

// interrupted gives the reason why ctx ended, if it ended, in place of err, which then is only its consequence.
func interrupted(ctx context.Context, what string, err error) error {
	if ctx.Err() == nil {
		return err
	}
	cause := context.Cause(ctx)
	if !errors.Is(cause, ctx.Err()) {
		cause = &alsoError{cause, ctx.Err()}
	}
	return fmt.Errorf("%s: %w", what, cause)
}

var registrySilence = []string{
	"dial tcp", "no such host", "connection refused", "connection reset", "i/o timeout", "tls handshake timeout",
	"client.timeout exceeded", "network is unreachable", "no route to host", "proxyconnect", "server misbehaving",
	"temporary failure in name resolution", "context deadline exceeded", "request canceled while waiting",
	": eof", "x509:",
}

// pullError tells a registry that does not answer from one that answers no.
func pullError(ref string, err error) error {
	text := strings.ToLower(err.Error())
	silent := errors.Is(err, context.DeadlineExceeded)
	for _, sign := range registrySilence {
		silent = silent || strings.Contains(text, sign)
	}
	return &PullError{Ref: ref, Unreachable: silent, Err: engineError(err)}
}
