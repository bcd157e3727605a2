// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"time"

	"github.com/resnics/verbsmith/mage/internal/bench"
)

// Lab is the image that boots guests.
var Lab = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Kernel.Setup.Lab, err = p.Images().Lab(ctx, s.Job)
	return err
}}

// Fixture compiles the provider's kernel modules.
var Fixture = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Kernel.Setup.Fixture, err = p.Bench().Fixture(ctx, s.Job, s.Kernel.Setup.Lab)
	return err
}}

// Exercise compiles the program that exercises verbs, with the packages' headers.
var Exercise = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Kernel.Setup.Exercise, err = p.Bench().Exercise(ctx, s.Job, s.Installed()[0], s.Toolchain)
	return err
}}

// DebugModule compiles the provider without optimisation, if a case needs it.
var DebugModule = &Step{
	engine: true, of: func(s *State) bool { return s.Kernel.debug() },
	run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
		s.Kernel.Setup.Debug, err = p.Bench().DebugModule(ctx, s.Job, s.Tree, s.Toolchain)
		return err
	},
}

// Guest installs the packages and writes the result to a disk.
var Guest = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Kernel.Setup.Guest, err = p.Bench().Guest(ctx, s.Job, s.Toolchain.Base, s.Installed(), s.Kernel.Setup.Lab)
	return err
}}

// Boot boots the guest, which runs the cases.
var Boot = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	defer s.Kernel.Setup.Guest.Release()
	s.Kernel.Plan = bench.PlanOf(s.Job, s.Tree, s.Kernel.Cases, s.Kernel.FromTree)
	s.Kernel.Began = time.Now()
	s.Kernel.Outcome, err = p.Bench().Boot(ctx, s.Kernel.Setup, s.Kernel.Plan)
	return err
}}
