// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider/examine"
)

// inContainer is how many releases share a container: more would make a damaged one cost more.
const inContainer = 8

// atOnce is how many groups of rows are tried at a time: much of a row is copying and
// configuring, which leave cores idle.
func (w *Walker) atOnce() int {
	if w.together > 0 {
		return w.together
	}
	return max(2, runtime.NumCPU()/2) //nolint:mnd // at least two
}

// CheckBuilds compiles each release with the provider, without warnings in the provider's own
// files, and checks that ibv_devices of that build lists the device. Groups of releases are tried
// together, and what does not pass there is tried alone: that is its result.
func (w *Walker) CheckBuilds(ctx context.Context, j job.Job, tc artifact.Toolchain, r *Releases) error {
	together := func(ctx context.Context, s *ui.Stage, rows []*Row) error {
		return w.buildTogether(ctx, s, j, tc, r, rows)
	}
	alone := func(ctx context.Context, s *ui.Stage, row *Row) (bool, error) {
		if !row.edited() {
			row.Compile, row.Devices = report.Result{State: report.NotTried}, report.Result{State: report.NotTried}
			return true, nil
		}
		in, err := w.newBuildInput(ctx, j, tc, r, row)
		if err != nil {
			return false, err
		}
		in.Passed, row.oldest = row.built, j.Distro().Oldest
		entry, err := w.MakePart(ctx, s, makeStage, in)
		row.Compile, row.Devices = row.answer(err), report.Result{State: report.NotTried}
		switch _, undiscovered := errors.AsType[*report.FailedError](err); {
		case undiscovered:
			row.Compile, row.Devices = report.Result{State: report.Pass}, row.answer(err)
			if loads := examine.Loads(ctx, j.Provider); len(loads) > 0 {
				row.Devices.Evidence = loads[0].Error() + ": " + row.Devices.Evidence
			}
		case err == nil:
			row.Devices = report.Result{State: report.Pass}
		}
		return entry.Hit, err
	}
	return w.eachGroup(ctx, "compile", w.atOnce(), inContainer, r, together, alone)
}

// buildTogether compiles the rows that are not in the cache in one container, runs ibv_devices of
// each in another, and marks those that pass both.
func (w *Walker) buildTogether(
	ctx context.Context, s *ui.Stage, j job.Job, tc artifact.Toolchain, r *Releases, rows []*Row,
) error {
	var trying []*Row
	var inputs []buildInput
	var bases []baseInput
	for _, row := range rows {
		row.built = false
		if !row.edited() {
			continue
		}
		in, err := w.newBuildInput(ctx, j, tc, r, row)
		if err != nil {
			return err
		}
		if !w.Has(makeStage, in) {
			trying, inputs, bases = append(trying, row), append(inputs, in), append(bases, in.Base)
		}
	}
	if len(trying) < 2 { //nolint:mnd // one has its own container
		return nil
	}
	if err := w.makeBases(ctx, s, bases); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "verbsmith-releases-")
	if err != nil {
		return fmt.Errorf("create a directory for releases: %w", err)
	}
	defer os.RemoveAll(dir)
	return w.passTogether(ctx, s, filepath.Join(dir, "out"), inputs, trying)
}

func (w *Walker) passTogether(ctx context.Context, s *ui.Stage, out string, inputs []buildInput, rows []*Row) error {
	var parts []stage.Part
	var based []int
	for i, in := range inputs {
		if !w.Has(baseStage, in.Base) {
			continue // the row reports why
		}
		compile, err := w.rowCompile(ctx, s, in)
		if err != nil {
			return err
		}
		parts, based = append(parts, stage.Part{Name: in.Row.Release.Name, Spec: compile.Container()}), append(based, i)
	}
	var compiled []int
	var builds []artifact.ProviderBuild
	for n, passed := range w.RunTogether(ctx, s, out, parts) {
		if in := inputs[based[n]]; passed {
			compiled, builds = append(compiled, based[n]), append(builds, in.build(filepath.Join(out, in.Row.Release.Name), ""))
		}
	}
	if len(builds) == 0 {
		return nil
	}
	listed, err := w.JudgeTogether(ctx, s, builds, "listed")
	for n, passed := range listed {
		rows[compiled[n]].built = passed
	}
	return err
}

// buildInput is the input of a release's compilation.
type buildInput struct {
	Row      rowInput
	Compiler stage.Compiler
	Patch    artifact.Patch // of the row's edit; its digest is that of all the edit's files

	Walker *Walker     `key:"-"`
	Base   baseInput   `key:"-"` // made from the same edit
	Edit   releaseEdit `key:"-"`
	ABI    [2]int      `key:"-"` // private ABI and driver id of the edit
	Passed bool        `key:"-"` // the row has passed together with others
}

func (w *Walker) newBuildInput(ctx context.Context, j job.Job, tc artifact.Toolchain, r *Releases, row *Row) (buildInput, error) {
	base, err := w.newBaseInput(ctx, j, tc, r, row)
	return buildInput{
		Row: newRowInput(j, row.Release), Compiler: w.Compiler(j, tc, row.Release.Time, stage.ForTrial), Patch: row.edit.patch,
		Walker: w, Base: base, Edit: row.edit, ABI: [2]int{row.PrivateABI, row.DriverID},
	}, err
}

// Make implements stage.Input. Nothing of it is kept.
func (in buildInput) Make(ctx context.Context, _ *stage.Work) error {
	if in.Passed {
		return nil
	}
	return in.Walker.inScratch(in.Row.Release.Name, func(q *Walker) error { return q.buildRelease(ctx, in) })
}

// buildRelease compiles the provider over the release's base, which the cache keeps.
func (w *Walker) buildRelease(ctx context.Context, in buildInput) error {
	s := w.Begin("base")
	compile, err := in.Walker.rowCompile(ctx, s, in)
	if err := w.End("base", s, false, err); err != nil {
		return err
	}
	entry, err := w.Make(ctx, "compile", compile)
	if err != nil {
		return err
	}
	_, err = w.discover(ctx, in.build(entry.Dir, entry.Digest), "listed")
	return err
}

// build is a build of the input that was copied to dir.
func (in buildInput) build(dir, digest string) artifact.ProviderBuild {
	m := in.Row.Provider.Manifest
	return artifact.ProviderBuild{
		Provider: m.Name, Device: m.Device, PrivateABI: in.ABI[0], DriverID: in.ABI[1],
		Toolchain: in.Compiler.Image, At: checkedTree + "/build", Built: artifact.Directory{Path: dir, Digest: digest},
	}
}

// rowCompile is the compilation over the release's base, which it makes if necessary.
func (w *Walker) rowCompile(ctx context.Context, s *ui.Stage, in buildInput) (rowCompileInput, error) {
	base, err := w.MakePart(ctx, s, baseStage, in.Base)
	if err != nil {
		return rowCompileInput{}, err
	}
	m := &in.Row.Provider.Manifest
	own, err := in.Edit.ownFiles(m)
	row := path.Join(rowsFolder, in.Row.Release.Name)
	files := []stage.File{{Name: path.Join(row, baseFile), Path: filepath.Join(base.Dir, baseFile), Owner: stage.BuilderUID}}
	for _, f := range own {
		f.Name = path.Join(row, editedFolder, f.Name)
		files = append(files, f)
	}
	return rowCompileInput{
		Compiler: in.Compiler, Release: in.Row.Release.Name, Provider: m.Name, Directory: m.Folder(), Files: files,
	}, err
}

// rowCompileInput is the input of the compilation of a provider over a release's base.
type rowCompileInput struct {
	Compiler  stage.Compiler
	Release   string // the name of its directory
	Provider  string
	Directory string       // the provider's in the tree
	Files     []stage.File // the base and what goes over it
}

// Container implements stage.Contained.
func (in rowCompileInput) Container() containers.RunSpec {
	row, out := path.Join(stage.TreeDir, rowsFolder, in.Release), path.Join(stage.RowsOut, in.Release)
	return in.Compiler.Spec(containers.RunSpec{
		Argv: []string{releaseBuildScript, checkedTree, in.Provider, in.Directory, out},
		Name: "compile", User: stage.Builder, Volumes: []containers.VolumeMount{stage.OwnVolume(stage.TreeDir)},
		Env:     map[string]string{"BASE": path.Join(row, baseFile), "FILES": path.Join(row, editedFolder)},
		Inputs:  []containers.Input{{Path: stage.TreeDir, Write: stage.Tar(in.Files)}},
		Outputs: []containers.Output{{Path: out}},
	})
}

// Make implements stage.Input.
func (in rowCompileInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }
