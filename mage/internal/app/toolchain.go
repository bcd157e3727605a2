// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"

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
		row, err := a.toolchainRow(ctx, j, m.spec.File)
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

// toolchainRow is the row of a target; its toolchain has the BuildRequires of file.
func (a *App) toolchainRow(ctx context.Context, j job.Job, file string) ([]string, error) {
	name := j.Target.Folder()
	base, here, why, err := a.pipeline.BaseState(ctx, j)
	if err != nil {
		return nil, err
	}
	if !here {
		return []string{name, base.Ref + " (" + why + ")", "-", "base not available yet"}, nil
	}
	tc, here, err := a.pipeline.ToolchainState(ctx, j, base, file)
	state := "not built"
	if here {
		state = "ready"
	}
	return []string{name, base.Ref, tc.Ref, state}, err
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
