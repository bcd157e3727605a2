// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"

	"github.com/resnics/verbsmith/mage/internal/pipeline"
)

// TestAddon is the test:addon target: the add-on next to unpatched packages.
func (a *App) TestAddon(ctx context.Context) error {
	s, err := a.addonBesideStock(ctx)
	if err != nil {
		return err
	}
	err = a.pipeline.Do(ctx, pipeline.ForTestAddon, s)
	err = a.showVerdicts(ctx, s, err)
	if len(s.Suite.Results) > 0 && len(s.Proof.Others) == 0 {
		fmt.Fprintln(a.ui.Out(), "skipped: no add-on for another release in dist/ to test the refusal with (build one with rpm:addon)")
	}
	return err
}

// addonBesideStock is the state for an add-on, and for the unpatched packages of the same
// release, unless -beside names others.
func (a *App) addonBesideStock(ctx context.Context) (*pipeline.State, error) {
	j, err := a.addonJob(ctx)
	if err != nil {
		return nil, err
	}
	stock := j
	stock.Provider, stock.Suffix = nil, ""
	s := pipeline.NewState(j).WithStock(stock)
	s.Beside = value(a.flags.Beside, "")
	return s, nil
}
