// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/record"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/specs"
)

// RebuildFlags are the flags of the rebuild target that no other has.
type RebuildFlags struct{ From, Packages *string }

var errNoRecord = errors.New("-from= is missing: want the .buildinfo next to packages in dist/")

// Rebuild is the rebuild target: it makes the packages of a record anew, without caches, and compares them with it.
func (a *App) Rebuild(ctx context.Context, f RebuildFlags) error {
	file := value(f.From, "")
	if file == "" {
		return errNoRecord
	}
	if err := notEmpty("packages", f.Packages, "a directory with packages"); err != nil {
		return err
	}
	rec, err := record.Read(absolute(file))
	if wrong, ok := errors.AsType[*record.FileError](err); ok {
		wrong.File = file
	}
	if err != nil {
		return err
	}
	if dir := value(f.Packages, ""); dir != "" {
		if err := record.Given(rec, absolute(dir)); err != nil {
			return fmt.Errorf("-packages=%s: %w", dir, err)
		}
	}
	j, err := a.recordedJob(ctx, rec)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "verbsmith-rebuild-")
	if err != nil {
		return fmt.Errorf("create a directory for the rebuilt packages: %w", err)
	}
	defer os.RemoveAll(dir)
	s := pipeline.NewState(j)
	s.Record, s.Anew.Dir = rec, dir
	if err := a.pipeline.Do(ctx, remake(rec.Kind), s); err != nil {
		return adviseOnRecord(err, rec)
	}
	a.showTimes()
	out := a.ui.Out()
	if s.Remade.Input != nil {
		fmt.Fprintln(out, "an input differs, and the packages do not: "+s.Remade.Input.Error())
	}
	fmt.Fprintf(out, "%s of %s, built anew: the same bytes as in the record\n", count(s.Remade.Same, "package"), label(rec))
	_, err = a.pipeline.Collector().PlaceReproduced(ctx, absolute(file), "rebuild")
	return err
}

// label names what a record is about.
func label(rec artifact.Record) string {
	name := "rdma-core " + rec.Release
	if rec.Provider != nil {
		name += " with " + rec.Provider.Name
	}
	return name + " for " + rec.Distro + rec.Suite
}

func remake(kind artifact.Kind) pipeline.Recipe {
	switch kind {
	case artifact.RPMAddon, artifact.DebAddon:
		return pipeline.ForRemakeAddon
	case artifact.Debs:
		return pipeline.ForRemakeDeb
	case artifact.RPMs:
	}
	return pipeline.ForRemakeRPM
}

// adviseOnRecord says what to give if the source or the provider is not the recorded one.
func adviseOnRecord(err error, rec artifact.Record) error {
	input, ok := errors.AsType[*record.InputError](err)
	if !ok {
		return err
	}
	if input.Of(record.OfSource) {
		return &stage.AdviceError{Err: err, What: fmt.Sprintf("give %s with -source", recordedSource(rec))}
	}
	if input.Of(record.OfProvider) {
		return &stage.AdviceError{Err: err, What: "give the recorded state of the provider's directory with -provider"}
	}
	return err
}

func recordedSource(rec artifact.Record) string {
	if rec.Source.Commit != "" && rec.Source.Tag == "" {
		return "a git clone as PATH@" + rec.Source.Commit
	}
	return "the recorded " + rec.Source.Name
}

// recordedJob is the job of a record. Source, provider and base may be given: they are where they are on this machine.
func (a *App) recordedJob(ctx context.Context, rec artifact.Record) (job.Job, error) {
	if a.flags.RDMA = &rec.Release; a.flags.Source != nil {
		a.flags.RDMA = nil // it says so itself
	}
	if a.flags.Base == nil && rec.Standin {
		a.flags.Base = new(string(job.BaseStandin))
	}
	if rec.Suffix != "" {
		a.flags.Suffix = &rec.Suffix
	}
	a.flags.Arch = new(cmp.Or(rec.Processor, string(specs.X8664)))
	switch {
	case rec.Provider == nil:
		a.flags.Provider = new(noProvider)
	case a.flags.Provider == nil && !a.isDefault(ctx, rec.Provider.Name):
		a.flags.Provider = &rec.Provider.Name
	}
	if rec.Kind.Debian() {
		a.flags.Suite = &rec.Suite
		return a.debJob(ctx)
	}
	a.flags.Distro = &rec.Distro
	if rec.Kind == artifact.RPMs {
		return a.patchedRPMJob(ctx)
	}
	return a.rpmJob(ctx)
}

// isDefault says whether the provider that is meant without -provider has that name.
func (a *App) isDefault(ctx context.Context, name string) bool {
	p, err := a.chosenProvider(ctx)
	return err == nil && p != nil && p.Manifest.Name == name
}
