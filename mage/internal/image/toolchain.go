// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// ToolchainState returns the image's reference and whether it is on the engine.
func (b *Builder) ToolchainState(ctx context.Context, j job.Job, base artifact.Base, file string) (artifact.Toolchain, bool, error) {
	i, err := b.toolchainImage(j, base, file)
	if err != nil {
		return artifact.Toolchain{Base: base}, false, err
	}
	return toolchain(ctx, i, base, b.find, nil)
}

// Toolchain makes sure that the image with the BuildRequires of the spec file, or the
// Build-Depends of the control file, is on the engine; refresh rebuilds it in any case,
// without the engine's layer cache.
//
// Errors: *containers.BuildError; its last lines name a requirement that the target does not
// have.
func (b *Builder) Toolchain(ctx context.Context, j job.Job, base artifact.Base, file string, refresh bool) (artifact.Toolchain, error) {
	s := b.Begin("toolchain")
	i, err := b.toolchainImage(j, base, file)
	if err != nil {
		return artifact.Toolchain{Base: base}, b.End("toolchain", s, false, err)
	}
	i.fresh = refresh
	tc, here, err := toolchain(ctx, i, base, b.ensure, s)
	return tc, b.End("toolchain", s, here, err)
}

func toolchain(ctx context.Context, i image, base artifact.Base, get finder, s *ui.Stage) (artifact.Toolchain, bool, error) {
	id, here, err := get(ctx, i, s)
	return artifact.Toolchain{ID: id, Ref: i.ref, Base: base}, here, err
}

// toolchainImage chooses the Containerfile: one for all Enterprise Linux distros, which differ
// only in their entries in specs/, and Debian's. The file with the BuildRequires or Build-Depends
// gets the name that the Containerfile expects.
func (b *Builder) toolchainImage(j job.Job, base artifact.Base, file string) (image, error) {
	dir, name := "el", artifact.SpecFile
	if _, debian := j.Target.(job.Deb); debian {
		dir, name = "debian", artifact.ControlFile
	}
	text, err := b.containerfile(dir)
	if err != nil {
		return image{}, err
	}
	args := map[string]string{"BASE": base.ID}
	if repositories := j.Distro().Repositories; len(repositories) > 0 {
		args["REPOSITORIES"] = strings.Join(repositories, " ")
	}
	return ownImage("toolchain", base.Folder, built{
		Files: []stage.File{{Name: containerfileName, Data: text}, {Name: name, Path: file}}, Args: args,
	})
}
