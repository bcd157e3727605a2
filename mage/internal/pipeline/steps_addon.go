// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/dist"
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

// AddonChoice chooses the release to build in by the unpatched packages, unless one was asked for.
var AddonChoice = &Step{
	engine: true, of: func(s *State) bool { return s.Choose },
	run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
		s.Job, err = p.AddonPacker().For(ctx, s.Job, s.Stock.Dist.Manifest.Release)
		return err
	},
}

// Addon builds the package that contains only the provider.
var Addon = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	packer := p.AddonPacker()
	packer.Anew = s.Anew
	s.Packages, err = packer.Build(ctx, s.Job, s.Tree, s.Patch, s.Toolchain)
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
		s.Stock.Dist, err = dist.GivenStock(s.Beside, s.Job)
		return err
	},
}

// StockDistro downloads the distro's own packages, unless others are given.
var StockDistro = &Step{
	engine: true, of: func(s *State) bool { return s.Beside == "" },
	run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
		s.Stock.Dist, err = p.Prover().Distro(ctx, s.Job, s.Base)
		return err
	},
}

// Update repackages the unpatched packages with a higher release.
var Update = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Proof.Update, err = p.Prover().Update(ctx, s.Toolchain, s.Stock.Dist)
	return err
}}

// Across repackages the unpatched packages as the first release that the add-on is not for.
var Across = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) error {
	made, err := p.Prover().Across(ctx, s.Toolchain, s.Stock.Dist, s.Dist.Manifest.Addon.Below)
	s.Proof.Across = &made
	return err
}}

// ProveAddon runs the verdicts on the add-on next to unpatched packages.
var ProveAddon = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	release := s.Stock.Dist.Manifest.Release
	s.Proof.Addon, s.Proof.Stock = s.Dist, s.Stock.Dist
	if s.Proof.Others, err = p.Collector().OtherAddons(s.Job, s.Toolchain.Base, release); err != nil {
		return err
	}
	if s.Proof.Neighbours, err = p.Collector().Neighbours(s.Job, s.Toolchain.Base, release); err != nil {
		return err
	}
	s.Suite, err = p.Prover().ProveAddon(ctx, s.Job, s.Toolchain, s.Proof)
	return err
}}
