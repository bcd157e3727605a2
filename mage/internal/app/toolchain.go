// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
)

// ToolchainList is the toolchain:list target.
func (a *App) ToolchainList(ctx context.Context) error {
	m, err := a.edited(ctx, len(a.suites.Names()))
	if err != nil {
		return err
	}
	rows := make([][]string, 0, len(a.distros.Names()))
	for _, name := range a.distros.Names() {
		distro, err := a.distros.Find(name)
		if err != nil {
			return err
		}
		j := m.job
		j.Target = job.RPM{Distro: distro}
		row, err := a.toolchainRow(ctx, j, m.spec)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	suites, err := a.suiteRows(ctx, m)
	if err != nil {
		return err
	}
	rows = append(rows, suites...)
	a.ui.Table("toolchains for rdma-core "+m.src.Label(), []string{"distro", "base", "image", "state"}, rows)
	return nil
}

func (a *App) toolchainRow(ctx context.Context, j job.Job, spec artifact.Spec) ([]string, error) {
	standin, why, err := a.pipeline.ChooseBase(ctx, j)
	if err != nil {
		return nil, err
	}
	base, here, err := a.pipeline.BaseState(ctx, j, standin)
	if err != nil {
		return nil, err
	}
	if !here {
		return []string{j.Target.Name(), base.Ref + " (" + why + ")", "-", "base not here yet"}, nil
	}
	tc, here, err := a.pipeline.ToolchainState(ctx, j, base, spec.File)
	state := "not built"
	if here {
		state = "ready"
	}
	return []string{j.Target.Name(), base.Ref, tc.Ref, state}, err
}

// ToolchainBuild is the toolchain:build target.
func (a *App) ToolchainBuild(ctx context.Context) error {
	if value(a.flags.Suite, "") != "" {
		return a.debianToolchainBuild(ctx)
	}
	m, err := a.withToolchain(ctx, 0, true)
	if err != nil {
		return err
	}
	a.ui.Summary(a.ui.StageTimes())
	fmt.Fprintf(a.ui.Out(), "%s on %s: %s\n", m.job.Target.Name(), m.tc.Base.Ref, m.tc.Ref)
	return nil
}
