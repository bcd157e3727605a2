// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"github.com/resnics/verbsmith/mage/internal/image"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/kit"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/record"
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

// ToolchainLock is the toolchain:lock target: it writes what the toolchain has installed, which later toolchains of the target must have.
func (a *App) ToolchainLock(ctx context.Context) error {
	asked, recipe := a.rpmJob, pipeline.ForToolchainLock
	if value(a.flags.Suite, "") != "" {
		asked, recipe = a.debJob, pipeline.ForToolchainLockDeb
	}
	j, err := asked(ctx)
	if err != nil {
		return err
	}
	a.pipeline.Unlocked = true
	s := pipeline.NewState(j)
	if err := a.pipeline.Do(ctx, recipe, s); err != nil {
		return err
	}
	a.showTimes()
	return a.writeLock(s)
}

// writeLock writes the lock of a toolchain, and shows what has changed since the one before.
func (a *App) writeLock(s *pipeline.State) error {
	base := s.Toolchain.Base
	shown := kit.LockFile(base.Folder)
	var before record.Lock
	if text, ok := a.pipeline.Kit.Lock(base.Folder); ok {
		var err error
		if before, err = record.ReadLock(shown, text); err != nil {
			return err
		}
		for _, change := range before.Changes(s.BuildRoot) {
			fmt.Fprintln(a.ui.Out(), change)
		}
	}
	after := before.With(base.Name(), s.BuildRoot)
	text, err := after.Text()
	if err != nil {
		return err
	}
	file := filepath.Join(a.dirs.root, filepath.FromSlash(shown))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("create the directory of the lock: %w", err)
	}
	if err := renameio.WriteFile(file, text, 0o644, renameio.WithExistingPermissions()); err != nil {
		return fmt.Errorf("write the lock: %w", err)
	}
	fmt.Fprintf(a.ui.Out(), "%s of %s locked: %s\n", count(len(after.RPM)+len(after.Dpkg), "package"), base.Folder, a.relative(file))
	return nil
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
