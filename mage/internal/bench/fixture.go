// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

const (
	labFolder     = "lab" // in a provider's directory
	modulesScript = "lab-modules.sh"
	labHome       = "/home/lab"
	fixtureFolder = "fixture"
	fixtureOut    = labHome + "/modules"
	labUser       = "lab"
)

// Bench runs the stages of a guest.
type Bench struct {
	*stage.Runner

	Module string // a directory in which the go command finds this module
}

// Fixture builds the modules in the provider's directory lab/ for the lab's
// kernel.
//
// Errors: *AdviceError for a provider without them; *containers.RunError.
func (b *Bench) Fixture(ctx context.Context, j job.Job, image artifact.Lab) (artifact.Fixture, error) {
	folder := filepath.Join(j.Provider.Dir, labFolder)
	files, err := stage.Files(folder)
	if err == nil && len(files) == 0 {
		err = os.ErrNotExist
	}
	if err != nil {
		s := b.Begin("fixture")
		return artifact.Fixture{}, b.End("fixture", s, false, &stage.AdviceError{
			Err:  fmt.Errorf("the provider has no kernel fixture: %w", err),
			What: "add a directory lab/ with a Kbuild next to provider.yaml, as in provider/rib",
		})
	}
	for i := range files {
		files[i].Name, files[i].Owner = path.Join(fixtureFolder, files[i].Name), stage.BuilderUID
	}
	entry, err := b.Make(ctx, "fixture", fixtureInput{Lab: image, Sources: files})
	return artifact.Fixture{Dir: entry.Dir}, err
}

// fixtureInput is the input of the compilation of a provider's kernel modules.
type fixtureInput struct {
	Lab     artifact.Lab
	Sources []stage.File // in fixtureFolder
}

// Container implements stage.Contained.
func (in fixtureInput) Container() containers.RunSpec {
	return containers.RunSpec{
		Argv: []string{modulesScript, path.Join(labHome, fixtureFolder), fixtureOut},
		Name: "fixture", Image: in.Lab.ID, User: labUser,
		Inputs:  []containers.Input{stage.BuilderInput(labHome, in.Sources)},
		Outputs: []containers.Output{{Path: fixtureOut}},
	}
}

// Make implements stage.Input.
func (in fixtureInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }

const (
	exerciseScript = "lab-exercise.sh"
	exerciseOut    = "/builder/exercise"
	exerciseSource = "exercise" // in package lab
)

// Exercise compiles the program against the packages' own headers.
//
// Errors: *containers.RunError.
func (b *Bench) Exercise(ctx context.Context, j job.Job, dist artifact.Dist, tc artifact.Toolchain) (artifact.Exercise, error) {
	sources, err := stage.EmbeddedFiles(lab.ExerciseSource, exerciseSource)
	if err != nil {
		return artifact.Exercise{}, err
	}
	for i := range sources {
		sources[i].Name = "source/" + sources[i].Name
	}
	packages, _, err := stage.Installable(dist)
	if err != nil {
		return artifact.Exercise{}, err
	}
	entry, err := b.Make(ctx, "exercise", exerciseInput{
		Toolchain: tc.ID, Sources: sources, Packages: headers{Files: packages, Source: dist.Manifest.Source}, Provider: j.Identity(),
		Folder: stage.PackagesDir(dist), Cross: string(j.Cross),
	})
	return artifact.Exercise{File: filepath.Join(entry.Dir, "exercise")}, err
}

// exerciseInput is the input of the program's compilation.
type exerciseInput struct {
	Toolchain string       // image
	Sources   []stage.File // in source/
	Packages  headers
	// Provider is the provider in the packages. Its packages may have headers that the release
	// lacks, so the program is not shared between providers.
	Provider []string
	Folder   string // of the packages
	Cross    string // their processor, as GNU names it, if it is not the engine's
}

// headers are packages that count only with their interface, which is determined by their
// source: an edit of the provider rebuilds nothing here.
type headers struct {
	Files  []stage.File
	Source string // its digest
}

// StageKey implements stage.Keyed.
func (h headers) StageKey() string {
	names := make([]string, len(h.Files))
	for i, f := range h.Files {
		names[i] = f.Name
	}
	return fmt.Sprintf("%q of %q", names, h.Source)
}

// Container implements stage.Contained.
func (in exerciseInput) Container() containers.RunSpec {
	env := map[string]string{}
	if in.Cross != "" {
		env["CROSS"] = in.Cross
	}
	return containers.RunSpec{
		Argv: []string{exerciseScript, "/builder/in/" + in.Folder, "/builder/in/source", exerciseOut},
		Name: "exercise", Image: in.Toolchain, User: stage.Builder, Env: env,
		Inputs:  []containers.Input{stage.BuilderInput("/builder/in", slices.Concat(in.Sources, in.Packages.Files))},
		Outputs: []containers.Output{{Path: exerciseOut}},
	}
}

// Make implements stage.Input.
func (in exerciseInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }
