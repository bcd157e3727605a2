// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/prove"
)

// AddonPlan chooses a release for each interface.
var AddonPlan = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Choices, err = p.AddonPacker().Plan(ctx, s.Job)
	return err
}}

// AddonTools is the spec with the BuildRequires of the toolchain that all add-ons share.
var AddonTools = &Step{lines: none, shared: true, of: withoutTools, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Spec, err = p.AddonPacker().Tools(ctx, s.Job)
	return err
}}

// Addon builds the package that contains only the provider.
var Addon = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Packages, err = p.AddonPacker().Build(ctx, s.Job, s.Tree, s.Patch, s.Toolchain)
	return err
}}

// The steps for the unpatched packages that an add-on is installed next to, and for the
// toolchain of a release's own spec.
var (
	StockSource    = ofStock(Source)
	StockIntegrate = ofStock(integrate)
	StockSpec      = ofStock(Spec)
	StockBase      = ofStock(Base)
	StockToolchain = ofStock(Toolchain)
	StockRPM       = ofStock(RPM)
	StockCollect   = ofStock(Collect)
)

// ShareSource copies the source to the state without the provider.
var ShareSource = &Step{lines: none, run: func(_ context.Context, _ *Pipeline, s *State) error {
	s.Stock.Source = s.Source
	return nil
}}

// ofStock is a step on the state without the provider, unless its packages are given.
func ofStock(step *Step) *Step {
	return &Step{
		engine: step.engine,
		of:     func(s *State) bool { return s.Beside == "" && (step.of == nil || step.of(s.Stock)) },
		run:    func(ctx context.Context, p *Pipeline, s *State) error { return step.run(ctx, p, s.Stock) },
	}
}

// StockGiven reads the unpatched packages that are given.
var StockGiven = &Step{
	lines: none, of: func(s *State) bool { return s.Beside != "" },
	run: func(_ context.Context, _ *Pipeline, s *State) (err error) {
		s.Stock.Dist, err = dist.GivenStock(s.Beside)
		return err
	},
}

// Update repackages the unpatched packages with a higher release.
var Update = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Proof.Update, err = p.Prover().Update(ctx, s.Toolchain, s.Stock.Dist)
	return err
}}

// ProveAddon runs the verdicts on the add-on next to unpatched packages.
var ProveAddon = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	others, err := p.Collector().OtherAddons(s.Job, s.Toolchain.Base, s.Stock.Dist.Manifest.Release)
	if err != nil {
		return err
	}
	s.Proof = prove.AddonProof{Addon: s.Dist, Stock: s.Stock.Dist, Update: s.Proof.Update, Others: others}
	s.Suite, err = p.Prover().ProveAddon(ctx, s.Job, s.Toolchain, s.Proof)
	return err
}}
