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
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/mage/internal/walk"
	"github.com/resnics/verbsmith/specs"
)

var errNothingGiven = errors.New("-source is missing: upstream's commits are read from a git clone of rdma-core")

// transplantsJob is what the flags ask for.
type transplantsJob struct {
	job    job.Job
	depth  string
	adopt  bool // with the manifests of provider:adopt
	all    *specs.Transplants
	chosen []specs.Transplant
}

// TestTransplant is the test:transplant target: upstream's own providers,
// added to a release without them like a third party's, and the changes
// to each file compared with upstream's. All are tried before a failure ends it.
func (a *App) TestTransplant(ctx context.Context) error { return a.testTransplant(ctx, false) }

// TestTransplantAdopted is TestTransplant with the manifests that provider:adopt writes, and for all providers of a release too.
func (a *App) TestTransplantAdopted(ctx context.Context) error { return a.testTransplant(ctx, true) }

func (a *App) testTransplant(ctx context.Context, adopt bool) error {
	if err := a.ownOnly("test:transplant"); err != nil {
		return err
	}
	t, err := a.transplantsJob()
	if err != nil {
		return err
	}
	t.adopt = adopt
	setup := walk.TransplantSetup{All: t.all, Folders: filepath.Join(a.dirs.dist, transplantsFolder), Adopt: t.adopt}
	if t.depth == depthCompile { // a missing engine is reported before the clone is read
		if _, err := a.pipeline.Engine(ctx); err != nil {
			return err
		}
	}
	if t.job.Given != "" {
		if setup.Clone, err = upstream.OpenClone(t.job.Given, a.ui.Out()); err != nil {
			return err
		}
		defer setup.Clone.Close()
	}
	s, recipe := pipeline.NewState(t.job), pipeline.ForTransplants
	if s.Walk.Setup, s.Walk.Transplants = setup, t.chosen; t.adopt {
		if s.Walk.Transplants, err = a.adopted(ctx, setup.Clone, t); err != nil {
			return err
		}
	}
	if t.depth == depthCompile {
		recipe = pipeline.ForTransplantsCompile
		stock, err := a.defaultRelease(t.job)
		if err != nil {
			return err
		}
		s.WithStock(stock)
	}
	run, err := a.pipeline.Start(ctx, recipe, s)
	if err != nil {
		return err
	}
	if err := run.ToEnd(ctx); err != nil {
		return err
	}
	a.showTimes()
	err = a.showTransplants(ctx, s.Walk.Rows)
	return errors.Join(err, a.pipeline.Prune(ctx))
}

// transplantsFolder is where the providers' directories, the patches and the report
// go, below dist/.
const transplantsFolder = "transplants"

func (a *App) transplantsJob() (transplantsJob, error) {
	t := transplantsJob{
		job:   job.Job{Given: value(a.flags.Source, "")},
		depth: value(a.flags.Depth, depthEdit),
	}
	var errs [5]error
	t.job.Target, errs[0] = a.rpmTarget()
	t.job.Base, errs[1] = a.baseMode()
	if known := []string{depthEdit, depthCompile}; !slices.Contains(known, t.depth) {
		errs[2] = unknownDepth(t.depth, known)
	}
	t.all, errs[3] = specs.LoadTransplants(a.pipeline.Kit.Dir("specs"))
	if errs[3] == nil {
		t.chosen, errs[4] = chooseTransplants(t.all, value(a.flags.Provider, ""), t.job.Given)
	}
	return t, errors.Join(errs[:]...)
}

// adopted are the chosen transplants and, unless some were chosen by name, those of every provider of specs' release.
func (a *App) adopted(ctx context.Context, clone *upstream.Clone, t transplantsJob) ([]specs.Transplant, error) {
	if clone == nil || value(a.flags.Provider, "") != "" {
		return t.chosen, nil
	}
	ref, err := clone.Find(ctx, t.all.Adopted.Release)
	if err != nil {
		return nil, err
	}
	files, err := clone.Tree(ctx, ref.Commit)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range files {
		parts := strings.Split(f.Name, "/")
		if len(parts) == 3 && parts[0] == "providers" && parts[2] == "CMakeLists.txt" {
			names = append(names, parts[1])
		}
	}
	return append(t.chosen, walk.AdoptedTransplants(ref.Name, names)...), nil
}

// chooseTransplants takes names separated by commas, by default all. Without a
// clone, only those that are compared with a release alone can be tried.
func chooseTransplants(all *specs.Transplants, names, clone string) ([]specs.Transplant, error) {
	var chosen []specs.Transplant
	var errs []error
	for name := range strings.SplitSeq(names, ",") {
		switch one, err := all.Find(strings.TrimSpace(name)); {
		case names == "":
			chosen = all.Transplants
		case err != nil:
			errs = append(errs, err)
		default:
			chosen = append(chosen, one)
		}
	}
	var alone []string
	for _, one := range all.Transplants {
		if len(one.Commits) == 0 {
			alone = append(alone, one.Name)
		}
	}
	for _, one := range chosen {
		if clone == "" && (names == "" || len(one.Commits) > 0) {
			errs = append(errs, &stage.AdviceError{
				Err: errNothingGiven,
				What: "git clone https://github.com/linux-rdma/rdma-core, and pass its directory as -source; or select with -provider " +
					"transplants that need only a release: " + strings.Join(alone, ", "),
			})
			break
		}
	}
	return chosen, errors.Join(errs...)
}

// defaultRelease is the job for the release by whose own spec the toolchain is made.
func (a *App) defaultRelease(j job.Job) (job.Job, error) {
	release, err := a.releases.Find(a.releases.Default)
	j.Given, j.Version, j.Release = "", release.Version, &release
	return j, err
}

// transplantsError says which transplants failed, each with everything that is
// wrong.
type transplantsError struct{ failed []*walk.TransplantRow }

func (e *transplantsError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d of the transplants failed", len(e.failed))
	for _, row := range e.failed {
		faults := row.Faults
		if len(faults) == 0 {
			faults = []error{errors.New(row.Transplant.Name + ": " + row.Why())} //nolint:err113 // words for people
		}
		for _, fault := range faults {
			fmt.Fprintf(&text, "\n%v", fault)
		}
	}
	return text.String()
}

// showTransplants prints the table, writes the report, and gives an error if a
// row failed.
func (a *App) showTransplants(ctx context.Context, rows []*walk.TransplantRow) error {
	table := make([][]string, 0, len(rows))
	var failed []*walk.TransplantRow
	for _, row := range rows {
		table = append(table, transplantRow(row))
		if row.Failed() {
			failed = append(failed, row)
		}
	}
	header := []string{
		"transplant", "into", "driver id", "files", "same", "lines", "same", "other, with reason", "patch", "compiles", "ibv_devices",
	}
	if len(rows) > 0 && rows[0].Adopted != nil {
		header = append(header, "questions", "alone")
	}
	a.ui.Table("upstream's providers added by verbsmith, compared with upstream's own edits", header, table)
	folder := filepath.Join(a.dirs.dist, transplantsFolder)
	report, err := a.pipeline.Collector().Place(ctx, folder, "REPORT.md", walk.TransplantReport(rows))
	for _, row := range rows {
		if err == nil && row.Ours != nil {
			_, err = a.pipeline.Collector().Place(ctx, folder, row.Transplant.Name+".verbsmith.patch", row.Ours)
		}
		if err == nil && row.Theirs != nil {
			_, err = a.pipeline.Collector().Place(ctx, folder, row.Transplant.Name+".upstream.patch", row.Theirs)
		}
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(a.ui.Out(), a.relative(report))
	if len(failed) > 0 {
		return &transplantsError{failed: failed}
	}
	return nil
}

func transplantRow(row *walk.TransplantRow) []string {
	c := row.Count()
	host := row.Transplant.Host
	if len(row.Transplant.Without) > 0 || len(row.Transplant.Commits) == 0 {
		host += " without it"
	}
	reasons := fmt.Sprint(c.Other)
	if c.Unexplained > 0 {
		reasons += fmt.Sprintf(" (%d have none)", c.Unexplained)
	}
	cells := []string{
		row.Transplant.Name, host, fmt.Sprint(row.DriverID), fmt.Sprint(c.Files), fmt.Sprint(c.SameFiles), fmt.Sprint(c.Lines),
		fmt.Sprint(c.SameLines), reasons, string(row.Patch.State), string(row.Compile.State), string(row.Devices.State),
	}
	if a := row.Adopted; a != nil {
		cells = append(cells, fmt.Sprint(a.Questions), string(a.Alone.State))
	}
	return cells
}
