// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/walk"
	"github.com/resnics/verbsmith/specs"
)

// strangersFolder is where the providers' directories and the report go, below dist/.
const strangersFolder = "strangers"

// strangersJob is what the flags ask for.
type strangersJob struct {
	job    job.Job
	depth  string
	setup  walk.StrangerSetup
	chosen []specs.Stranger
}

// TestStrangers is the test:strangers target: public providers that rdma-core does not have, in each
// of its releases, and what verbsmith does to each of its files beside what their vendors did. All
// are tried before a failure ends it.
func (a *App) TestStrangers(ctx context.Context) error {
	if err := a.ownOnly("test:strangers"); err != nil {
		return err
	}
	t, err := a.strangersJob()
	if err != nil {
		return err
	}
	s, recipe := pipeline.NewState(t.job), pipeline.ForStrangers
	s.Walk.Selection, s.Walk.StrangerSetup = value(a.flags.RDMA, ""), t.setup
	if t.depth == depthCompile {
		recipe, s.Walk.StrangersCompile = pipeline.ForStrangersCompile, true
	}
	s.Walk.Strangers, err = a.takeStrangers(ctx, t)
	defer func() {
		for _, row := range s.Walk.Strangers {
			row.Close()
		}
	}()
	if err != nil {
		return err
	}
	err = a.pipeline.Do(ctx, recipe, s)
	if s.Walk.Releases != nil {
		defer s.Walk.Releases.Close()
	}
	if err != nil {
		return err
	}
	a.showTimes()
	return errors.Join(a.showStrangers(ctx, s.Walk.Strangers, t.depth), a.pipeline.Prune(ctx))
}

func (a *App) strangersJob() (strangersJob, error) {
	t := strangersJob{
		job:   job.Job{Given: value(a.flags.Source, "")},
		depth: value(a.flags.Depth, depthCompile),
		setup: walk.StrangerSetup{
			Source: value(a.flags.Source, ""), Folders: filepath.Join(a.dirs.dist, strangersFolder),
			Clones: value(a.flags.Clones, ""), Whole: value(a.flags.RDMA, "") == "",
		},
	}
	var errs [5]error
	t.job.Target, errs[0] = a.rpmTarget()
	t.job.Base, errs[1] = a.baseMode()
	if known := []string{depthEdit, depthCompile}; !slices.Contains(known, t.depth) {
		errs[2] = unknownDepth(t.depth, known)
	}
	t.setup.All, errs[3] = specs.LoadStrangers(a.pipeline.Kit.Dir("specs"))
	if errs[3] == nil {
		t.chosen, errs[3] = chooseStrangers(t.setup.All, value(a.flags.Provider, ""))
	}
	_, errs[4] = a.cloneSource()
	return t, errors.Join(errs[:]...)
}

// chooseStrangers takes names separated by commas, by default all.
func chooseStrangers(all *specs.Strangers, names string) ([]specs.Stranger, error) {
	if names == "" {
		return all.Strangers, nil
	}
	var chosen []specs.Stranger
	var errs []error
	for name := range strings.SplitSeq(names, ",") {
		one, err := all.Find(strings.TrimSpace(name))
		chosen, errs = append(chosen, one), append(errs, err)
	}
	return chosen, errors.Join(errs...)
}

// takeStrangers makes the providers' directories. Every missing clone is reported.
func (a *App) takeStrangers(ctx context.Context, t strangersJob) ([]*walk.StrangerRow, error) {
	var rows []*walk.StrangerRow
	var errs []error
	for _, one := range t.chosen {
		row, err := a.pipeline.Walker().TakeStranger(ctx, t.setup, one)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		rows = append(rows, row)
	}
	return rows, errors.Join(errs...)
}

// strangersError says what is verbsmith's fault, or nobody's.
type strangersError struct{ faults []string }

// Error implements error.
func (e *strangersError) Error() string {
	return fmt.Sprintf("%d faults are not the strangers' own\n%s", len(e.faults), strings.Join(e.faults, "\n"))
}

// showStrangers prints the table, writes the report, and gives an error if a row failed for another
// reason than a fault of the provider's own.
func (a *App) showStrangers(ctx context.Context, rows []*walk.StrangerRow, depth string) error {
	var table [][]string
	var faults []string
	for _, row := range rows {
		for _, o := range row.Outcomes() {
			table = append(table, []string{row.Stranger.Name, o.Releases(), o.State(depth), o.Why})
			if o.Why != "" && !o.Own && !o.Skipped {
				faults = append(faults, fmt.Sprintf("%s: %s: %s", row.Stranger.Name, o.Releases(), o.Why))
			}
		}
		faults = append(faults, row.Unexplained()...)
	}
	a.ui.Table("strangers' providers in the releases of rdma-core", []string{"stranger", "releases", "outcome", "why"}, table)
	folder := filepath.Join(a.dirs.dist, strangersFolder)
	report, err := a.pipeline.Collector().Place(ctx, folder, "REPORT.md", walk.StrangerReport(rows, depth))
	if err != nil {
		return err
	}
	fmt.Fprintln(a.ui.Out(), a.relative(report))
	if len(faults) > 0 {
		return &strangersError{faults: faults}
	}
	return nil
}
