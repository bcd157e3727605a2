// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/artifact"
)

// Releases lists the releases of a clone.
var Releases = &Step{run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Walk.Releases, err = p.Walker().ListReleases(ctx, s.Job.Given, s.Walk.Selection)
	return err
}}

// CheckEdits puts the provider into each release.
var CheckEdits = &Step{run: func(ctx context.Context, p *Pipeline, s *State) error {
	return p.Walker().CheckEdits(ctx, s.Job, s.Walk.Releases)
}}

// ReleasesTools is the spec with the BuildRequires of a walk's toolchain.
var ReleasesTools = &Step{run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Spec, err = p.Walker().ToolchainSpec(ctx, s.Job, s.Walk.Releases)
	return err
}}

// CheckSpecs has rpmspec parse each release's spec.
var CheckSpecs = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) error {
	return p.Walker().CheckSpecs(ctx, s.Job, s.Toolchain, s.Walk.Distros, s.Walk.Releases)
}}

// CheckBuilds compiles each release and checks that its ibv_devices lists the device.
var CheckBuilds = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) error {
	return p.Walker().CheckBuilds(ctx, s.Job, s.Toolchain, s.Walk.Releases)
}}

// Changes says what differs for the provider from release to release.
var Changes = &Step{run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Walk.Changes, err = p.Walker().Changes(ctx, s.Job, s.Walk.Releases)
	return err
}}

// DriverHistory reads driver.h in every release.
var DriverHistory = &Step{run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Walk.History, err = p.Walker().DriverHistory(ctx, s.Job.Given)
	return err
}}

// Transplants adds upstream's providers to releases without them.
var Transplants = &Step{
	lines: func(s *State) int { return len(s.Walk.Transplants) },
	run: func(ctx context.Context, p *Pipeline, s *State) error {
		if s.Stock != nil {
			s.Walk.Setup.Compile = &s.Stock.Toolchain
		}
		for _, one := range s.Walk.Transplants {
			row, err := p.Walker().Transplant(ctx, s.Job, s.Walk.Setup, one)
			if err != nil {
				return err
			}
			s.Walk.Rows = append(s.Walk.Rows, row)
		}
		return nil
	},
}

// Strangers tries strangers' providers in each release that was listed.
var Strangers = &Step{
	lines: func(s *State) int {
		lines := len(s.Walk.Strangers) // the comparisons
		for _, row := range s.Walk.Strangers {
			switch {
			case row.Provider == nil:
			case s.Walk.StrangersCompile:
				lines += 2 // the edits, and the builds
			default:
				lines++
			}
		}
		return lines
	},
	run: func(ctx context.Context, p *Pipeline, s *State) error {
		if s.Walk.StrangersCompile {
			s.Walk.StrangerSetup.Compile = &s.Toolchain
		}
		for _, row := range s.Walk.Strangers {
			if err := p.Walker().Stranger(ctx, s.Job, s.Walk.StrangerSetup, s.Walk.Releases, row); err != nil {
				return err
			}
		}
		return nil
	},
}

// CheckABI has rdma-core's own script read the provider's kernel headers.
var CheckABI = &Step{
	of: func(s *State) bool { return len(s.Job.Provider.ABIHeaders()) > 0 },
	run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
		var tc *artifact.Toolchain
		if s.Stock != nil {
			tc = &s.Stock.Toolchain
		}
		s.Check.ABI, err = p.Walker().ABIStructs(ctx, s.Job, s.Source, tc)
		return err
	},
}

// CompileProvider compiles the tree; a warning in the provider's own files is an error.
var CompileProvider = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Check.Compiled, err = p.Walker().CompileProvider(ctx, s.Job, s.Tree, s.Stock.Toolchain)
	return err
}}

// DiscoverProvider checks that ibv_devices of that build lists the device.
var DiscoverProvider = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Check.Discovered, err = p.Walker().DiscoverProvider(ctx, s.Check.Compiled)
	return err
}}
