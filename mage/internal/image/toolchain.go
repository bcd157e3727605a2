// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
	"github.com/resnics/verbsmith/specs/debianpkg"
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
// Errors: *containers.RunError, or *containers.BuildError for Debian; its last lines name a requirement that the target does
// not have.
func (b *Builder) Toolchain(ctx context.Context, j job.Job, base artifact.Base, file string, refresh bool) (artifact.Toolchain, error) {
	s := b.Begin("toolchain")
	i, err := b.toolchainImage(j, base, file)
	if err != nil {
		return artifact.Toolchain{Base: base}, b.End("toolchain", s, false, err)
	}
	i.renew(refresh)
	tc, here, err := toolchain(ctx, i, base, b.ensure, s)
	if err == nil && b.Locked != nil {
		err = b.Locked(ctx, s, j, tc)
	}
	return tc, b.End("toolchain", s, here, err)
}

func toolchain(ctx context.Context, i image, base artifact.Base, get finder, s *ui.Stage) (artifact.Toolchain, bool, error) {
	id, here, err := get(ctx, i, s)
	return artifact.Toolchain{ID: id, Ref: i.ref, Base: base}, here, err
}

// toolchainImage is the toolchain for what a file requires.
func (b *Builder) toolchainImage(j job.Job, base artifact.Base, file string) (image, error) {
	if _, debian := j.Target.(job.Deb); debian {
		return b.debianToolchain(j, base, file)
	}
	i, err := b.elToolchain(j.Distro(), base, file)
	if err != nil || j.Cross == "" {
		return i, err
	}
	return b.crossToolchain(j, base, i)
}

// debianToolchain is built from a Containerfile, which expects the control file under that name.
func (b *Builder) debianToolchain(j job.Job, base artifact.Base, control string) (image, error) {
	text, err := b.containerfile("debian")
	if err != nil {
		return image{}, err
	}
	in := built{
		Files: []stage.File{{Name: containerfileName, Data: text}, {Name: artifact.ControlFile, Path: control}},
		Args:  map[string]string{"BASE": base.ID},
	}
	if j.Cross == "" {
		return ownImage(toolchainKind, base.Folder, in)
	}
	if j.Suite().ID() != specs.Debian && !base.Standin {
		return image{}, stage.NoCross(j.Cross, j.Suite().Title+" has the packages of other processors in another archive")
	}
	native, err := stagecache.ReadFile(control)
	if err != nil {
		return image{}, fmt.Errorf("read what the build requires: %w", err)
	}
	in.Files[1] = stage.File{Name: artifact.ControlFile, Data: debianpkg.CrossControl(native)}
	in.Args["CROSS"] = j.Cross.Debian()
	return ownImage(toolchainKind, crossName(base, j), in)
}

// crossName is that of a target with a processor that is not the engine's.
func crossName(base artifact.Base, j job.Job) string { return base.Folder + "." + string(j.Cross) }

// crossToolchain is a toolchain for RPMs of another processor, which only the stand-in has.
func (b *Builder) crossToolchain(j job.Job, base artifact.Base, native image) (image, error) {
	if !base.Standin {
		return image{}, stage.NoCross(j.Cross, j.Target.Name()+" has no cross-compiler with a C library, only one for kernels")
	}
	const script = "cross.sh"
	text, err := fs.ReadFile(b.Files, "el/"+script)
	if err != nil {
		return image{}, fmt.Errorf("read the toolchain's script: %w", err)
	}
	i, err := ownImage(toolchainKind, crossName(base, j), installed{
		Base: native.ref, Script: text, Argv: []string{script, j.Cross.Debian()},
	})
	i.on = []*image{&native}
	return i, err
}

// elToolchain is made by one script for all distros with RPMs, which differ only in their entries in specs/. It is not
// built, because a build has no place for a site's repositories that is not part of the image.
func (b *Builder) elToolchain(d specs.Distro, base artifact.Base, spec string) (image, error) {
	const script = "toolchain.sh"
	text, err := fs.ReadFile(b.Files, "el/"+script)
	if err != nil {
		return image{}, fmt.Errorf("read the toolchain's script: %w", err)
	}
	rpm := d.RPM
	if base.Standin {
		rpm = d.StandinRPM
	}
	first, err := ownImage(toolchainKind+"-base", base.Folder, installed{
		Base: base.ID, Script: text, Argv: append([]string{script, "base", rpm}, d.Repositories...),
	})
	if err != nil {
		return image{}, err
	}
	i, err := ownImage(toolchainKind, base.Folder, installed{
		Base: first.ref, Script: text, Argv: []string{script, "requirements", stage.ScriptDir + "/" + artifact.SpecFile},
		Files: []stage.File{{Name: artifact.SpecFile, Path: spec}},
	})
	i.on = []*image{&first}
	return i, err
}

const toolchainKind = "toolchain"
