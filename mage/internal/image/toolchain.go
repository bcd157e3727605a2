// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"fmt"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const toolchainStage = 1

// recipe is what a toolchain is built from: a Containerfile, on a base, with the
// repositories to enable, and the file whose BuildRequires or Build-Depends it installs.
type recipe struct {
	containerfile []byte // its instructions
	base          artifact.Base
	repositories  []string
	name, file    string // what the Containerfile calls it, and where it is
}

// recipe chooses the Containerfile: one for all distros of Enterprise Linux, which differ
// in their entries in specs/ only, and Debian's.
func (b *Builder) recipe(j job.Job, base artifact.Base, file string) (recipe, error) {
	r := recipe{base: base, repositories: j.Distro().Repositories, name: artifact.SpecFile, file: file}
	dir := "el"
	if _, debian := j.Target.(job.Deb); debian {
		r.name, dir = artifact.ControlFile, "debian"
	}
	var err error
	r.containerfile, err = b.containerfile(dir)
	return r, err
}

func (r recipe) key() *stagecache.KeyBuilder {
	return stagecache.NewKey("toolchain", toolchainStage).
		String("base", r.base.ID).
		Bytes(containerfileName, r.containerfile).
		String("repositories", strings.Join(r.repositories, " ")).
		File("spec", r.file)
}

// ToolchainState returns the image's reference and whether it is on the engine.
func (b *Builder) ToolchainState(ctx context.Context, j job.Job, base artifact.Base, file string) (artifact.Toolchain, bool, error) {
	r, err := b.recipe(j, base, file)
	if err != nil {
		return artifact.Toolchain{Base: base}, false, err
	}
	return b.recipeState(ctx, r)
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
	r, err := b.recipe(j, base, file)
	if err != nil {
		return artifact.Toolchain{Base: base}, b.End("toolchain", s, false, err)
	}
	tc, hit, err := b.buildToolchain(ctx, r, refresh, s)
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
	text, err := stagecache.ReadFile(r.file)
	if err != nil {
		return tc, false, fmt.Errorf("read %s: %w", r.name, err)
	}
	engine, err := b.Engine(ctx)
	if err != nil {
		return tc, false, err
	}
	spec := r.buildSpec(tc.Ref, text, refresh)
	spec.Args, spec.Log, spec.Step = buildArgs(ctx, spec.Args), s.Log(), s.Step
	tc.ID, err = engine.Build(ctx, spec)
	return tc, false, err
}

// needsBuild says whether to build an image: it is missing, or a refresh is wanted.
func needsBuild(here, refresh bool) bool { return refresh || !here }

// buildSpec says how to build the image. A refresh uses no layer of an earlier build,
// because what such a layer downloaded is out of date.
func (r recipe) buildSpec(tag string, text []byte, refresh bool) containers.BuildSpec {
	args := map[string]string{"BASE": r.base.ID}
	if len(r.repositories) > 0 {
		args["REPOSITORIES"] = strings.Join(r.repositories, " ")
	}
	return containers.BuildSpec{
		ContextTar: stage.Stream(stage.Tar([]stage.File{{Name: containerfileName, Data: r.containerfile}, {Name: r.name, Data: text}})),
		Args:       args,
		Tag:        tag,
		Network:    true,
		NoCache:    refresh,
	}
}
