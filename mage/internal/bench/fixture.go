// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const (
	labStage      = 1
	labFolder     = "lab" // in a provider's directory
	modulesScript = "lab-modules.sh"
	fixtureSource = "/home/lab/fixture"
	fixtureOut    = "/home/lab/modules"
	labUser       = "lab"
)

// Bench runs the stages of a guest.
type Bench struct {
	*stage.Runner

	Root string // the repository: the lab's programs are read below it
}

// Fixture builds the modules in the provider's directory lab/ for the lab's
// kernel.
//
// Errors: *AdviceError for a provider without them; *containers.RunError.
func (b *Bench) Fixture(ctx context.Context, j job.Job, lab artifact.Lab) (artifact.Fixture, error) {
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
	key, err := stage.ScriptKey("fixture", labStage, modulesScript)
	if err != nil {
		return artifact.Fixture{}, err
	}
	key = key.String("lab", lab.ID).String("kernel", lab.Kernel)
	for i, f := range files {
		files[i].Owner = stage.BuilderUID
		key = key.File("source "+f.Name, f.Path)
	}
	entry, err := b.Cached(ctx, "fixture", key, func(ctx context.Context, dir string, s *ui.Stage) error {
		_, err := b.Script(ctx, s, containers.RunSpec{
			Argv: []string{modulesScript, fixtureSource, fixtureOut},
			Name: "fixture", Image: lab.ID, User: labUser,
			Inputs:  []containers.Input{stage.BuilderInput(fixtureSource, files)},
			Outputs: []containers.Output{{Path: fixtureOut, Dir: dir}},
		})
		return err
	})
	return artifact.Fixture{Dir: entry.Dir}, err
}

const (
	exerciseScript = "lab-exercise.sh"
	exerciseOut    = "/builder/exercise"
	exerciseSource = "mage/internal/lab/exercise" // below the repository's root
)

// Exercise compiles the program against the packages' own headers.
//
// Errors: *containers.RunError.
func (b *Bench) Exercise(ctx context.Context, j job.Job, dist artifact.Dist, tc artifact.Toolchain) (artifact.Exercise, error) {
	key, err := stage.ScriptKey("exercise", labStage, exerciseScript)
	if err != nil {
		return artifact.Exercise{}, err
	}
	key = key.String("toolchain", tc.ID).String("provider", strings.Join(j.Identity(), " "))
	sources, err := stage.Files(filepath.Join(b.Root, filepath.FromSlash(exerciseSource)))
	if err != nil {
		return artifact.Exercise{}, err
	}
	var inputs []stage.File
	for _, f := range sources {
		key = key.File("source "+f.Name, f.Path)
		f.Name = "source/" + f.Name
		inputs = append(inputs, f)
	}
	packages, _, err := stage.Installable(dist)
	if err != nil {
		return artifact.Exercise{}, err
	}
	for _, f := range packages {
		// Only the interface counts, so that an edit of the provider costs nothing here; but the packages may have
		// other headers in them than those of the release, so they are not shared.
		key = key.String("package "+filepath.Base(f.Name), dist.Manifest.Source)
		inputs = append(inputs, f)
	}
	entry, err := b.Cached(ctx, "exercise", key, func(ctx context.Context, dir string, s *ui.Stage) error {
		_, err := b.Script(ctx, s, containers.RunSpec{
			Argv: []string{exerciseScript, "/builder/in/rpms", "/builder/in/source", exerciseOut},
			Name: "exercise", Image: tc.ID, User: stage.Builder,
			Inputs:  []containers.Input{stage.BuilderInput("/builder/in", inputs)},
			Outputs: []containers.Output{{Path: exerciseOut, Dir: dir}},
		})
		return err
	})
	return artifact.Exercise{File: filepath.Join(entry.Dir, "exercise")}, err
}
