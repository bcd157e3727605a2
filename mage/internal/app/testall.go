// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// step is one part of test:all or test:deep.
type step struct {
	name string
	run  func(context.Context) error
}

// TestAll is the test:all target: every stage and every kind of package once,
// on one release each, cheapest first, so that a mistake is seen early. It ends
// at the first part that fails.
func (a *App) TestAll(ctx context.Context) error {
	return a.steps(ctx, "test:all", []step{
		{"check", a.Check},
		{"unit", a.TestUnit},
		{"behaviour", func(ctx context.Context) error {
			return a.goTest(ctx, "-tags", "behaviour", "-count=1", "-timeout=30m", "./mage/behaviour/...")
		}},
		{"engine", func(ctx context.Context) error {
			return a.goTest(ctx, "-tags", "engine", "-count=1", "-timeout=30m", "./containers/...")
		}},
		{"integration", a.scripts("TestEngine", "80m")},
		{"kernel", a.TestKernel},
		{"rebuild", a.rebuild},
	})
}

// TestDeep is the test:deep target: what test:all has no time for. It ends at
// the first part that fails.
func (a *App) TestDeep(ctx context.Context) error {
	return a.steps(ctx, "test:deep", []step{
		{"fuzz", a.fuzz},
		{"integration", a.scripts("TestDeep", "3h")},
		{"kernel", a.kernelWhole},
	})
}

// scripts runs the scripts of one test of mage/behaviour on the engine.
func (a *App) scripts(test, timeout string) func(context.Context) error {
	return func(ctx context.Context) error {
		return a.goTest(ctx, "-tags", "integration", "-run", "^"+test+"$", "-count=1", "-timeout="+timeout,
			"-parallel=1", "-v", "./mage/behaviour/...")
	}
}

// steps runs the parts of a target in order, up to the first that fails, and
// shows how each ended.
func (a *App) steps(ctx context.Context, target string, steps []step) error {
	rows := make([][]string, 0, len(steps))
	var failed error
	for _, s := range steps {
		fmt.Fprintf(a.ui.Out(), "== %s\n", s.name)
		start := time.Now()
		state := "pass"
		if failed = s.run(ctx); failed != nil {
			state = "FAIL"
		}
		rows = append(rows, []string{s.name, state, time.Since(start).Round(time.Second).String()})
		if failed != nil {
			failed = fmt.Errorf("%s: %w", s.name, failed)
			break
		}
	}
	a.ui.Table(target, []string{"part", "result", "time"}, rows)
	return errors.Join(failed, ctx.Err())
}
