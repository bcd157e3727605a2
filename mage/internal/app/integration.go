// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
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
	m, dist, err := a.rpm(ctx, 1)
	if err != nil {
		return err
	}
	return a.prove(ctx, m.job, m.tc, dist)
}

// prove gives the verdicts about installed packages and shows them.
func (a *App) prove(ctx context.Context, j job.Job, tc artifact.Toolchain, dist artifact.Dist) error {
	suite, err := a.pipeline.Prove(ctx, j, tc, dist)
	if len(suite.Results) > 0 {
		err = errors.Join(err, a.showReport(ctx, suite, dist))
	}
	return err
}

func (a *App) showReport(ctx context.Context, suite report.Suite, dist artifact.Dist) error {
	a.ui.Summary(a.ui.StageTimes())
	a.ui.Table(suite.Name, []string{"verdict", "result", "evidence"}, suite.Rows())
	data, err := suite.JUnit()
	if err != nil {
		return err
	}
	file, err := a.pipeline.Place(ctx, dist.Dir, "junit.xml", data)
	if err != nil {
		return err
	}
	failed := len(suite.Failed())
	fmt.Fprintf(a.ui.Out(), "%d passed, %d failed\n", len(suite.Results)-failed, failed)
	fmt.Fprintln(a.ui.Out(), a.relative(file))
	return nil
}
