// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/kit"
	"github.com/resnics/verbsmith/mage/internal/record"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// described is the record of the packages that a run has made.
func (p *Pipeline) described(s *State) dist.Describe {
	return func(ctx context.Context, line *ui.Stage) (artifact.Record, error) {
		return p.Recorder().Describe(ctx, line, s.toRecord())
	}
}

// locked returns an error if a toolchain is not what the repository has locked.
func (p *Pipeline) locked(ctx context.Context, line *ui.Stage, j job.Job, tc artifact.Toolchain) error {
	text, ok := p.Kit.Lock(tc.Base.Folder)
	if !ok || p.Unlocked {
		return nil
	}
	file := kit.LockFile(tc.Base.Folder)
	lock, err := record.ReadLock(file, text)
	if err != nil {
		return err
	}
	root, err := p.Recorder().BuildRoot(ctx, line, tc, record.KindOf(j, false))
	if err != nil {
		return err
	}
	if changes := lock.Changes(root); len(changes) > 0 {
		return &stage.AdviceError{
			Err: &record.DriftError{File: file, Changes: changes},
			What: "if they are wanted, `go tool mage toolchain:lock` takes and lists them, with the flags of this run; " +
				"else build on the image that was locked",
		}
	}
	line.Note("as locked")
	return nil
}

// ReadBuildRoot lists what the toolchain has installed.
var ReadBuildRoot = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) error {
	line := p.Begin("buildroot")
	root, err := p.Recorder().BuildRoot(ctx, line, s.Toolchain, record.KindOf(s.Job, false))
	s.BuildRoot = root
	return p.EndLook("buildroot", line, err)
}}

// toRecord is what is known of a build so far.
func (s *State) toRecord() record.Build {
	return record.Build{
		Job: s.Job, Kind: record.KindOf(s.Job, s.Packages.Addon != nil || s.Record.Kind.Addon()),
		Source: s.Source, Toolchain: s.Toolchain, Packages: s.Packages,
	}
}

// SameSource compares source and provider with the record of a build, before anything is edited.
var SameSource = &Step{lines: none, run: func(_ context.Context, _ *Pipeline, s *State) error {
	return record.SameSource(s.Record, record.Known(s.toRecord()))
}}

// Remake makes the packages of a record anew: without the cache of packages, without common objects.
var Remake = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) error {
	step := RPM
	switch s.Record.Kind {
	case artifact.RPMAddon, artifact.DebAddon:
		step = Addon
	case artifact.Debs:
		step = Deb
	case artifact.RPMs:
	}
	return step.run(ctx, p, s)
}}

// VaryLibrary compiles what the variations of a build need.
var VaryLibrary = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Library, err = p.Reproducer().Library(ctx, s.Toolchain)
	return err
}}

// SameOutputs compares what was made with the record: if it differs, the first input that does says why.
var SameOutputs = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Remade, err = p.Recorder().Compare(ctx, s.Record, s.toRecord())
	return err
}}
