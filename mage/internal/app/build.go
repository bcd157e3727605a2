// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/resnics/verbsmith/mage/internal/pipeline"
)

// made is what the stages up to the toolchain have given.
type made struct {
	job   pipeline.Job
	src   pipeline.Source
	tree  pipeline.Tree
	patch pipeline.Patch
	spec  pipeline.Spec
	tc    pipeline.Toolchain
}

// edited runs the stages in pure Go: source, integrate, patch, spec.
func (a *App) edited(ctx context.Context, further int) (made, error) {
	const stages = 4
	var m made
	var err error
	if m.job, err = a.job(); err != nil {
		return m, err
	}
	total := stages + further
	if m.job.Provider == nil {
		total--
	}
	a.pipeline.Plan(total)
	if m.src, err = a.pipeline.Source(ctx, m.job); err != nil {
		return m, err
	}
	if m.tree, err = a.pipeline.Integrate(ctx, m.job, m.src); err != nil {
		return m, err
	}
	if m.job.Provider != nil {
		if m.patch, err = a.pipeline.Patch(ctx, m.job, m.tree); err != nil {
			return m, err
		}
	}
	m.spec, err = a.pipeline.Spec(ctx, m.job, m.src)
	return m, err
}

// withToolchain adds the base and the toolchain image.
func (a *App) withToolchain(ctx context.Context, further int, refresh bool) (made, error) {
	const stages = 2
	// Without an engine nothing behind can run: say so before the long stages.
	if _, err := a.connectEngine(ctx); err != nil {
		return made{}, err
	}
	m, err := a.edited(ctx, stages+further)
	if err != nil {
		return m, err
	}
	base, err := a.pipeline.Base(ctx, m.job)
	if err != nil {
		return m, err
	}
	m.tc, err = a.pipeline.Toolchain(ctx, m.job, base, m.spec, refresh)
	return m, err
}

// Build is the build target.
func (a *App) Build(ctx context.Context) error {
	m, err := a.withToolchain(ctx, 2, false) //nolint:mnd // build, discover
	if err != nil {
		return err
	}
	b, err := a.pipeline.Build(ctx, m.job, m.tree, m.tc)
	if err != nil {
		return err
	}
	if m.job.Provider != nil {
		if _, err := a.pipeline.ProveTree(ctx, m.job, m.tree, m.tc, b); err != nil {
			return err
		}
	}
	a.ui.Summary(a.ui.StageTimes())
	return a.pipeline.Prune(ctx)
}

// RPM is the rpm target.
func (a *App) RPM(ctx context.Context) error {
	_, dist, err := a.rpm(ctx, 0)
	if err != nil {
		return err
	}
	if err := a.showPackages(dist); err != nil {
		return err
	}
	if len(a.pipeline.Ran()) == 0 {
		fmt.Fprintf(a.ui.Out(), "nothing to do: %s is up to date\n", a.relative(dist.Dir))
	}
	return a.pipeline.Prune(ctx)
}

// rpm runs everything up to the collected packages.
func (a *App) rpm(ctx context.Context, further int) (made, pipeline.Dist, error) {
	m, err := a.withToolchain(ctx, 2+further, false) //nolint:mnd // rpm, collect
	if err != nil {
		return m, pipeline.Dist{}, err
	}
	pkgs, err := a.pipeline.RPM(ctx, m.job, m.src, m.patch, m.spec, m.tc)
	if err != nil {
		return m, pipeline.Dist{}, err
	}
	dist, err := a.pipeline.Collect(ctx, m.job, m.tree, m.tc, pkgs)
	return m, dist, err
}

// relative shortens a path below the repository for people.
func (a *App) relative(path string) string {
	rel, err := filepath.Rel(a.dirs.root, path)
	if err != nil || !filepath.IsLocal(rel) {
		return path
	}
	return rel
}
