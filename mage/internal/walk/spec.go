// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const releaseSpecScript = "release-spec.sh"

// CheckSpecs parses the edited spec of each release with rpmspec, once for each release of a distro: its
// conditionals, with the toolchain's own macros for everything else.
func (w *Walker) CheckSpecs(ctx context.Context, j job.Job, tc artifact.Toolchain, distros []string, r *Releases) error {
	input := func(row *Row) parseInput {
		return parseInput{
			Compiler: stage.Compiler{Image: tc.ID, Epoch: row.Release.Time}, Release: row.Release.Name, Provider: j.ProviderName(),
			Distros: distros, Files: row.specFiles(), Passed: row.parsed,
		}
	}
	together := func(ctx context.Context, s *ui.Stage, rows []*Row) error { return w.parseTogether(ctx, s, rows, input) }
	alone := func(ctx context.Context, _ *ui.Stage, row *Row) (bool, error) {
		if !row.edited() {
			row.Spec = report.Result{State: report.NotTried}
			return true, nil
		}
		hit, err := w.specRow(ctx, row.Release.Name, input(row))
		row.Spec = row.answer(err)
		return hit, err
	}
	return w.eachGroup(ctx, "rpmspec", w.atOnce(), specsInContainer, r, together, alone)
}

// specsInContainer is how many specs share a container: they are small and quickly parsed.
const specsInContainer = 40

// parseTogether parses the specs that are not in the cache in one container, and marks the rows
// that pass.
func (w *Walker) parseTogether(ctx context.Context, s *ui.Stage, rows []*Row, input func(*Row) parseInput) error {
	var parsing []*Row
	var parts []stage.Part
	for _, row := range rows {
		row.parsed = false
		if !row.edited() {
			continue
		}
		if in := input(row); !w.Has(parseStage, in) {
			parsing, parts = append(parsing, row), append(parts, stage.Part{Name: in.Release, Spec: in.Container()})
		}
	}
	if len(parts) < 2 { //nolint:mnd // one has its own container
		return nil
	}
	dir, err := os.MkdirTemp("", "verbsmith-releases-")
	if err != nil {
		return fmt.Errorf("create a directory for releases: %w", err)
	}
	defer os.RemoveAll(dir)
	for i, passed := range w.RunTogether(ctx, s, filepath.Join(dir, "out"), parts) {
		parsing[i].parsed = passed
	}
	return nil
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
	dir := r.Release.Name
	return []stage.File{
		{Name: dir + "/SPECS/" + artifact.SpecFile, Path: r.edit.spec.File, Owner: stage.BuilderUID, Time: r.Release.Time},
		{Name: dir + "/SOURCES/" + r.edit.patch.Name, Path: r.edit.patch.File, Owner: stage.BuilderUID, Time: r.Release.Time},
	}
}

// parseInput is the input of rpmspec.
type parseInput struct {
	Compiler stage.Compiler
	Release  string // the name of its directory
	Provider string
	Distros  []string // by their dist tags
	Files    []stage.File

	Passed bool `key:"-"` // together with others
}

// Container implements stage.Contained.
func (in parseInput) Container() containers.RunSpec {
	topdir := path.Join(stage.Topdir, in.Release)
	argv := append([]string{releaseSpecScript, topdir + "/SPECS/" + artifact.SpecFile, in.Provider}, in.Distros...)
	return in.Compiler.Spec(containers.RunSpec{
		Argv: argv, Name: "rpmspec", User: stage.Builder, WorkDir: stage.Topdir, Env: map[string]string{"TOPDIR": topdir},
		Inputs: []containers.Input{{Path: stage.Topdir, Write: stage.Tar(in.Files)}},
	})
}

// Make implements stage.Input.
func (in parseInput) Make(ctx context.Context, w *stage.Work) error {
	if in.Passed {
		return nil
	}
	return w.Run(ctx)
}
