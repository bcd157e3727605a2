// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// CheckBuilds compiles each release with the provider, without warnings in the provider's own
// files, and checks that ibv_devices of that build lists the device. At least two run at a
// time: much of a row is copying and configuring, which leave cores idle.
func (w *Walker) CheckBuilds(ctx context.Context, j job.Job, tc artifact.Toolchain, r *Releases) error {
	return w.eachRow(ctx, "compile", max(2, runtime.NumCPU()/2), r, func(ctx context.Context, s *ui.Stage, row *Row) (bool, error) {
		if !row.edited() {
			row.Compile, row.Devices = report.Result{State: report.NotTried}, report.Result{State: report.NotTried}
			return true, nil
		}
		entry, err := w.MakePart(ctx, s, makeStage, buildInput{
			Row: newRowInput(j, row.Release), Compiler: w.Compiler(j, tc, row.Release.Time, stage.ForTrial), Patch: row.edit.patch,
			Walker: w, Clone: r.clone.Path(),
		})
		row.Compile, row.Devices = row.answer(err), report.Result{State: report.NotTried}
		switch _, undiscovered := errors.AsType[*report.FailedError](err); {
		case undiscovered:
			row.Compile, row.Devices = report.Result{State: report.Pass}, row.answer(err)
		case err == nil:
			row.Devices = report.Result{State: report.Pass}
		}
		return entry.Hit, err
	})
}

// buildInput is the input of a release's compilation.
type buildInput struct {
	Row      rowInput
	Compiler stage.Compiler
	Patch    artifact.Patch // of the row's edit

	Walker *Walker `key:"-"`
	Clone  string  `key:"-"` // path of the clone, which has the commit
}

// Make implements stage.Input. Nothing of it is kept.
func (in buildInput) Make(ctx context.Context, _ *stage.Work) error {
	return in.Walker.inScratch(in.Row.Release.Name, func(q *Walker) error { return q.buildRelease(ctx, in) })
}

// buildRelease starts from the full source, as the rpm target does, and compares the patch with
// the one from the sparse tree.
func (w *Walker) buildRelease(ctx context.Context, in buildInput) error {
	j := in.Row.job()
	// The version without the release: published sums do not apply to master, which
	// may have the number of a future release.
	j.Given, j.Version = in.Clone+"@"+in.Row.Release.Commit, in.Row.Version
	src, err := w.Source(ctx, j)
	if err != nil {
		return err
	}
	tree, err := w.Integrate(ctx, j, src)
	if err != nil {
		return err
	}
	patch, err := w.Patch(ctx, j, tree)
	if err != nil {
		return err
	}
	if err := sameFiles(patch.File, in.Patch.File); err != nil {
		return err
	}
	build, err := w.compile(ctx, in.Compiler, tree, j.Provider.Manifest)
	if err != nil {
		return err
	}
	_, err = w.discover(ctx, build, "listed")
	return err
}

// errPatchesDiffer is a bug: an edit reads a file that it does not declare.
var errPatchesDiffer = errors.New("internal error: the patch from the full tree differs from the patch from the sparse tree")

func sameFiles(a, b string) error {
	left, errA := stagecache.ReadFile(a)
	right, errB := stagecache.ReadFile(b)
	if err := errors.Join(errA, errB); err != nil {
		return fmt.Errorf("compare the patches: %w", err)
	}
	if !bytes.Equal(left, right) {
		return errPatchesDiffer
	}
	return nil
}
