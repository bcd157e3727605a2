// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const (
	releaseBaseScript = "release-base.sh"

	baseFile = "base.tar.gz"
	// rowsFolder has a directory for each row, in the volume of the tree.
	rowsFolder = "rows"
)

// baseInput is the input of a release's base: what of a release is configured and compiled without
// the provider's own code, once for all edits of that code.
type baseInput struct {
	Compiler stage.Compiler // with objects that no provider's code can write
	Release  string         // the name of its directory
	Commit   string
	Edited   []stage.File // of releaseEdit.baseFiles
	Removed  []string

	Tree func() ([]stage.File, error) `key:"-"` // of the commit with these
	Made string                       `key:"-"` // a directory with the output, if it was made together with others
}

func (w *Walker) newBaseInput(ctx context.Context, j job.Job, tc artifact.Toolchain, r *Releases, row *Row) (baseInput, error) {
	m, ref := &j.Provider.Manifest, row.Release
	edited, err := row.edit.baseFiles(m)
	return baseInput{
		Compiler: w.Compiler(j.Stock(), tc, ref.Time, stage.ForTrial), Release: ref.Name, Commit: ref.Commit,
		Edited: edited, Removed: row.edit.removed,
		Tree: func() ([]stage.File, error) {
			files, err := r.files(ctx, ref.Commit)
			return baseTree(files, edited, row.edit.removed, m, ref.Time), err
		},
	}, err
}

// Container implements stage.Contained.
func (in baseInput) Container() containers.RunSpec {
	from, out := path.Join(rowsFolder, in.Release, "tree"), path.Join(stage.RowsOut, in.Release)
	return in.Compiler.Spec(containers.RunSpec{
		Argv: []string{releaseBaseScript, checkedTree, path.Join(stage.TreeDir, from), out},
		Name: "base", User: stage.Builder, Volumes: []containers.VolumeMount{stage.OwnVolume(stage.TreeDir)},
		Inputs: []containers.Input{{Path: stage.TreeDir, Write: func(w io.Writer) error {
			files, err := in.Tree()
			if err != nil {
				return err
			}
			for i := range files {
				files[i].Name = path.Join(from, files[i].Name)
			}
			return stage.Tar(files)(w)
		}}},
		Outputs: []containers.Output{{Path: out}},
	})
}

// Make implements stage.Input.
func (in baseInput) Make(ctx context.Context, w *stage.Work) error {
	if in.Made == "" {
		return w.Run(ctx)
	}
	data, err := os.ReadFile(filepath.Join(in.Made, baseFile))
	if err != nil {
		return fmt.Errorf("keep the base of %s: %w", in.Release, err)
	}
	return stage.WriteFile(w.Dir, baseFile, data)
}

// makeBases makes the bases that are missing, together. What fails is made again, alone, by the row
// that needs it.
func (w *Walker) makeBases(ctx context.Context, s *ui.Stage, bases []baseInput) error {
	var parts []stage.Part
	var missing []baseInput
	for _, in := range bases {
		if !w.Has(baseStage, in) {
			missing = append(missing, in)
			parts = append(parts, stage.Part{Name: in.Release, Spec: in.Container()})
		}
	}
	if len(parts) == 0 {
		return nil
	}
	dir, err := os.MkdirTemp("", "verbsmith-releases-")
	if err != nil {
		return fmt.Errorf("create a directory for releases: %w", err)
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "out")
	for i, passed := range w.RunTogether(ctx, s, out, parts) {
		if !passed {
			continue
		}
		missing[i].Made = filepath.Join(out, missing[i].Release)
		if _, err := w.MakePart(ctx, s, baseStage, missing[i]); err != nil {
			return err
		}
	}
	return nil
}
