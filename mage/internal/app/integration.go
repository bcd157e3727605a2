// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

var errNoProvider = errors.New("this target needs a provider (-provider=none was given)")

// needsProvider rejects -provider=none for targets that need a provider.
func needsProvider() error {
	return &stage.AdviceError{Err: errNoProvider, What: "select one with -provider"}
}

// TestIntegration is the test:integration target.
func (a *App) TestIntegration(ctx context.Context) error {
	if value(a.flags.Provider, "") == noProvider {
		return needsProvider()
	}
	s, err := a.doRPM(ctx, pipeline.ForTestIntegration)
	return a.showVerdicts(ctx, s, err)
}

// showVerdicts shows the verdicts of a run, which may have failed.
func (a *App) showVerdicts(ctx context.Context, s *pipeline.State, err error) error {
	if s == nil || len(s.Suite.Results) == 0 {
		return err
	}
	return errors.Join(err, a.showReport(ctx, s.Suite, s.Dist, dist.Verdicts))
}

// showReport shows results, and puts them next to the packages in a file of that name.
func (a *App) showReport(ctx context.Context, suite report.Suite, out artifact.Dist, name string) error {
	a.made(out.Dir)
	a.showTimes()
	a.ui.Table(suite.Name, []string{"verdict", "result", "evidence"}, suite.Rows())
	if suite.Diagnosis != "" {
		a.ui.List("diagnose says of it:", []ui.Field{{Text: suite.Diagnosis}})
	}
	data, err := suite.JUnit()
	if err != nil {
		return err
	}
	file, err := a.pipeline.Collector().Place(ctx, out.Dir, name, data)
	if err != nil {
		return err
	}
	failed := len(suite.Failed())
	fmt.Fprintf(a.ui.Out(), "%d passed, %d failed\n", len(suite.Results)-failed, failed)
	fmt.Fprintln(a.ui.Out(), a.relative(file))
	return nil
}

// TestRebuild is the test:rebuild target: it rebuilds the source package of the job alone, in a clean toolchain
// container without caches, and compares the resulting file lists with those in dist.
func (a *App) TestRebuild(ctx context.Context) error {
	j, err := a.rpmJob(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "verbsmith-rebuild-")
	if err != nil {
		return fmt.Errorf("create a directory for the rebuilt packages: %w", err)
	}
	defer os.RemoveAll(dir)
	s := pipeline.NewState(j)
	s.Scratch = dir
	if err := a.pipeline.Do(ctx, pipeline.ForRebuild, s); err != nil {
		return err
	}
	a.showTimes()
	if err := dist.SameFiles(s.Dist, s.Rebuilt); err != nil {
		return err
	}
	fmt.Fprintf(a.ui.Out(), "%d packages rebuilt from the source package alone contain the same files\n", len(s.Rebuilt.Manifest.Files))
	return nil
}
