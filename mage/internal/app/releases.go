// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/readout"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/walk"
	"github.com/resnics/verbsmith/specs"
)

// How deep a walk over releases goes; each includes those before it.
const (
	depthEdit    = "edit"
	depthSpec    = "spec"
	depthCompile = "compile"
)

// unknownDepth is the error of a -depth that a target does not have.
func unknownDepth(depth string, known []string) error {
	return &specs.UnknownError{Kind: "depth", Name: depth, Known: known}
}

func depths() []string { return []string{depthEdit, depthSpec, depthCompile} }

var errNoClone = errors.New("-source is missing: a walk over releases needs a git clone of rdma-core")

// ReleasesCheck is the releases:check target: every release of a clone, with
// the provider inside, as far as depth says. All are tried before a failure
// ends it.
func (a *App) ReleasesCheck(ctx context.Context) error {
	j, depth, err := a.releasesJob(ctx)
	if err != nil {
		return err
	}
	s := pipeline.NewState(j)
	s.Walk.Selection = value(a.flags.RDMA, "")
	if s.Walk.Distros, err = a.distTags(); err != nil {
		return err
	}
	recipe := map[string]pipeline.Recipe{
		depthEdit: pipeline.ForReleasesEdit, depthSpec: pipeline.ForReleasesSpec, depthCompile: pipeline.ForReleasesCompile,
	}[depth]
	err = a.pipeline.Do(ctx, recipe, s)
	if s.Walk.Releases == nil {
		return err
	}
	defer s.Walk.Releases.Close()
	if err != nil {
		return err
	}
	a.showTimes()
	a.showReleases(j, depth, s.Walk.Releases)
	a.showChanges(j, s.Walk.Changes)
	err = a.recordWalk(ctx, j, depth, s.Walk.Releases)
	return errors.Join(s.Walk.Releases.Err(), err, a.pipeline.Prune(ctx))
}

// releasesJob reads the flags. -rdma selects among the clone's releases here,
// so it is not looked up in specs/.
func (a *App) releasesJob(ctx context.Context) (job.Job, string, error) {
	j := job.Job{Given: value(a.flags.Source, "")}
	depth := value(a.flags.Depth, depthCompile)
	var errs [5]error
	j.Target, errs[0] = a.rpmTarget()
	j.Provider, errs[1] = a.chosenProvider(ctx)
	j.Base, errs[2] = a.baseMode()
	if !slices.Contains(depths(), depth) {
		errs[3] = unknownDepth(depth, depths())
	}
	switch {
	case j.Given == "":
		_, errs[4] = a.cloneSource()
	case errs[1] == nil && j.Provider == nil:
		errs[4] = needsProvider()
	}
	return j, depth, errors.Join(errs[:]...)
}

// cloneSource is -source where it must be a clone.
func (a *App) cloneSource() (string, error) {
	source := value(a.flags.Source, "")
	if source == "" {
		return "", &stage.AdviceError{
			Err: errNoClone, What: "git clone https://github.com/linux-rdma/rdma-core, and pass its directory as -source",
		}
	}
	return source, nil
}

// distTags are the dist tags of the known distros, without their dots.
func (a *App) distTags() ([]string, error) {
	var tags []string
	for _, name := range a.distros.Names() {
		d, err := a.distros.Find(name)
		if err != nil {
			return nil, err
		}
		tags = append(tags, d.Tag())
	}
	slices.Sort(tags)
	return slices.Compact(tags), nil
}

func (a *App) showReleases(j job.Job, depth string, r *walk.Releases) {
	rows := make([][]string, 0, len(r.Rows))
	failed, unsupported, skipped := 0, 0, 0
	for i, row := range r.Rows {
		rows = append(rows, releaseRow(r, i, depth))
		switch {
		case row.Failed():
			failed++
		case row.Skipped():
			skipped++
		case row.Why() != "":
			unsupported++
		}
	}
	a.ui.Table(j.Provider.Manifest.Name+" in the releases of "+j.Given, releaseHeader(depth), rows)
	for _, row := range r.Rows {
		for _, w := range row.Warnings {
			fmt.Fprintln(a.ui.Out(), "warning: driver id: "+row.Release.Name+": "+w.Error())
		}
	}
	for _, text := range r.IDWarnings() {
		fmt.Fprintln(a.ui.Out(), "warning: driver id: "+text)
	}
	sum := fmt.Sprintf("%s: %d pass, %d not supported, %d failed",
		walk.CountReleases(len(rows)), len(rows)-failed-unsupported-skipped, unsupported, failed)
	if skipped > 0 {
		sum += fmt.Sprintf(", %d skipped", skipped)
	}
	fmt.Fprintln(a.ui.Out(), sum)
}

// recordWalk writes the rows into dist, for the page about them and for those about packages with the same provider.
func (a *App) recordWalk(ctx context.Context, j job.Job, depth string, r *walk.Releases) error {
	w := readout.Walk{Provider: j.ProviderName(), ProviderSHA256: j.Provider.Digest(), Depth: depth, Distro: j.Target.Name()}
	for _, row := range r.Rows {
		release := readout.Release{Name: row.Release.Name, State: report.Pass, Why: row.Why()}
		switch {
		case row.Failed():
			release.State = report.Fail
		case row.Skipped():
			release.State = report.Skipped
		case row.Why() != "":
			release.State = report.Unsupported
		}
		if row.Patch.State == report.Pass {
			release.PrivateABI, release.DriverID = row.PrivateABI, row.DriverID
		} else if known, ok := a.pipeline.Interfaces.Of(row.Release.Version); ok {
			release.PrivateABI = known.PrivateABI
		}
		w.Releases = append(w.Releases, release)
	}
	data, err := w.JSON()
	if err != nil {
		return err
	}
	dir := filepath.Join(a.dirs.dist, readout.WalkFolder, j.ProviderName())
	if _, err := a.pipeline.Collector().Place(ctx, dir, readout.WalkFile, data); err != nil {
		return err
	}
	a.made(dir)
	return nil
}

// showChanges lists the releases in which something differs for the provider.
func (a *App) showChanges(j job.Job, changes []walk.Change) {
	rows := make([][]string, 0, len(changes))
	for _, c := range changes {
		rows = append(rows, []string{c.Release, c.Since, strings.Join(c.What, "; ")})
	}
	if len(rows) > 0 {
		a.ui.Table("what changed for "+j.Provider.Manifest.Name+" since the last release that passed",
			[]string{"release", "since", "what"}, rows)
	}
}

func releaseHeader(depth string) []string {
	header := []string{"release", "private ABI", "driver id", "patch"}
	if depth != depthEdit {
		header = append(header, "spec")
	}
	if depth == depthCompile {
		header = append(header, "compiles", "ibv_devices")
	}
	return append(header, "remark")
}

// releaseRow is one line of the table: a number that changes is marked, and the
// remark says why something failed, or who owns the number later.
func releaseRow(r *walk.Releases, i int, depth string) []string {
	row := r.Rows[i]
	abi, id, remark := "-", "-", row.Why()
	if row.Patch.State == report.Pass {
		abi = strconv.Itoa(row.PrivateABI)
		if row.Constant != "" {
			id = strconv.Itoa(row.DriverID)
		}
	}
	if before, moved := r.MovedFrom(i); moved {
		id = fmt.Sprintf("%s (was %d)", id, before)
	}
	if taken, ok := r.TakenLater(row); ok && remark == "" {
		remark = taken.String()
	}
	if len(row.NoEdits) > 0 {
		remark = strings.TrimPrefix(remark+"; no edit in "+strings.Join(row.NoEdits, ", "), "; ")
	}
	cells := []string{row.Release.Name, abi, id, string(row.Patch.State)}
	if depth != depthEdit {
		cells = append(cells, string(row.Spec.State))
	}
	if depth == depthCompile {
		cells = append(cells, string(row.Compile.State), string(row.Devices.State))
	}
	return append(cells, remark)
}

// ReleasesAPI is the releases:api target: it reads driver.h in every release of
// a clone, and writes the program's data about it and the page of the documentation.
func (a *App) ReleasesAPI(ctx context.Context) error {
	if err := a.ownOnly("releases:api"); err != nil {
		return err
	}
	source, err := a.cloneSource()
	if err != nil {
		return err
	}
	s := pipeline.NewState(job.Job{Given: source})
	if err := a.pipeline.Do(ctx, pipeline.ForReleasesAPI, s); err != nil {
		return err
	}
	history := s.Walk.History
	data, err := history.JSON()
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{driverapi.DataFile: data, driverapi.Page: []byte(history.Markdown())} {
		if err := renameio.WriteFile(filepath.Join(a.dirs.root, filepath.FromSlash(name)), content, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		fmt.Fprintf(a.ui.Out(), "%s: %d names, v%s to v%s\n", name, len(history.Items), history.Oldest, history.Newest)
	}
	return nil
}
