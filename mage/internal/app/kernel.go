// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/bench"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/specs"
)

// What the lab measures by default.
const (
	soakOps      = 1_000_000
	measureTimes = 5
)

// TestKernel is the test:kernel target: what dnf has installed, on a real
// kernel, next to the stock provider.
func (a *App) TestKernel(ctx context.Context) error {
	if value(a.flags.Provider, "") == noProvider {
		return needsProvider()
	}
	cases, err := lab.Select(value(a.flags.Cases, lab.SelectFast))
	if err != nil {
		return err
	}
	fromTree, err := a.moduleFromTree()
	if err != nil {
		return err
	}
	debug := needsDebugModule(cases, fromTree)
	stages := 5 // lab, fixture, exercise, guest, kernel
	if debug {
		stages++
	}
	m, packages, err := a.installable(ctx, stages, fromTree)
	if err != nil {
		return err
	}
	setup, err := a.bench(ctx, m, packages, debug)
	if err != nil {
		return err
	}
	plan := kernelPlan(m, cases, fromTree)
	start := time.Now()
	outcome, err := a.pipeline.Boot(ctx, setup, plan)
	if ctx.Err() != nil || err != nil && !outcome.Answered() {
		return err
	}
	return errors.Join(err, a.showKernel(ctx, m, packages, plan, outcome, start))
}

// The values of -module.
const (
	modulePackaged = "packaged" // what dnf installed
	moduleTree     = "tree"     // compiled from the current tree, installed over that
)

func (a *App) moduleFromTree() (bool, error) {
	known := []string{modulePackaged, moduleTree}
	name := value(a.flags.Module, modulePackaged)
	if !slices.Contains(known, name) {
		return false, &specs.UnknownError{Kind: "module", Name: name, Known: known}
	}
	return name == moduleTree, nil
}

// The values of -packages.
const (
	packagesPatched = "patched" // rdma-core's packages with the provider inside
	packagesAddon   = "addon"   // the provider's own, next to unpatched ones
)

var errTreeOverAddon = errors.New("-module=tree cannot be combined with -packages=addon")

// installable returns the packages to install: those of the job, or, if only
// the provider's module is tested, those already in dist. The results
// belong to the last of them.
func (a *App) installable(ctx context.Context, further int, asTheyAre bool) (made, []artifact.Dist, error) {
	known := []string{packagesPatched, packagesAddon}
	name := value(a.flags.Packages, packagesPatched)
	switch {
	case !slices.Contains(known, name):
		return made{}, nil, &specs.UnknownError{Kind: "packages", Name: name, Known: known}
	case name == packagesAddon && asTheyAre:
		return made{}, nil, errTreeOverAddon
	case name == packagesAddon:
		b, err := a.beside(ctx, further)
		return b.made, []artifact.Dist{b.stock, b.dist}, err
	case !asTheyAre:
		m, dist, err := a.rpm(ctx, further)
		return m, []artifact.Dist{dist}, err
	}
	m, err := a.withToolchain(ctx, further, false)
	if err != nil {
		return m, nil, err
	}
	dist, err := a.pipeline.Collected(m.job, m.tc.Base, m.src.Label())
	if errors.Is(err, os.ErrNotExist) {
		err = &stage.AdviceError{Err: err, What: "run the rpm target first: the module is installed over its packages"}
	}
	return m, []artifact.Dist{dist}, err
}

// kernelWhole is every case of the lab.
func (a *App) kernelWhole(ctx context.Context) error {
	all := lab.SelectAll
	a.flags.Cases = &all
	return a.TestKernel(ctx)
}

// needsDebugModule says whether the provider's module is to be compiled from the tree:
// to be used in every case, or in one that looks into it.
func needsDebugModule(cases []lab.Case, fromTree bool) bool {
	return fromTree || slices.ContainsFunc(cases, func(c lab.Case) bool { return c.Debug })
}

func kernelPlan(m made, cases []lab.Case, fromTree bool) lab.Plan {
	manifest := m.job.Provider.Manifest
	plan := lab.Plan{
		Provider: manifest.Name, DriverID: m.tree.Result.DriverID, KernelABI: manifest.Device.KernelABI,
		PrivateABI: m.tree.Result.PrivateABI,
		Devices:    lab.Devices(manifest.Name, m.tree.Result.DriverID),
		SoakOps:    soakOps, Rounds: measureTimes, DebugModule: fromTree,
	}
	for _, c := range cases {
		plan.Cases = append(plan.Cases, c.Name)
	}
	return plan
}

// bench builds what a guest boots with. The first packages have the headers.
func (a *App) bench(ctx context.Context, m made, packages []artifact.Dist, debug bool) (bench.Setup, error) {
	var b bench.Setup
	var err error
	if b.Lab, err = a.pipeline.Lab(ctx, m.job); err != nil {
		return b, err
	}
	if b.Fixture, err = a.pipeline.Fixture(ctx, m.job, b.Lab); err != nil {
		return b, err
	}
	if b.Exercise, err = a.pipeline.Exercise(ctx, m.job, packages[0], m.tc); err != nil {
		return b, err
	}
	if debug {
		if b.Debug, err = a.pipeline.DebugModule(ctx, m.job, m.tree, m.tc); err != nil {
			return b, err
		}
	}
	b.Guest, err = a.pipeline.Guest(ctx, m.job, m.tc.Base, packages, b.Lab)
	return b, err
}

// showKernel shows every case next to the stock provider's result, what the
// suite skipped, and what failed.
func (a *App) showKernel(
	ctx context.Context, m made, packages []artifact.Dist, plan lab.Plan, outcome lab.Outcome, start time.Time,
) error {
	dist := packages[len(packages)-1]
	rows := lab.Judge(plan, outcome)
	a.ui.Summary(a.ui.StageTimes())
	a.showSuite(lab.Compare(plan, outcome))
	name := "junit-kernel.xml"
	title := m.tc.Base.Folder + " rdma-core " + packages[0].Manifest.Label() + " kernel"
	if addon := dist.Manifest.Addon; addon != nil {
		title += ", with " + addon.Package + " of " + dist.Manifest.Release
	}
	if plan.DebugModule {
		// This proves nothing about the packages, so it has a file of its own.
		name, title = "junit-kernel-tree.xml", title+", with the module of the tree"
	}
	suite := report.Suite{Name: title, Started: start}
	table := make([][]string, 0, len(rows))
	for _, r := range rows {
		suite.Results = append(suite.Results, kernelResult(r))
		table = append(table, kernelRow(r))
	}
	header := []string{"case", plan.Devices[0].Name, "stock", "result", "evidence"}
	a.ui.Table(suite.Name, header, table)
	data, err := suite.JUnit()
	if err != nil {
		return err
	}
	file, err := a.pipeline.Place(ctx, dist.Dir, name, data)
	if err != nil {
		return err
	}
	failed := len(suite.Failed())
	fmt.Fprintf(a.ui.Out(), "%d passed, %d failed\n%s\n", len(rows)-failed, failed, a.relative(file))
	if failed > 0 {
		return suite.Err()
	}
	return nil
}

// kernelResult is a case's row as a result.
func kernelResult(r lab.Row) report.Result {
	return report.Result{
		Name: r.Case.Name, Title: r.Case.Title, State: report.StateOf(r.Pass), Evidence: r.Why,
		Output: r.Why, Elapsed: time.Duration(r.Result.Millis) * time.Millisecond,
	}
}

func kernelRow(r lab.Row) []string {
	stock := "-"
	if len(r.Others) > 0 {
		stock = string(r.Others[0].State)
	}
	return []string{r.Case.Name, string(r.Result.State), stock, string(report.StateOf(r.Pass)), r.Why}
}

// showSuite lists what rdma-core's suite skipped by itself; we skip nothing.
func (a *App) showSuite(c *lab.Comparison) {
	if c.Ran == 0 {
		return
	}
	for _, line := range c.Skipped {
		fmt.Fprintln(a.ui.Out(), "skipped by the suite: "+line)
	}
	for _, line := range c.Failing {
		fmt.Fprintln(a.ui.Out(), "fails with both: "+line)
	}
	for _, line := range c.Worse {
		fmt.Fprintln(a.ui.Out(), "worse than stock: "+line)
	}
}
