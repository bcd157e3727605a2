// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/specs"
)

// TestJudges is the test:judges target: programs of others look at the packages next to upstream's own of the same release.
func (a *App) TestJudges(ctx context.Context, kind *string) error {
	if err := notEmpty("kind", kind, "rpm or deb"); err != nil {
		return err
	}
	kinds := []string{string(artifact.RPMs), string(artifact.Debs)}
	var s *pipeline.State
	var err error
	switch value(kind, kinds[0]) {
	case string(artifact.RPMs):
		s, err = a.judgeRPMs(ctx)
	case string(artifact.Debs):
		s, err = a.judgeDebs(ctx)
	default:
		return &specs.UnknownError{Kind: "kind of packages", Name: *kind, Known: kinds}
	}
	if s == nil || len(s.Suite.Results) == 0 {
		return err
	}
	return errors.Join(err, a.showReport(ctx, s.Suite, s.Dist, dist.Judges))
}

func (a *App) judgeRPMs(ctx context.Context) (*pipeline.State, error) {
	j, err := a.rpmJob(ctx)
	if err == nil && j.Provider == nil {
		err = needsProvider()
	}
	if err != nil {
		return nil, err
	}
	s := besideStock(j)
	return s, a.pipeline.Do(ctx, pipeline.ForTestJudges, s)
}

func (a *App) judgeDebs(ctx context.Context) (*pipeline.State, error) {
	j, err := a.debJob(ctx)
	if err == nil && j.Provider == nil {
		err = needsProvider()
	}
	if err != nil {
		return nil, err
	}
	run, err := a.pipeline.Start(ctx, pipeline.ForTestJudgesDeb, besideStock(j))
	if err != nil {
		return nil, err
	}
	return run.State, a.judged(ctx, run)
}
