// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Clean is the clean target. Outputs and caches go even where no engine
// answers; that one does not is an error all the same, because what it holds
// of ours then stays.
func (a *App) Clean(ctx context.Context) error {
	rows := [][]string{}
	var errs []error
	engine, err := a.connectEngine(ctx)
	if err == nil {
		removed, err := engine.Clean(ctx, nil)
		errs = append(errs, err)
		for _, o := range removed {
			rows = append(rows, []string{string(o.Kind), o.Name})
		}
	}
	errs = append(errs, err)
	if _, err := a.pipeline.Cache.RemoveAll(ctx); err != nil {
		errs = append(errs, err)
	}
	if err := os.RemoveAll(a.dirs.dist); err != nil {
		errs = append(errs, fmt.Errorf("remove the outputs: %w", err))
	}
	rows = append(rows, []string{"folder", a.relative(a.dirs.dist)})
	rows = append(rows, []string{"folder", a.dirs.cache})
	a.cleaned = true // it holds this run's own log and lock until the end
	a.ui.Table("removed", []string{"kind", "name"}, rows)
	return errors.Join(errs...)
}
