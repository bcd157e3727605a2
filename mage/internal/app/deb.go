// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pack"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
)

// debJob is the job for a Debian suite; all mistakes in the flags are
// reported together.
func (a *App) debJob(ctx context.Context) (job.Job, error) {
	j, err := a.job(ctx)
	suite, errSuite := a.suites.Find(value(a.flags.Suite, a.machineSuite()))
	if err = errors.Join(err, errSuite); err == nil {
		j.Cross, err = a.crossProcessor(ctx)
	}
	if err != nil {
		return j, err
	}
	j.Target, j.Suffix = job.Deb{Suite: suite}, value(a.flags.Suffix, "")
	if j.Suffix != "" && j.Provider == nil {
		const want = "want a provider, without one the packages have their own version"
		return j, fmt.Errorf("-suffix=%s with -provider=%s: %s", j.Suffix, noProvider, want) //nolint:err113 // shown once
	}
	return j, nil
}

// machineSuite is this machine's Debian suite if specs/ knows it, else the
// default one.
func (a *App) machineSuite() string {
	release, err := os.ReadFile("/etc/os-release")
	if err == nil {
		fields := osRelease(string(release))
		if suite, err := a.suites.Find(fields["VERSION_CODENAME"]); err == nil && fields["ID"] == suite.ID() {
			return fields["VERSION_CODENAME"]
		}
	}
	return a.suites.Default().Name
}

// osRelease reads os-release(5) as far as its values are one word.
func osRelease(text string) map[string]string {
	fields := map[string]string{}
	for sc := bufio.NewScanner(strings.NewReader(text)); sc.Scan(); {
		if name, val, ok := strings.Cut(sc.Text(), "="); ok {
			fields[name] = strings.Trim(val, `"'`)
		}
	}
	return fields
}

// Deb is the deb target.
func (a *App) Deb(ctx context.Context) error {
	s, err := a.doDeb(ctx, pipeline.ForDeb)
	if err != nil {
		return err
	}
	return a.endWithPackages(ctx, s.Dist)
}

// TestDeb is the test:deb target.
func (a *App) TestDeb(ctx context.Context) error {
	if value(a.flags.Provider, "") == noProvider {
		return needsProvider()
	}
	s, err := a.doDeb(ctx, pipeline.ForTestDeb)
	return a.showVerdicts(ctx, s, err)
}

// doDeb does a recipe for Debian's packages, which are judged when lintian has read them.
func (a *App) doDeb(ctx context.Context, recipe pipeline.Recipe) (*pipeline.State, error) {
	j, err := a.debJob(ctx)
	if err != nil {
		return nil, err
	}
	run, err := a.pipeline.Start(ctx, recipe, pipeline.NewState(j))
	if err != nil {
		return nil, err
	}
	return run.State, a.judged(ctx, run)
}

// judged does a run to its end. Lintian judges the packages before they are collected.
func (a *App) judged(ctx context.Context, run *pipeline.Run) error {
	for _, part := range []func() error{
		func() error { return run.To(ctx, pipeline.Lintian) },
		func() error { return a.judgeLintian(ctx, run) },
		func() error { return run.To(ctx, pipeline.Collect) },
		func() error { return a.placeLintian(ctx, run.Dist, run.Lintian) },
		func() error { return run.ToEnd(ctx) },
	} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// placeLintian writes lintian's output next to the packages.
func (a *App) placeLintian(ctx context.Context, dist artifact.Dist, said pack.Lintian) error {
	data, err := os.ReadFile(said.File)
	if err != nil {
		return fmt.Errorf("read lintian's output: %w", err)
	}
	_, err = a.pipeline.Collector().Place(ctx, dist.Dir, filepath.Base(said.File), data)
	return err
}

// judgeLintian fails for errors that upstream's own packages of the release do not
// have. Those are only built, and checked as well, if there are errors. An add-on has no such package to be compared with.
func (a *App) judgeLintian(ctx context.Context, run *pipeline.Run) error {
	said := run.Lintian
	found := said.Errors()
	if len(found) == 0 || run.Job.Provider == nil {
		a.noteLintian(said, found)
		return nil
	}
	stock := pipeline.NewState(run.Job)
	stock.Job.Provider = nil
	if run.Packages.Addon == nil {
		if err := run.Aside(ctx, pipeline.ForDebStock, stock); err != nil {
			return err
		}
	}
	own := said.Without(stock.Lintian)
	errs := pack.Lintian{Hints: own}.Errors()
	if len(errs) > 0 {
		return &pack.LintianError{Errors: errs, Output: said.File}
	}
	a.noteLintian(said, found)
	return nil
}

// noteLintian prints what lintian has found, none of which is ours.
func (a *App) noteLintian(said pack.Lintian, errs []pack.Hint) {
	out := a.ui.Out()
	fmt.Fprintf(out, "lintian: %s, %s in all\n", count(len(errs), "error"), count(len(said.Hints), "hint"))
	for _, h := range errs {
		fmt.Fprintln(out, "also in upstream's own packages: "+h.String())
	}
}
