// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/probe"
	"github.com/resnics/verbsmith/provider"
)

// allDistros is the value of -distro for every one.
const allDistros = "all"

// probeFile is the name of the facts in a distro's directory of outputs.
const probeFile = "probe.txt"

// DistroProbe is the distro:probe target. It goes on after a distro whose image differs.
func (a *App) DistroProbe(ctx context.Context) error {
	var failed []error
	for _, name := range a.distroNames() {
		a.flags.Distro = &name
		failed = append(failed, a.probe(ctx))
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failed...)
}

// distroNames are those that -distro asks for.
func (a *App) distroNames() []string {
	name := value(a.flags.Distro, a.distros.Default().Name)
	if name == allDistros {
		return a.distros.Names()
	}
	return []string{name}
}

// probe compares one distro's image with what is known of it.
func (a *App) probe(ctx context.Context) error {
	j, err := a.jobWith(func() (*provider.Provider, error) { return a.provider(ctx, noProvider) })
	if err != nil {
		return err
	}
	s := pipeline.NewState(j)
	if err := a.pipeline.Do(ctx, pipeline.ForDistroProbe, s); err != nil {
		return err
	}
	file, err := a.pipeline.Collector().Place(ctx, filepath.Join(a.dirs.dist, s.Base.Folder), probeFile, []byte(s.Facts.Text()))
	if err != nil {
		return err
	}
	rows := probe.Compare(j.Distro(), s.Base.Standin, s.Facts)
	cells := make([][]string, 0, len(rows))
	count := map[probe.State]int{}
	for _, row := range rows {
		cells = append(cells, row.Cells())
		count[row.State]++
	}
	a.showTimes()
	a.ui.Table(s.Base.Folder+" on "+s.Base.Ref, []string{"what", "expected", "found", "state"}, cells)
	fmt.Fprintf(a.ui.Out(), "%d same, %d as the stand-in is known to differ, %d unexpected, %d not asked, %d without an expectation\n",
		count[probe.Same], count[probe.Standin], count[probe.Differs], count[probe.Unasked], count[probe.Unknown])
	fmt.Fprintln(a.ui.Out(), a.relative(file))
	return probe.Judge(s.Base.Folder, rows)
}
