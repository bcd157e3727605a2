// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// step is one part of test:all or test:deep, which writes its output to out.
type step struct {
	name string
	run  func(ctx context.Context, out io.Writer) error
}

// TestAll is the test:all target: every stage and every kind of package once,
// on one release each. Two lanes run side by side, because many steps of a build
// use a single core.
func (a *App) TestAll(ctx context.Context) error {
	if err := a.ownOnly("test:all"); err != nil {
		return err
	}
	return a.steps(ctx, "test:all", []step{
		{"integration", a.scripts("TestEngine", "80m")},
		{"kernel", shows(a.TestKernel)},
	}, []step{
		{"check", shows(a.Check)},
		{"unit", a.goTest("-race", "./...")},
		{"behaviour", a.goTest("-tags", "behaviour", "-count=1", "-timeout=30m", "./mage/behaviour/...")},
		{"engine", a.goTest("-tags", "engine", "-count=1", "-timeout=30m", "./containers/...")},
	})
}

// TestDeep is the test:deep target: what test:all has no time for. It ends at
// the first part that fails.
func (a *App) TestDeep(ctx context.Context) error {
	if err := a.ownOnly("test:deep"); err != nil {
		return err
	}
	return a.steps(ctx, "test:deep", []step{
		{"fuzz", a.fuzz},
		{"integration", a.scripts("TestDeep", "3h")},
		{"kernel", shows(a.kernelWhole)},
	})
}

// shows makes a step of what writes its output to the terminal.
func shows(run func(context.Context) error) func(context.Context, io.Writer) error {
	return func(ctx context.Context, _ io.Writer) error { return run(ctx) }
}

// scripts runs the scripts of one test of mage/behaviour on the engine.
func (a *App) scripts(test, timeout string) func(context.Context, io.Writer) error {
	return a.goTest("-tags", "integration", "-run", "^"+test+"$", "-count=1", "-timeout="+timeout,
		"-v", "./mage/behaviour/...")
}

// steps runs lanes side by side, the parts of each in order, until one fails, and shows how each part ended. The
// output of the first lane is shown as it comes; a part of the others shows its output when it ends.
func (a *App) steps(ctx context.Context, target string, lanes ...[]step) error {
	rows := make([][][]string, len(lanes))
	group, running := errgroup.WithContext(ctx)
	for i, lane := range lanes {
		group.Go(func() error {
			for _, s := range lane {
				start := time.Now()
				err := a.step(running, s, i > 0)
				state := "pass"
				if err != nil {
					state = "FAIL"
				}
				if err != nil && running.Err() != nil {
					state = "stopped"
				}
				rows[i] = append(rows[i], []string{s.name, state, time.Since(start).Round(time.Second).String()})
				if err != nil {
					return fmt.Errorf("%s: %w", s.name, err)
				}
			}
			return nil
		})
	}
	failed := group.Wait()
	a.ui.Table(target, []string{"part", "result", "time"}, slices.Concat(rows...))
	return errors.Join(failed, ctx.Err())
}

// step runs one part. With later, its output is shown when it ends.
func (a *App) step(ctx context.Context, s step, later bool) error {
	if !later {
		fmt.Fprintf(a.ui.Out(), "== %s\n", s.name)
		return s.run(ctx, a.ui.Out())
	}
	file, err := os.CreateTemp("", "verbsmith-"+s.name+"-")
	if err != nil {
		return fmt.Errorf("create a file for the output: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	defer func() { _ = file.Close() }()
	failed := s.run(ctx, file)
	fmt.Fprintf(a.ui.Out(), "== %s, ran beside others\n", s.name)
	if _, err = file.Seek(0, io.SeekStart); err == nil {
		_, err = io.Copy(a.ui.Out(), file)
	}
	return errors.Join(failed, err)
}
