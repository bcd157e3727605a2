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
	"github.com/resnics/verbsmith/mage/internal/source"
)

// debMade is what the stages up to Debian's packages have returned.
type debMade struct {
	job    job.Job
	src    artifact.Source
	tree   artifact.Tree
	debian artifact.DebianSource
	tc     artifact.Toolchain
	pkgs   artifact.Packages
}

// debJob is the job for a Debian suite; all mistakes in the flags are
// reported together.
func (a *App) debJob(ctx context.Context) (job.Job, error) {
	j, err := a.job(ctx)
	suite, errSuite := a.suites.Find(value(a.flags.Suite, a.machineSuite()))
	if err := errors.Join(err, errSuite); err != nil {
		return j, err
	}
	j.Target, j.Suffix = job.Deb{Suite: suite}, value(a.flags.Suffix, "")
	return j, nil
}

// machineSuite is this machine's Debian suite if specs/ knows it, else the
// default one.
func (a *App) machineSuite() string {
	release, err := os.ReadFile("/etc/os-release")
	if err == nil {
		fields := osRelease(string(release))
		if _, err := a.suites.Find(fields["VERSION_CODENAME"]); err == nil && fields["ID"] == "debian" {
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

// debianSource runs the stages in pure Go: source, integrate, debian.
func (a *App) debianSource(ctx context.Context, j job.Job, further int) (debMade, error) {
	const stages = 3
	m := debMade{job: j}
	var err error
	a.pipeline.Plan(stages + further)
	if m.src, err = a.pipeline.Source(ctx, m.job); err != nil {
		return m, err
	}
	if err := source.NotSourcePackage(m.src, "deb"); err != nil {
		return m, err
	}
	if m.tree, err = a.pipeline.Integrate(ctx, m.job, m.src); err != nil {
		return m, err
	}
	m.debian, err = a.pipeline.DebianSource(ctx, m.job, m.tree)
	return m, err
}

// debianToolchain adds the base and the toolchain image.
func (a *App) debianToolchain(ctx context.Context, j job.Job, further int, refresh bool) (debMade, error) {
	const stages = 2
	// The later stages need an engine: fail before the long ones.
	if _, err := a.connectEngine(ctx); err != nil {
		return debMade{}, err
	}
	m, err := a.debianSource(ctx, j, stages+further)
	if err != nil {
		return m, err
	}
	base, err := a.pipeline.Base(ctx, m.job)
	if err != nil {
		return m, err
	}
	m.tc, err = a.pipeline.Toolchain(ctx, m.job, base, m.debian.Control, refresh)
	return m, err
}

// deb runs everything up to the collected packages; lintian has passed them.
func (a *App) deb(ctx context.Context, further int) (debMade, artifact.Dist, error) {
	const stages = 3 // deb, lintian, collect
	j, err := a.debJob(ctx)
	if err != nil {
		return debMade{}, artifact.Dist{}, err
	}
	m, err := a.debianToolchain(ctx, j, stages+further, false)
	if err != nil {
		return m, artifact.Dist{}, err
	}
	if m.pkgs, err = a.pipeline.Deb(ctx, m.job, m.src, m.debian, m.tc); err != nil {
		return m, artifact.Dist{}, err
	}
	said, err := a.pipeline.Lintian(ctx, m.pkgs, m.tc)
	if err != nil {
		return m, artifact.Dist{}, err
	}
	if err := a.judgeLintian(ctx, m, said); err != nil {
		return m, artifact.Dist{}, err
	}
	dist, err := a.pipeline.Collect(ctx, m.job, m.tree, m.tc, m.pkgs)
	if err != nil {
		return m, dist, err
	}
	return m, dist, a.placeLintian(ctx, dist, said)
}

// placeLintian writes lintian's output next to the packages.
func (a *App) placeLintian(ctx context.Context, dist artifact.Dist, said pack.Lintian) error {
	data, err := os.ReadFile(said.File)
	if err != nil {
		return fmt.Errorf("read lintian's output: %w", err)
	}
	_, err = a.pipeline.Place(ctx, dist.Dir, filepath.Base(said.File), data)
	return err
}

// judgeLintian fails for errors that upstream's own packages of the release do not
// have. Those are only built, and checked as well, if there are errors.
func (a *App) judgeLintian(ctx context.Context, m debMade, said pack.Lintian) error {
	found := said.Errors()
	if len(found) == 0 || m.job.Provider == nil {
		a.noteLintian(said, found)
		return nil
	}
	stock, err := a.stockLintian(ctx, m.job)
	if err != nil {
		return err
	}
	own := said.Without(stock)
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

// stockLintian builds the packages of the release without a provider and runs
// lintian on them.
func (a *App) stockLintian(ctx context.Context, j job.Job) (pack.Lintian, error) {
	const stages = 2 // deb, lintian
	j.Provider = nil
	m, err := a.debianToolchain(ctx, j, stages, false)
	if err != nil {
		return pack.Lintian{}, err
	}
	if m.pkgs, err = a.pipeline.Deb(ctx, m.job, m.src, m.debian, m.tc); err != nil {
		return pack.Lintian{}, err
	}
	return a.pipeline.Lintian(ctx, m.pkgs, m.tc)
}

// Deb is the deb target.
func (a *App) Deb(ctx context.Context) error {
	_, dist, err := a.deb(ctx, 0)
	if err != nil {
		return err
	}
	return a.endWithPackages(ctx, dist)
}

// TestDeb is the test:deb target.
func (a *App) TestDeb(ctx context.Context) error {
	if value(a.flags.Provider, "") == noProvider {
		return needsProvider()
	}
	m, dist, err := a.deb(ctx, 1)
	if err != nil {
		return err
	}
	return a.prove(ctx, m.job, m.tc, dist)
}

// suiteRows are the suites' rows in toolchain:list. A source without debian/ has
// none.
func (a *App) suiteRows(ctx context.Context, m made) ([][]string, error) {
	if _, err := os.Stat(filepath.Join(m.tree.Dir, "debian", "control")); err != nil {
		return nil, nil //nolint:nilerr // no packages, no toolchain for them
	}
	var rows [][]string
	for _, name := range a.suites.Names() {
		suite, err := a.suites.Find(name)
		if err != nil {
			return nil, err
		}
		j := m.job
		j.Target = job.Deb{Suite: suite}
		packaging, err := a.pipeline.DebianSource(ctx, j, m.tree)
		if err != nil {
			return nil, err
		}
		row, err := a.toolchainRow(ctx, j, packaging.Control)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// debianToolchainBuild is toolchain:build for a suite.
func (a *App) debianToolchainBuild(ctx context.Context) error {
	j, err := a.debJob(ctx)
	if err != nil {
		return err
	}
	m, err := a.debianToolchain(ctx, j, 0, true)
	if err != nil {
		return err
	}
	a.ui.Summary(a.ui.StageTimes())
	fmt.Fprintf(a.ui.Out(), "%s on %s: %s\n", m.job.Target.Folder(), m.tc.Base.Ref, m.tc.Ref)
	return nil
}
