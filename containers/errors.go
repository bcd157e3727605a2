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

// UnreachableError says that no container engine answers.
type UnreachableError struct {
	Host string // what was tried, e.g. "unix:///var/run/docker.sock"
	Err  error

	named  bool // DOCKER_HOST named it
	podman bool // Podman is installed
}

// Error names the host and the cause.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("no container engine answers at %s: %v", e.Host, e.Err)
}

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// Advice says what to try, in one sentence without a full stop.
func (e *UnreachableError) Advice() string {
	switch {
	case e.isPermission() && isPodmanSocket(e.Host):
		return "this user may not use root's Podman: " + switchOnOwn
	case e.isPermission():
		return "this user may not use the engine: join the docker group " +
			"(sudo usermod -aG docker USER, then log in again)"
	case strings.HasPrefix(e.Host, sshScheme):
		return "try `docker -H " + e.Host + " version`: ssh asks no questions here, so the host's key and the user's have to be known, " +
			"and the host needs the docker command"
	case e.named:
		return "DOCKER_HOST points to this engine: start it, or unset or correct DOCKER_HOST"
	case e.podman:
		return "Podman is installed, but its socket is off: " + switchOn()
	default:
		return "start it (sudo systemctl start docker, or sudo dockerd), " +
			"install it (sudo apt-get install docker.io), or set DOCKER_HOST to a running one"
	}
}

const (
	switchOnOwn  = "systemctl --user enable --now podman.socket switches on one of this user's own"
	switchOnRoot = "systemctl enable --now podman.socket (without systemd: podman system service --time=0 &) switches it on"
)

// switchOn says how this user switches Podman's socket on.
func switchOn() string {
	if os.Getuid() == 0 {
		return switchOnRoot
	}
	return switchOnOwn
}

func (e *UnreachableError) isPermission() bool {
	return errors.Is(e.Err, fs.ErrPermission) || strings.Contains(e.Err.Error(), "permission denied")
}

// RunError says that a container's main process failed. [Result.Err] creates it.
type RunError struct {
	Name    string // the run's name, e.g. a stage
	Image   string
	Command []string
	Status  int         // exit status; 0 if only a limit was met
	Limit   *LimitError // the limit that was met, nil if none
	Lines   []string    // the last lines of output, at most 20
	Log     string      // path of the whole output, if known
}

// Argv returns the command. With ExitCode, Tail and LogPath it serves those who display errors and do not know the
// types of this package.
func (e *RunError) Argv() []string { return e.Command }

// ExitCode returns the exit status of the main process.
func (e *RunError) ExitCode() int { return e.Status }

// Tail returns the last lines of output, at most 20.
func (e *RunError) Tail() []string { return e.Lines }

// LogPath returns the path of the whole output, "" where unknown.
func (e *RunError) LogPath() string { return e.Log }

// Advice says what to try, in one sentence without a full stop, or returns "" if nothing is known.
func (e *RunError) Advice() string {
	switch {
	case fullDiskIn(e.Lines) != nil:
		return adviceFullDisk
	case e.Limit != nil:
		return e.Limit.Advice()
	}
	return ""
}

const adviceFullDisk = "free space on the engine's disk: docker (or podman) system df shows what uses it, " +
	"and the clean target removes what verbsmith left there"

// Error says in one line what ran, in which image, and how it ended. Lines has the output.
func (e *RunError) Error() string {
	const bySignal, signals = 128, 64 // how shells and engines report that a signal ended a process
	end := fmt.Sprintf("exit status %d", e.Status)
	if n := e.Status - bySignal; n > 0 && n <= signals {
		end += fmt.Sprintf(" (signal %d: %v)", n, syscall.Signal(n))
	}
	if e.Limit != nil {
		end += ", " + e.Limit.Error()
	}
	return fmt.Sprintf("%s: %q in %s: %s", e.Name, e.Command, e.Image, end)
}

// Unwrap returns the limit that was met, and ENOSPC if the output says that a disk is full.
func (e *RunError) Unwrap() []error {
	var causes []error
	if e.Limit != nil {
		causes = append(causes, e.Limit)
	}
	if full := fullDiskIn(e.Lines); full != nil {
		causes = append(causes, full)
	}
	return causes
}

// BuildError says that an image could not be built.
type BuildError struct {
	Image    string   // the tag that was to be built
	Step     string   // the instruction that failed, e.g. "RUN dnf -y install rpm-build"; "" before the first
	N, Total int      // its number and the number of all
	Status   int      // exit status of the instruction's command; 0 if it was not a command that failed
	Lines    []string // the last lines of output, at most 20
	Err      error
}

// Tail returns the last lines of output, at most 20.
func (e *BuildError) Tail() []string { return e.Lines }

// Advice says what to try, in one sentence without a full stop, or returns "" if nothing is known.
func (e *BuildError) Advice() string {
	if met, ok := errors.AsType[*LimitError](e.Err); ok {
		return met.Advice()
	}
	if errors.Is(e, syscall.ENOSPC) {
		return adviceFullDisk
	}
	return ""
}

// Error names image, the step by its first words, and the cause in one line. Lines has the output.
func (e *BuildError) Error() string {
	where := "image " + e.Image
	if e.Step != "" {
		where += fmt.Sprintf(", step %d/%d, %s", e.N, e.Total, firstWords(e.Step))
	}
	return fmt.Sprintf("%s: %v", where, e.Err)
}

// Unwrap returns the cause, and ENOSPC if the output says that a disk is full.
func (e *BuildError) Unwrap() []error {
	if full := fullDiskIn(e.Lines); full != nil {
		return []error{e.Err, full}
	}
	return []error{e.Err}
}

// NoImageError says that an image is not on the engine. It is never pulled implicitly.
type NoImageError struct{ Ref string }

// Error names the reference.
func (e *NoImageError) Error() string { return fmt.Sprintf("image %s is not on this engine", e.Ref) }

// UnsafeEntryError says that a tar stream contains an entry that must not be extracted.
type UnsafeEntryError struct{ Name, Why string }

// Error quotes the beginning of the name, which may contain anything and be of any length.
func (e *UnsafeEntryError) Error() string { return fmt.Sprintf("tar entry %.200q: %s", e.Name, e.Why) }

const fullDisk = "no space left on device"

func fullDiskIn(lines []string) error {
	for _, line := range lines {
		if strings.Contains(strings.ToLower(line), fullDisk) {
			return syscall.ENOSPC
		}
	}
	return nil
}

// engineError makes ENOSPC findable in an error that an engine sent as text.
func engineError(err error) error {
	if err == nil || errors.Is(err, syscall.ENOSPC) || !strings.Contains(strings.ToLower(err.Error()), fullDisk) {
		return err
	}
	return &alsoError{err, syscall.ENOSPC}
}

// alsoError is err, but errors.Is also finds another error in it.
type alsoError struct{ err, also error }

func (e *alsoError) Error() string   { return e.err.Error() }
func (e *alsoError) Unwrap() []error { return []error{e.err, e.also} }

// interrupted returns the cause of ctx's end, if it has ended, instead of err, which is only its consequence.
func interrupted(ctx context.Context, what string, err error) error {
	cause := context.Cause(ctx)
	if cause == nil {
		return err
	}
	// A limit that was met is a failure, not an interruption.
	if _, met := errors.AsType[*LimitError](cause); !met && !errors.Is(cause, ctx.Err()) {
		cause = &alsoError{cause, ctx.Err()}
	}
	return fmt.Errorf("%s: %w", what, cause)
}
