// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/resnics/verbsmith/mage/internal/tail"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
)

// ScriptError says that a script on this machine failed.
type ScriptError struct {
	Name string
	Args []string
	Code int      // exit status, -1 if it did not end by itself
	Last []string // last lines of its output
	Err  error
}

// Error implements error.
func (e *ScriptError) Error() string {
	return fmt.Sprintf("%s: exit status %d: %s", e.Name, e.Code, strings.Join(e.Last, "\n"))
}

// Unwrap returns the error of the process.
func (e *ScriptError) Unwrap() error { return e.Err }

// Argv returns the command, for the error display.
func (e *ScriptError) Argv() []string { return append([]string{e.Name}, e.Args...) }

// ExitCode returns the exit status, for the error display.
func (e *ScriptError) ExitCode() int { return e.Code }

// Tail returns the last lines of output, for the error display.
func (e *ScriptError) Tail() []string { return e.Last }

// HostScript runs an embedded script on this machine, its output in the log.
//
// Errors: *ScriptError.
func HostScript(ctx context.Context, s *ui.Stage, name string, args ...string) error {
	dir, err := os.MkdirTemp("", "verbsmith-scripts-")
	if err != nil {
		return fmt.Errorf("create a directory for scripts: %w", err)
	}
	defer os.RemoveAll(dir)
	for _, script := range scripts.Names() {
		text, err := scripts.Read(script)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, script), text, 0o755); err != nil {
			return fmt.Errorf("write %s: %w", script, err)
		}
	}
	return runHost(ctx, s, filepath.Join(dir, name), args)
}

func runHost(ctx context.Context, s *ui.Stage, program string, args []string) error {
	const (
		patience = 3 * time.Second // mage gives cleanup five
		kept     = 8 << 10
		shown    = 20
	)
	cmd := exec.CommandContext(ctx, program, args...)
	last := tail.New(kept)
	out := io.MultiWriter(s.Log(), last)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	err := cmd.Run()
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	if err == nil {
		return nil
	}
	code := -1
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	}
	lines := last.Lines()
	return &ScriptError{Name: filepath.Base(program), Args: args, Code: code, Last: lines[max(0, len(lines)-shown):], Err: err}
}
