// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/resnics/verbsmith/mage/internal/checks"
	"github.com/resnics/verbsmith/mage/internal/report"
)

// Check is the check target.
func (a *App) Check(ctx context.Context) error {
	if err := a.ownOnly("check"); err != nil {
		return err
	}
	var rows [][]string
	err := checks.Run(ctx, checks.All(a.dirs.root, checks.Options{Install: a.installHostPackage}), func(r report.Result) {
		r.State = report.State(strings.ToLower(string(r.State)))
		rows = append(rows, checkRow(r))
		fmt.Fprintf(a.ui.Err(), "%s: %s\n%s", r.Name, r.State, r.Output)
	})
	a.ui.Table("checks", checkHeader(), rows)
	return err
}

// checkHeader is that of a table of checks.
func checkHeader() []string { return []string{"check", "result", "evidence"} }

// checkRow is a row of it.
func checkRow(r report.Result) []string { return []string{r.Name, string(r.State), r.Evidence} }

// TestUnit is the test:unit target.
func (a *App) TestUnit(ctx context.Context) error {
	if err := a.ownOnly("test:unit"); err != nil {
		return err
	}
	return a.goTest("-race", "./...")(ctx, a.ui.Out())
}

// testEnd is how long tests have to end after an interrupt: mage gives an interrupted target 5 s in all.
const testEnd = 4 * time.Second

// goTest runs go test with its output as it comes. An interrupt reaches the tests and what they run, which go test by itself
// would wait for; what has not ended in time is killed.
func (a *App) goTest(args ...string) func(context.Context, io.Writer) error {
	return func(ctx context.Context, out io.Writer) error {
		cmd := exec.CommandContext(ctx, "go", append([]string{"test"}, args...)...)
		cmd.Dir, cmd.Env = a.dirs.root, a.work.userEnv()
		failures := newTestFailures()
		out = io.MultiWriter(out, failures)
		cmd.Stdout, cmd.Stderr = out, out
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
		cmd.WaitDelay = testEnd
		err := cmd.Run()
		if cmd.Process != nil && ctx.Err() != nil {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
		if err != nil {
			return fmt.Errorf("go test %v: %w%s", args, err, failures)
		}
		return nil
	}
}
