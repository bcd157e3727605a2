// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/readout"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/specs"
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
	if engine, err := a.connectEngine(ctx); err == nil && engine.Info.Arch != specs.X8664.Debian() {
		return fmt.Errorf("%w, got one on %s", errLabEngine, engine.Info.Arch)
	}
	s, recipe, err := a.installable(ctx, fromTree)
	if err != nil {
		return err
	}
	if s.Job.Cross != "" && lab.NeedDebug(cases) {
		return errCrossDebug
	}
	s.Kernel.Cases, s.Kernel.FromTree = cases, fromTree
	err = a.pipeline.Do(ctx, recipe, s)
	if ctx.Err() != nil || err != nil && !s.Kernel.Outcome.Answered() {
		return ended(ctx, err)
	}
	return errors.Join(err, a.showKernel(ctx, s))
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

var (
	errLabEngine     = errors.New("want an engine on x86_64 for the kernel lab")
	errCrossDebug    = errors.New("-cases: the case valgrind is for the engine's own processor: want others, such as fast")
	errTreeOverAddon = errors.New("-module=tree cannot be combined with -packages=addon")
	errDebAlone      = errors.New("-suite cannot be combined with -module=tree or -packages=addon: want patched packages alone")
)

// installable returns the state and the recipe for the packages to install: those of the
// job, or, if only the provider's module is tested, those already in dist.
func (a *App) installable(ctx context.Context, asTheyAre bool) (*pipeline.State, pipeline.Recipe, error) {
	known := []string{packagesPatched, packagesAddon}
	name := value(a.flags.Packages, packagesPatched)
	switch {
	case !slices.Contains(known, name):
		return nil, nil, &specs.UnknownError{Kind: "packages", Name: name, Known: known}
	case name == packagesAddon && asTheyAre:
		return nil, nil, errTreeOverAddon
	case value(a.flags.Suite, "") != "" && (asTheyAre || name == packagesAddon):
		return nil, nil, errDebAlone
	case name == packagesAddon:
		s, err := a.addonBesideStock(ctx, a.rpmAddons())
		if err == nil && s.Job.Cross != "" {
			err = stage.NoCross(s.Job.Cross, crossedWhole)
		}
		return s, pipeline.ForTestKernelAddon, err
	}
	if value(a.flags.Suite, "") != "" {
		j, err := a.debJob(ctx)
		return pipeline.NewState(j), pipeline.ForTestKernelDeb, err
	}
	j, err := a.patchedRPMJob(ctx)
	if asTheyAre {
		return pipeline.NewState(j), pipeline.ForTestKernelTree, err
	}
	return pipeline.NewState(j), pipeline.ForTestKernel, err
}

// kernelWhole is every case of the lab.
func (a *App) kernelWhole(ctx context.Context) error {
	all := lab.SelectAll
	a.flags.Cases = &all
	return a.TestKernel(ctx)
}

// showKernel shows every case next to the stock provider's result, what the
// suite skipped, and what failed.
func (a *App) showKernel(ctx context.Context, s *pipeline.State) error {
	packages, plan, outcome := s.Installed(), s.Kernel.Plan, s.Kernel.Outcome
	tested := packages[len(packages)-1]
	a.made(tested.Dir)
	rows := lab.Judge(plan, outcome)
	a.showTimes()
	a.showSuite(lab.Compare(plan, outcome))
	name := dist.Kernel
	title := s.Toolchain.Base.Folder + " rdma-core " + packages[0].Manifest.Label() + " kernel"
	if addon := tested.Manifest.Addon; addon != nil {
		title += ", with " + addon.Package + " of " + tested.Manifest.Release
	}
	if plan.DebugModule {
		// This proves nothing about the packages, so it has a file of its own.
		name, title = dist.KernelTree, title+", with the module of the tree"
	}
	suite := report.Suite{Name: title, Started: s.Kernel.Began}
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
	file, err := a.pipeline.Collector().Place(ctx, tested.Dir, name, data)
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
		Output: r.Why, Elapsed: time.Duration(r.Result.Millis) * time.Millisecond, Facts: kernelFacts(r),
	}
}

// kernelFacts are how each device did, for the page about the packages.
func kernelFacts(r lab.Row) []report.Fact {
	said := func(rec lab.Record) string { return rec.Device + " " + string(rec.State) }
	facts := []report.Fact{{Name: readout.FactDevice, Value: said(r.Result)}}
	if len(r.Others) == 0 {
		return facts
	}
	facts = append(facts, report.Fact{Name: readout.FactStock, Value: said(r.Others[0])})
	m, err := lab.Measure(r.Result.Values, r.Others[0].Values, r.Case.LessIsBetter)
	if err != nil {
		return facts // nothing was measured
	}
	ratios := make([]string, 0, len(m.Ratios))
	for _, ratio := range m.Ratios {
		ratios = append(ratios, strconv.FormatFloat(ratio, 'f', 4, 64))
	}
	return append(facts, report.Fact{Name: readout.FactRatios, Value: strings.Join(ratios, " ")})
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
