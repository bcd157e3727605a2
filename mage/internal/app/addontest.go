// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/prove"
)

// beside is an add-on with the unpatched packages that it is installed next to.
type beside struct {
	addonMade
	stock artifact.Dist
}

// TestAddon is the test:addon target: the add-on next to unpatched packages.
func (a *App) TestAddon(ctx context.Context) error {
	b, err := a.beside(ctx, 2) //nolint:mnd // update, prove
	if err != nil {
		return err
	}
	proof := prove.AddonProof{Addon: b.dist, Stock: b.stock}
	if proof.Update, err = a.pipeline.Update(ctx, b.tc, b.stock); err != nil {
		return err
	}
	if proof.Others, err = a.pipeline.OtherAddons(b.job, b.tc.Base, b.stock.Manifest.Release); err != nil {
		return err
	}
	suite, err := a.pipeline.ProveAddon(ctx, b.job, b.tc, proof)
	if len(suite.Results) > 0 {
		err = errors.Join(err, a.showReport(ctx, suite, b.dist))
		if len(proof.Others) == 0 {
			fmt.Fprintln(a.ui.Out(), "skipped: no add-on for another release in dist/ to test the refusal with (build one with rpm:addon)")
		}
	}
	return err
}

// beside makes the add-on of the job, and the unpatched packages of the same
// release, unless -beside names others.
func (a *App) beside(ctx context.Context, further int) (beside, error) {
	var b beside
	job, err := a.addonJob(ctx)
	if err != nil {
		return b, err
	}
	stockJob := job
	stockJob.Provider, stockJob.Suffix = nil, ""
	given := value(a.flags.Beside, "")
	if given == "" {
		further += editStages(stockJob) + toolchainStages + rpmStages
	}
	a.pipeline.Plan(toolchainStages + addonStages + further)
	if b.addonMade, err = a.addon(ctx, job, a.addonTools(job)); err != nil {
		return b, err
	}
	if given != "" {
		b.stock, err = dist.GivenStock(given)
		return b, err
	}
	m, err := a.toolchainJob(ctx, stockJob, false)
	if err != nil {
		return b, err
	}
	_, b.stock, err = a.packaged(ctx, m)
	return b, err
}
