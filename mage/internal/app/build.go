// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
)

// made is what the stages up to the toolchain have returned.
type made struct {
	job   job.Job
	src   artifact.Source
	tree  artifact.Tree
	patch artifact.Patch
	spec  artifact.Spec
	tc    artifact.Toolchain
}

// edited runs the stages in pure Go: source, integrate, patch, spec.
func (a *App) edited(ctx context.Context, further int) (made, error) {
	j, err := a.rpmJob(ctx)
	if err != nil {
		return made{}, err
	}
	a.pipeline.Plan(editStages(j) + further)
	return a.editJob(ctx, j)
}

// editStages is how many stages editJob has.
func editStages(j job.Job) int {
	if j.Provider == nil {
		return 3 //nolint:mnd // source, integrate, spec
	}
	return 4 //nolint:mnd // and patch
}

func (a *App) editJob(ctx context.Context, j job.Job) (made, error) {
	m, err := a.patchJob(ctx, j)
	if err != nil {
		return m, err
	}
	m.spec, err = a.pipeline.Spec(ctx, m.job, m.src)
	return m, err
}

// patchJob is editJob without the spec.
func (a *App) patchJob(ctx context.Context, j job.Job) (made, error) {
	m := made{job: j}
	var err error
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
	return m, nil
}

// toolchainStages are base and toolchain.
const toolchainStages = 2

// withToolchain adds the base and the toolchain image.
func (a *App) withToolchain(ctx context.Context, further int, refresh bool) (made, error) {
	// The later stages need an engine: fail before the long ones.
	if _, err := a.connectEngine(ctx); err != nil {
		return made{}, err
	}
	j, err := a.rpmJob(ctx)
	if err != nil {
		return made{}, err
	}
	a.pipeline.Plan(editStages(j) + toolchainStages + further)
	return a.toolchainJob(ctx, j, refresh)
}

func (a *App) toolchainJob(ctx context.Context, j job.Job, refresh bool) (made, error) {
	m, err := a.editJob(ctx, j)
	if err != nil {
		return m, err
	}
	base, err := a.pipeline.Base(ctx, m.job)
	if err != nil {
		return m, err
	}
	m.tc, err = a.pipeline.Toolchain(ctx, m.job, base, m.spec.File, refresh)
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
	return a.endWithPackages(ctx, dist)
}

// endWithPackages ends a target that made packages: it shows them, and says so if
// nothing had to be done.
func (a *App) endWithPackages(ctx context.Context, dist artifact.Dist) error {
	if err := a.showPackages(dist); err != nil {
		return err
	}
	if len(a.pipeline.Ran()) == 0 {
		fmt.Fprintf(a.ui.Out(), "nothing to do: %s is up to date\n", a.relative(dist.Dir))
	}
	return a.pipeline.Prune(ctx)
}

// rpmStages are rpm and collect.
const rpmStages = 2

// rpm runs everything up to the collected packages.
func (a *App) rpm(ctx context.Context, further int) (made, artifact.Dist, error) {
	m, err := a.withToolchain(ctx, rpmStages+further, false)
	if err != nil {
		return m, artifact.Dist{}, err
	}
	return a.packaged(ctx, m)
}

func (a *App) packaged(ctx context.Context, m made) (made, artifact.Dist, error) {
	pkgs, err := a.pipeline.RPM(ctx, m.job, m.src, m.patch, m.spec, m.tc)
	if err != nil {
		return m, artifact.Dist{}, err
	}
	dist, err := a.pipeline.Collect(ctx, m.job, m.tree, m.tc, pkgs)
	return m, dist, err
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
