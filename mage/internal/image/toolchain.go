// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const toolchainStage = 1

// recipe is what an image is built from: the distro's Containerfile, on a base,
// and the file whose BuildRequires or Build-Depends it installs.
type recipe struct {
	containerfile string
	base          artifact.Base
	name, file    string // what the Containerfile calls it, and where it is
}

// recipe takes the file by the name that the target's Containerfile gives it.
func (b *Builder) recipe(j job.Job, base artifact.Base, file string) recipe {
	name := artifact.SpecFile
	if _, debian := j.Target.(job.Deb); debian {
		name = artifact.ControlFile
	}
	return recipe{
		containerfile: filepath.Join(b.Root, "containers", j.Target.Name(), "Containerfile"),
		base:          base, name: name, file: file,
	}
}

func (r recipe) key() *stagecache.KeyBuilder {
	return stagecache.NewKey("toolchain", toolchainStage).
		String("base", r.base.ID).
		File("Containerfile", r.containerfile).
		File("spec", r.file)
}

// ToolchainState returns the image's reference and whether it is on the engine.
func (b *Builder) ToolchainState(ctx context.Context, j job.Job, base artifact.Base, file string) (artifact.Toolchain, bool, error) {
	return b.recipeState(ctx, b.recipe(j, base, file))
}

func (b *Builder) recipeState(ctx context.Context, r recipe) (artifact.Toolchain, bool, error) {
	tc := artifact.Toolchain{Ref: imageRef("toolchain", r.base.Folder, r.key().Sum()), Base: r.base}
	engine, err := b.Engine(ctx)
	if err != nil {
		return tc, false, err
	}
	id, here, err := engine.ImageID(ctx, tc.Ref)
	tc.ID = id
	return tc, here, err
}

// Toolchain makes sure that the image with the BuildRequires of the spec file, or the
// Build-Depends of the control file, is on the engine; refresh rebuilds it in any case,
// without the engine's layer cache.
//
// Errors: *containers.BuildError, with the name of a requirement that the target does
// not have in its last lines.
func (b *Builder) Toolchain(ctx context.Context, j job.Job, base artifact.Base, file string, refresh bool) (artifact.Toolchain, error) {
	s := b.Begin("toolchain")
	tc, hit, err := b.buildToolchain(ctx, b.recipe(j, base, file), refresh, s)
	return tc, b.End("toolchain", s, hit, err)
}

func (b *Builder) buildToolchain(ctx context.Context, r recipe, refresh bool, s *ui.Stage) (artifact.Toolchain, bool, error) {
	unlock, err := b.Cache.Lock(ctx, "toolchain-"+r.base.Folder, func(holder string) {
		s.Note("waiting for " + holder)
	})
	if err != nil {
		return artifact.Toolchain{}, false, err
	}
	defer unlock()
	tc, here, err := b.recipeState(ctx, r)
	if err != nil || !needsBuild(here, refresh) {
		return tc, here, err
	}
	instructions, err := os.ReadFile(r.containerfile)
	if err != nil {
		return tc, false, fmt.Errorf("read the distro's Containerfile: %w", err)
	}
	text, err := stagecache.ReadFile(r.file)
	if err != nil {
		return tc, false, fmt.Errorf("read %s: %w", r.name, err)
	}
	engine, err := b.Engine(ctx)
	if err != nil {
		return tc, false, err
	}
	spec := r.buildSpec(tc.Ref, instructions, text, refresh)
	spec.Args, spec.Log, spec.Step = buildArgs(ctx, spec.Args), s.Log(), s.Step
	tc.ID, err = engine.Build(ctx, spec)
	return tc, false, err
}

// needsBuild says whether to build an image: if it is missing, or to be refreshed.
func needsBuild(here, refresh bool) bool { return refresh || !here }

// buildSpec says how the image is built. With refresh no layer of an earlier build is
// used: what those fetched from the network is what has to be fetched again.
func (r recipe) buildSpec(tag string, instructions, text []byte, refresh bool) containers.BuildSpec {
	return containers.BuildSpec{
		ContextTar:    stage.Stream(stage.Tar([]stage.File{{Name: "Containerfile", Data: instructions}, {Name: r.name, Data: text}})),
		Containerfile: "Containerfile",
		Args:          map[string]string{"BASE": r.base.ID},
		Tag:           tag,
		Network:       true,
		NoCache:       refresh,
	}
}
