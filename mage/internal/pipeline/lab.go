// SPDX-License-Identifier: Apache-2.0

package pipeline

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
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const (
	labStage = 1
	// labSuite is the Debian whose userland stands in for specs' LabImage.
	labSuite      = "trixie"
	labFolder     = "lab" // below containers/ and in a provider's folder
	labKernelFile = "/lab/version"
)

// Lab makes sure that the kernel lab's image is here.
//
// Errors: *containers.BuildError.
func (p *Pipeline) Lab(ctx context.Context, j job.Job) (artifact.Lab, error) {
	s := p.Begin("lab")
	lab, hit, err := p.lab(ctx, j, s)
	if err == nil {
		s.Note("Linux " + lab.Kernel)
	}
	return lab, p.End("lab", s, hit, err)
}

func (p *Pipeline) lab(ctx context.Context, j job.Job, s *ui.Stage) (artifact.Lab, bool, error) {
	engine, err := p.Engine(ctx)
	if err != nil {
		return artifact.Lab{}, false, err
	}
	unlock, err := p.Cache.Lock(ctx, "lab", func(holder string) { s.Note("waiting for " + holder) })
	if err != nil {
		return artifact.Lab{}, false, err
	}
	defer unlock()
	base, err := p.labBase(ctx, engine, j, s)
	if err != nil {
		return artifact.Lab{}, false, err
	}
	recipe, err := os.ReadFile(filepath.Join(p.Root, "containers", labFolder, "Containerfile"))
	if err != nil {
		return artifact.Lab{}, false, fmt.Errorf("read the lab's Containerfile: %w", err)
	}
	key := stagecache.NewKey("lab", labStage).String("base", base).Bytes("Containerfile", recipe)
	ref := imageRef("lab", labSuite, key.Sum())
	id, here, err := engine.ImageID(ctx, ref)
	if err != nil {
		return artifact.Lab{}, false, err
	}
	if !here {
		id, err = engine.Build(ctx, containers.BuildSpec{
			ContextTar: stage.Stream(stage.Tar([]stage.File{{Name: "Containerfile", Data: recipe}})),
			Args:       buildArgs(ctx, map[string]string{"BASE": base}), Tag: ref, Network: true, Log: s.Log(), Step: s.Step,
		})
		if err != nil {
			return artifact.Lab{}, false, err
		}
	}
	version, err := engine.ReadFile(ctx, id, nil, labKernelFile)
	return artifact.Lab{ID: id, Kernel: strings.TrimSpace(string(version))}, here, err
}

// labBase is the Debian of the lab: the image that specs/ name, or the
// stand-in's userland where that is here already or no registry can be reached.
func (p *Pipeline) labBase(ctx context.Context, engine stage.Engine, j job.Job, s *ui.Stage) (string, error) {
	ref, err := rootfsRef(labSuite)
	if err != nil {
		return "", err
	}
	image := p.Releases.LabImage
	for _, here := range []string{ref, image} {
		if here == "" {
			continue
		}
		if id, ok, err := engine.ImageID(ctx, here); err != nil || ok {
			return id, err
		}
	}
	if image != "" && j.Base != job.BaseStandin && p.registryReachable(ctx, engine, image) == nil {
		s.Note("pull " + image)
		if err := engine.Pull(ctx, image, pullProgress(s)); err != nil {
			return "", err
		}
		id, _, err := engine.ImageID(ctx, image)
		return id, err
	}
	if ref, err = p.rootfs(ctx, engine, labSuite, s); err != nil {
		return "", err
	}
	id, _, err := engine.ImageID(ctx, ref)
	return id, err
}

const (
	modulesScript = "lab-modules.sh"
	fixtureSource = "/home/lab/fixture"
	fixtureOut    = "/home/lab/modules"
	labUser       = "lab"
)

// Fixture builds the modules in the provider's folder lab/ for the lab's
// kernel.
//
// Errors: *AdviceError for a provider without them; *containers.RunError.
func (p *Pipeline) Fixture(ctx context.Context, j job.Job, lab artifact.Lab) (artifact.Fixture, error) {
	folder := filepath.Join(j.Provider.Dir, labFolder)
	files, err := stage.Files(folder)
	if err == nil && len(files) == 0 {
		err = os.ErrNotExist
	}
	if err != nil {
		s := p.Begin("fixture")
		return artifact.Fixture{}, p.End("fixture", s, false, &stage.AdviceError{
			Err:  fmt.Errorf("the provider has no kernel fixture: %w", err),
			What: "a folder lab/ with a Kbuild beside provider.yaml, as provider/rib has it",
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
	entry, err := p.Cached(ctx, "fixture", key, func(ctx context.Context, dir string, s *ui.Stage) error {
		_, err := p.Script(ctx, s, containers.RunSpec{
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
func (p *Pipeline) Exercise(ctx context.Context, j job.Job, dist artifact.Dist, tc artifact.Toolchain) (artifact.Exercise, error) {
	key, err := stage.ScriptKey("exercise", labStage, exerciseScript)
	if err != nil {
		return artifact.Exercise{}, err
	}
	key = key.String("toolchain", tc.ID).String("provider", strings.Join(j.Identity(), " "))
	sources, err := stage.Files(filepath.Join(p.Root, filepath.FromSlash(exerciseSource)))
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
		// other headers in them than those of the release, so they are nobody else's.
		key = key.String("package "+filepath.Base(f.Name), dist.Manifest.Source)
		inputs = append(inputs, f)
	}
	entry, err := p.Cached(ctx, "exercise", key, func(ctx context.Context, dir string, s *ui.Stage) error {
		_, err := p.Script(ctx, s, containers.RunSpec{
			Argv: []string{exerciseScript, "/builder/in/rpms", "/builder/in/source", exerciseOut},
			Name: "exercise", Image: tc.ID, User: stage.Builder,
			Inputs:  []containers.Input{stage.BuilderInput("/builder/in", inputs)},
			Outputs: []containers.Output{{Path: exerciseOut, Dir: dir}},
		})
		return err
	})
	return artifact.Exercise{File: filepath.Join(entry.Dir, "exercise")}, err
}
