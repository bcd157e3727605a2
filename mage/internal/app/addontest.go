// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
)

// TestAddon is the test:addon target: the add-on next to unpatched packages.
func (a *App) TestAddon(ctx context.Context) error {
	s, err := a.addonBesideStock(ctx, a.rpmAddons())
	if err != nil {
		return err
	}
	err = a.pipeline.Do(ctx, pipeline.ForTestAddon, s)
	return a.showAddonVerdicts(ctx, s, err)
}

// TestDebAddon is the test:debaddon target: the add-on next to a Debian suite's own packages. Unless a release is named, it is
// the add-on for those.
func (a *App) TestDebAddon(ctx context.Context) error {
	s, err := a.addonBesideStock(ctx, a.debAddons())
	if err != nil {
		return err
	}
	s.Choose = !a.oneRelease(s.Job)
	run, err := a.pipeline.Start(ctx, pipeline.ForTestDebAddon, s)
	if err != nil {
		return err
	}
	err = a.judged(ctx, run)
	return a.showAddonVerdicts(ctx, s, err)
}

func (a *App) showAddonVerdicts(ctx context.Context, s *pipeline.State, err error) error {
	err = a.showVerdicts(ctx, s, err)
	if len(s.Suite.Results) > 0 && len(s.Proof.Others) == 0 {
		target := "rpm:addon"
		if s.Dist.Debian() {
			target = "deb:addon"
		}
		fmt.Fprintf(a.ui.Out(), "skipped: no add-on for another release in dist/ to test the refusal with (build one with %s)\n", target)
	}
	return err
}

// addonBesideStock is the state for an add-on, and for the unpatched packages of the same
// release, unless -beside names others.
func (a *App) addonBesideStock(ctx context.Context, kind addonKind) (*pipeline.State, error) {
	j, err := a.addonJob(ctx, kind)
	if err != nil {
		return nil, err
	}
	s := besideStock(j)
	s.Beside = value(a.flags.Beside, "")
	return s, nil
}

// besideStock is the state for a job and for the same release without the provider.
func besideStock(j job.Job) *pipeline.State {
	stock := j
	stock.Provider, stock.Suffix = nil, ""
	return pipeline.NewState(j).WithStock(stock)
}
