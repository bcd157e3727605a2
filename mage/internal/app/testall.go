// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// step is one part of test:all.
type step struct {
	name string
	run  func(context.Context) error
}

// TestAll is the test:all target: everything, cheapest first, so that a
// mistake is seen early. It ends at the first part that fails.
func (a *App) TestAll(ctx context.Context) error {
	steps := []step{
		{"check", a.Check},
		{"unit", a.TestUnit},
		{"behaviour", func(ctx context.Context) error {
			return a.goTest(ctx, "-tags", "behaviour", "-count=1", "-timeout=30m", "./mage/behaviour/...")
		}},
		{"engine", func(ctx context.Context) error {
			return a.goTest(ctx, "-tags", "engine", "-count=1", "-timeout=30m", "./containers/...")
		}},
		{"integration", func(ctx context.Context) error {
			return a.goTest(ctx, "-tags", "integration", "-count=1", "-timeout=80m", "-parallel=1", "-v", "./mage/behaviour/...")
		}},
		{"kernel", a.kernelWhole},
		{"rebuild", a.rebuild},
	}
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
	a.ui.Table("test:all", []string{"part", "result", "time"}, rows)
	return errors.Join(failed, ctx.Err())
}
