// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
)

// doRPM does a recipe for the job of the flags.
func (a *App) doRPM(ctx context.Context, recipe pipeline.Recipe) (*pipeline.State, error) {
	j, err := a.patchedRPMJob(ctx)
	if err != nil {
		return nil, err
	}
	s := pipeline.NewState(j)
	return s, a.pipeline.Do(ctx, recipe, s)
}

// ended is the error of a run that ends here: its own, or that of an interrupt after its last
// stage.
func ended(ctx context.Context, err error) error {
	if err == nil {
		return fmt.Errorf("after the last stage: %w", ctx.Err())
	}
	return err
}

// Build is the build target.
func (a *App) Build(ctx context.Context) error {
	if _, err := a.doRPM(ctx, pipeline.ForBuild); err != nil {
		return err
	}
	a.showTimes()
	return a.pipeline.Prune(ctx)
}

// RPM is the rpm target.
func (a *App) RPM(ctx context.Context) error {
	s, err := a.doRPM(ctx, pipeline.ForRPM)
	if err != nil {
		return err
	}
	return a.endWithPackages(ctx, s.Dist)
}

// endWithPackages ends a target that made packages.
func (a *App) endWithPackages(ctx context.Context, dist artifact.Dist) error {
	a.made(dist.Dir)
	if err := a.showPackages(dist); err != nil {
		return err
	}
	return a.pipeline.Prune(ctx)
}

// relative shortens a path below the repository for display.
func (a *App) relative(path string) string { return relativeTo(a.dirs.root, path) }

func relativeTo(root, path string) string {
	rel, err := filepath.Rel(root, path)
	if err != nil || !filepath.IsLocal(rel) {
		return path
	}
	return rel
}
