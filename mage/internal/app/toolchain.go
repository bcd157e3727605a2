// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"

	"github.com/resnics/verbsmith/mage/internal/image"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
)

// ToolchainList is the toolchain:list target.
func (a *App) ToolchainList(ctx context.Context) error {
	s, err := a.listed(ctx)
	if err != nil {
		return err
	}
	var moved []string
	rows := make([][]string, 0, len(a.distros.Names()))
	for _, name := range a.distros.Names() {
		distro, err := a.distros.Find(name)
		if err != nil {
			return err
		}
		j := s.Job
		j.Target = job.RPM{Distro: distro}
		row, err := a.toolchainRow(ctx, j, s.Spec.File)
		if err != nil {
			return err
		}
		rows = append(rows, row)
		text, err := a.pipeline.Images().Moved(ctx, distro)
		if err != nil {
			return err
		}
		if text != "" {
			moved = append(moved, name+": "+text+"; "+image.PinAdvice(distro)+" takes the new one")
		}
	}
	for i, debian := range s.Debians {
		j := s.Job
		j.Target = job.Deb{Suite: s.Suites[i]}
		row, err := a.toolchainRow(ctx, j, debian.Control)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	a.ui.Table("toolchains for rdma-core "+s.Source.Label(), []string{"distro", "base", "image", "state"}, rows)
	for _, line := range moved {
		fmt.Fprintln(a.ui.Out(), "note: "+line)
	}
	return nil
}

// listed has what toolchains are made by: the release's spec, and each suite's packaging.
func (a *App) listed(ctx context.Context) (*pipeline.State, error) {
	j, err := a.rpmJob(ctx)
	if err != nil {
		return nil, err
	}
	s := pipeline.NewState(j)
	for _, name := range a.suites.Names() {
		suite, err := a.suites.Find(name)
		if err != nil {
			return nil, err
		}
		s.Suites = append(s.Suites, suite)
	}
	return s, a.pipeline.Do(ctx, pipeline.ForToolchainList, s)
}

// toolchainRow is the row of a target; its toolchain has the BuildRequires of file.
func (a *App) toolchainRow(ctx context.Context, j job.Job, file string) ([]string, error) {
	name := j.Target.Folder()
	base, here, why, err := a.pipeline.Images().BaseState(ctx, j)
	if err != nil {
		return nil, err
	}
	if !here {
		return []string{name, base.Ref + " (" + why + ")", "-", "base not available yet"}, nil
	}
	tc, here, err := a.pipeline.Images().ToolchainState(ctx, j, base, file)
	state := "not built"
	if here {
		state = "ready"
	}
	return []string{name, base.Ref, tc.Ref, state}, err
}

// ToolchainBuild is the toolchain:build target.
func (a *App) ToolchainBuild(ctx context.Context) error {
	asked, recipe := a.rpmJob, pipeline.ForToolchainBuild
	if value(a.flags.Suite, "") != "" {
		asked, recipe = a.debJob, pipeline.ForToolchainBuildDeb
	}
	j, err := asked(ctx)
	if err != nil {
		return err
	}
	s := pipeline.NewState(j)
	s.Refresh = true
	if err := a.pipeline.Do(ctx, recipe, s); err != nil {
		return err
	}
	a.showTimes()
	fmt.Fprintf(a.ui.Out(), "%s on %s: %s\n", j.Target.Folder(), s.Toolchain.Base.Ref, s.Toolchain.Ref)
	return nil
}
