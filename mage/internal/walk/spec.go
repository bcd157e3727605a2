// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"strconv"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const releaseSpecScript = "release-spec.sh"

// CheckSpecs parses the edited spec of each release with rpmspec, once for each EL release: its
// conditionals, with the toolchain's own macros for everything else.
func (w *Walker) CheckSpecs(ctx context.Context, j job.Job, tc artifact.Toolchain, els []int, r *Releases) error {
	return w.eachRow(ctx, "rpmspec", 1, r, func(ctx context.Context, _ *ui.Stage, row *Row) (bool, error) {
		if !row.edited() {
			row.Spec = report.Result{State: report.NotTried}
			return true, nil
		}
		hit, err := w.specRow(ctx, row.Release.Name, parseInput{
			Compiler: stage.Compiler{Image: tc.ID, Epoch: row.Release.Time}, Provider: j.ProviderName(), ELs: els, Files: row.specFiles(),
		})
		row.Spec = row.answer(err)
		return hit, err
	})
}

// specRow runs the stage with a separate log for the row.
func (w *Walker) specRow(ctx context.Context, name string, in parseInput) (bool, error) {
	q := w.Quiet(name)
	defer q.UI.Close()
	s := q.Begin("rpmspec")
	entry, err := q.MakePart(ctx, s, parseStage, in)
	return entry.Hit, q.End("rpmspec", s, entry.Hit, err)
}

// specFiles are the files for rpmspec.
func (r *Row) specFiles() []stage.File {
	return []stage.File{
		{Name: "SPECS/" + artifact.SpecFile, Path: r.edit.spec.File, Owner: stage.BuilderUID, Time: r.Release.Time},
		{Name: "SOURCES/" + r.edit.patch.Name, Path: r.edit.patch.File, Owner: stage.BuilderUID, Time: r.Release.Time},
	}
}

// parseInput is the input of rpmspec.
type parseInput struct {
	Compiler stage.Compiler
	Provider string
	ELs      []int
	Files    []stage.File
}

// Container implements stage.Contained.
func (in parseInput) Container() containers.RunSpec {
	argv := []string{releaseSpecScript, stage.Topdir + "/SPECS/" + artifact.SpecFile, in.Provider}
	for _, el := range in.ELs {
		argv = append(argv, strconv.Itoa(el))
	}
	return in.Compiler.Spec(containers.RunSpec{
		Argv: argv, Name: "rpmspec", User: stage.Builder, WorkDir: stage.Topdir,
		Inputs: []containers.Input{{Path: stage.Topdir, Write: stage.Tar(in.Files)}},
	})
}

// Make implements stage.Input.
func (in parseInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }
