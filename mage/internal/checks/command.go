// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// output is a command's output and exit status.
type output struct {
	text string // standard output and error, interleaved
	code int    // exit status
}

// machine has the functions of the machine that checks use. Tests replace it.
type machine struct {
	run     func(ctx context.Context, dir string, argv ...string) (output, error)
	look    func(tool string) bool
	install func(ctx context.Context, pkg string) error
}

// runCommand runs argv in dir. An exit status other than 0 is not an error; a failure to start is.
func runCommand(ctx context.Context, dir string, argv ...string) (output, error) {
	const grace = 5 * time.Second
	var text bytes.Buffer
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &text, &text
	// `go run` has children: an interrupt must reach all of them.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = grace
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return output{text: text.String(), code: exit.ExitCode()}, nil
	}
	if err != nil {
		return output{text: text.String()}, fmt.Errorf("run %s: %w", strings.Join(argv, " "), err)
	}
	return output{text: text.String()}, nil
}

func lookPath(tool string) bool {
	_, err := exec.LookPath(tool)
	return err == nil
}

// MissingToolError is a tool that a check needs and cannot get.
type MissingToolError struct {
	Tool string
	Err  error // why it could not be installed, nil if nothing was tried
}

func (e *MissingToolError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s is missing and could not be installed: %v", e.Tool, e.Err)
	}
	return fmt.Sprintf("%s is missing: install it from your distribution (Debian: apt-get install %s)", e.Tool, e.Tool)
}

func (e *MissingToolError) Unwrap() error { return e.Err }

// need makes sure that tool is there, installing the package of the same name if that is possible.
func (m machine) need(ctx context.Context, tool string) error {
	if m.look(tool) {
		return nil
	}
	if m.install == nil {
		return &MissingToolError{Tool: tool}
	}
	if err := m.install(ctx, tool); err != nil {
		return &MissingToolError{Tool: tool, Err: err}
	}
	if !m.look(tool) {
		return &MissingToolError{Tool: tool, Err: errors.New("the package was installed, but it has no such program")}
	}
	return nil
}
