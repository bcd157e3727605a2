// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/walk"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/examine"
)

// The checks of a provider that need a release, as they are called.
const (
	checkABI     = "ABI header"
	checkRelease = "release"
	checkCompile = "compiles"
	checkDevices = "ibv_devices"
)

// FailedChecksError names the checks of a provider that failed.
type FailedChecksError struct{ Checks []string }

// Error lists them.
func (e *FailedChecksError) Error() string {
	return fmt.Sprintf("%d check%s failed: %s", len(e.Checks), plural(len(e.Checks)), strings.Join(e.Checks, ", "))
}

// ProviderCheck is the provider:check target: everything that is wrong with a
// provider's directory, all at once.
func (a *App) ProviderCheck(ctx context.Context) error {
	j, dir, depth, err := a.checkJob()
	if err != nil {
		return err
	}
	x := examine.Examine(ctx, dir)
	if x.Ended != nil {
		return x.Ended
	}
	c := &providerCheck{App: a, job: j, answers: x.Answers}
	if c.job.Provider = x.Provider; x.Provider != nil {
		a.place.set(x.Provider)
	}
	err = c.inRelease(ctx, depth)
	c.show(dir)
	var failed []string
	for _, answer := range c.answers {
		if answer.Failed() {
			failed = append(failed, answer.Check)
		}
	}
	if len(failed) > 0 {
		return errors.Join(err, &FailedChecksError{Checks: failed})
	}
	return errors.Join(err, a.pipeline.Prune(ctx))
}

// checkJob reads the flags; the provider is not loaded yet.
func (a *App) checkJob() (j job.Job, dir, depth string, err error) {
	known := []string{depthEdit, depthCompile}
	depth = value(a.flags.Depth, "")
	var errs [5]error
	j.Target, errs[0] = a.rpmTarget()
	errs[1] = a.release(&j)
	dir, errs[2] = a.chosenDir()
	j.Base, errs[3] = a.baseMode()
	if depth != "" && !slices.Contains(known, depth) {
		errs[4] = unknownDepth(depth, known)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return j, "", "", err
	}
	if dir == "" {
		return j, "", "", &stage.AdviceError{Err: errNoProvider, What: "pass its directory as -provider"}
	}
	return j, dir, depth, nil
}

// providerCheck collects the answers about one provider.
type providerCheck struct {
	*App

	job     job.Job
	answers []examine.Answer
}

func (c *providerCheck) add(answer examine.Answer) { c.answers = append(c.answers, answer) }

// skip records why checks are skipped.
func (c *providerCheck) skip(why string, checks ...string) {
	for _, name := range checks {
		c.add(examine.Answer{Check: name, Skipped: why})
	}
}

func failedAnswer(check string, err error) examine.Answer {
	a := examine.Answer{Check: check}
	for _, part := range errorParts(err) {
		a.Findings = append(a.Findings, examine.Finding{Err: part})
	}
	return a
}

// errorParts are the errors that an error joins, without what wraps them.
func errorParts(err error) []error {
	if failed, ok := err.(*stage.Error); ok { //nolint:errorlint // its own cause is what is reported
		return errorParts(failed.Err)
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, part := range many.Unwrap() {
			all = append(all, errorParts(part)...)
		}
		if errors.Join(many.Unwrap()...) == nil || errors.Join(many.Unwrap()...).Error() != err.Error() {
			return []error{err} // it says more than its causes, as the end of a container does
		}
		return all
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		if _, ok := inner.(interface{ Unwrap() []error }); ok {
			return errorParts(inner)
		}
	}
	return []error{err}
}

// inRelease puts the provider into a release. An error says that a check could
// not run, not that the provider failed it.
func (c *providerCheck) inRelease(ctx context.Context, depth string) error {
	all := []string{checkABI, checkRelease, checkCompile, examine.CheckSymbols, checkDevices}
	if c.job.Provider == nil {
		c.skip("the directory is not a valid provider", all...)
		return nil
	}
	compile, why, err := c.compiles(ctx, depth)
	if err != nil {
		c.skip("no engine", all...)
		return err
	}
	run, err := c.start(ctx, compile)
	if err != nil {
		return err
	}
	if err := run.To(ctx, pipeline.Source); err != nil {
		c.skip("no release", all...)
		return err
	}
	errTree := run.To(ctx, pipeline.Integrate)
	if _, damaged := errors.AsType[*stagecache.DamageError](errTree); damaged || ctx.Err() != nil {
		return errTree
	}
	if compile {
		if err := run.To(ctx, pipeline.StockToolchain); err != nil {
			c.skip("no toolchain", all...)
			return err
		}
	}
	if err := c.abi(ctx, run); err != nil {
		return err
	}
	if errTree != nil {
		c.add(c.untold(failedAnswer(checkRelease, errTree)))
		c.skip("it cannot be added to the release", checkCompile, examine.CheckSymbols, checkDevices)
		return nil
	}
	lacks, err := c.inTree(ctx, run.Source, run.Tree)
	if err != nil {
		return err
	}
	if lacks {
		c.skip("the release lacks what the sources use", checkCompile, examine.CheckSymbols, checkDevices)
		return nil
	}
	if !compile {
		c.skip(why, checkCompile, examine.CheckSymbols, checkDevices)
		return nil
	}
	return c.compile(ctx, run)
}

// inTree checks the release with the provider in it; lacks says that the provider's
// sources use something that the release does not have.
func (c *providerCheck) inTree(ctx context.Context, src artifact.Source, tree artifact.Tree) (lacks bool, err error) {
	t, err := provider.OpenTree(tree.Dir)
	if err != nil {
		return false, err
	}
	defer t.Close()
	errs, err := examine.Release(ctx, c.job.Provider, t, src.Version)
	if err != nil {
		return false, err
	}
	answer := examine.Answer{Check: checkRelease, Evidence: releaseEvidence(src, tree)}
	for _, e := range errs {
		answer.Findings = append(answer.Findings, examine.Finding{Err: e})
	}
	for _, w := range tree.Result.Warnings {
		answer.Findings = append(answer.Findings, examine.Finding{Err: &w, Warning: true})
	}
	c.add(answer)
	return answer.Failed(), nil
}

func releaseEvidence(src artifact.Source, tree artifact.Tree) string {
	r := tree.Result
	if r.EnumConstant == "" {
		return fmt.Sprintf("rdma-core %s, private ABI %d", src.Version, r.PrivateABI)
	}
	return fmt.Sprintf("rdma-core %s, private ABI %d, %s = %d", src.Version, r.PrivateABI, r.EnumConstant, r.DriverID)
}

// compiles says whether something is compiled, or why not. Without
// -depth it is, if an engine answers.
func (a *App) compiles(ctx context.Context, depth string) (yes bool, why string, err error) {
	if depth == depthEdit {
		return false, "-depth=" + depthEdit, nil
	}
	_, err = a.pipeline.Engine(ctx)
	if err == nil || depth == depthCompile || ctx.Err() != nil {
		return err == nil, "", err
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return false, first, nil
}

// start prepares the stages. The toolchain is that of the release's own spec, which is the
// same for all providers whose builds require nothing else.
func (c *providerCheck) start(ctx context.Context, compile bool) (*pipeline.Run, error) {
	s := pipeline.NewState(c.job)
	if !compile {
		return c.pipeline.Start(ctx, pipeline.ForProviderEdit, s)
	}
	return c.pipeline.Start(ctx, pipeline.ForProviderCompile, s.WithStock(c.job.Stock()))
}

// abi runs rdma-core's own script on the kernel headers.
func (c *providerCheck) abi(ctx context.Context, run *pipeline.Run) error {
	p := c.job.Provider
	headers := p.ABIHeaders()
	if len(headers) == 0 {
		c.add(examine.Answer{Check: checkABI, Evidence: "none"})
		return nil
	}
	switch err := run.To(ctx, pipeline.CheckABI); {
	case errors.Is(err, walk.ErrNoABIScript):
		c.skip(err.Error(), checkABI)
		return nil
	case err != nil:
		return err
	}
	answer := examine.Answer{Check: checkABI}
	structs := 0
	for _, h := range headers {
		n, findings := examine.ABI(p, h, run.Check.ABI[h.Name].Text, run.Check.ABI[h.Name].Crashed)
		structs += n
		answer.Findings = append(answer.Findings, findings...)
	}
	answer.Evidence = fmt.Sprintf("%s, read by %s of %s", count(structs, "struct"), filepath.Base(examine.ABIScript), run.Source.Version)
	c.add(answer)
	return nil
}

// compile compiles the provider, reads its module, and runs ibv_devices.
func (c *providerCheck) compile(ctx context.Context, run *pipeline.Run) error {
	p, tree := c.job.Provider, run.Tree
	err := run.To(ctx, pipeline.CompileProvider)
	if _, damaged := errors.AsType[*stagecache.DamageError](err); damaged || ctx.Err() != nil {
		return err
	}
	if err != nil {
		c.add(examine.Answer{Check: checkCompile, Findings: c.compilerFindings(err)})
		c.skip("it does not compile", examine.CheckSymbols, checkDevices)
		return nil
	}
	c.add(examine.Answer{Check: checkCompile, Evidence: "without a warning, for " + run.Stock.Toolchain.Base.Folder})
	module, err := walk.ReadModule(run.Check.Compiled)
	if err != nil {
		c.add(failedAnswer(examine.CheckSymbols, err))
	} else {
		c.add(examine.Symbols(p, module, tree.Result.PrivateABI))
	}
	err = run.To(ctx, pipeline.DiscoverProvider)
	switch _, refused := errors.AsType[*report.FailedError](err); {
	case refused:
		c.add(failedAnswer(checkDevices, err))
		return nil
	case err == nil:
		c.add(examine.Answer{Check: checkDevices, Evidence: run.Check.Discovered})
	}
	return err
}

// show prints all findings, and then the table.
func (c *providerCheck) show(dir string) {
	warnings := 0
	rows := make([][]string, 0, len(c.answers))
	for _, answer := range c.answers {
		for _, f := range answer.Findings {
			text := ui.Clean(f.Err.Error())
			if f.Warning {
				text = "warning: " + text
			}
			fmt.Fprintln(c.ui.Err(), text)
			c.annotate(f)
		}
		warnings += answer.Warnings()
		rows = append(rows, checkRow(resultOf(answer)))
	}
	c.ui.Table("provider "+c.relative(dir), checkHeader(), rows)
	failed, skipped := 0, 0
	for _, answer := range c.answers {
		switch {
		case answer.Failed():
			failed++
		case answer.Skipped != "":
			skipped++
		}
	}
	fmt.Fprintf(c.ui.Out(), "%d checks: %d passed, %d failed, %d skipped; %s\n",
		len(rows), len(rows)-failed-skipped, failed, skipped, count(warnings, "warning"))
}

func count(n int, what string) string { return fmt.Sprintf("%d %s%s", n, what, plural(n)) }

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// resultOf is the answer to a check of a provider as a result.
func resultOf(a examine.Answer) report.Result {
	r := report.Result{Name: a.Check, State: report.Pass, Evidence: a.Evidence}
	if a.Skipped != "" {
		r.State, r.Evidence = report.NotTried, a.Skipped
	}
	if a.Failed() {
		r.State = report.Fail
	}
	if failed := len(a.Findings) - a.Warnings(); failed > 0 {
		r.Evidence = count(failed, "error")
	}
	return r
}

// annotate puts a finding at its place, on GitHub.
func (c *providerCheck) annotate(f examine.Finding) {
	a, _ := placeOf(f.Err)
	a.Level, a.Title, a.Message = ui.LevelError, "provider:check", f.Err.Error()
	if f.Warning {
		a.Level = ui.LevelWarning
	}
	c.ui.Annotate(a)
}
