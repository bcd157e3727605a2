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

const (
	// labSuite is the Debian suite whose userland can replace specs' LabImage.
	labSuite      = "trixie"
	labKernelFile = "/lab/version"
)

// Lab makes sure that the kernel lab's image is on the engine.
//
// Errors: *containers.BuildError.
func (b *Builder) Lab(ctx context.Context, j job.Job) (artifact.Lab, error) {
	s := b.Begin("lab")
	lab, hit, err := b.lab(ctx, j, s)
	if err == nil {
		s.Note("Linux " + lab.Kernel)
	}
	return lab, b.End("lab", s, hit, err)
}

func (b *Builder) lab(ctx context.Context, j job.Job, s *ui.Stage) (artifact.Lab, bool, error) {
	base, err := b.labBase(ctx, j, s)
	if err != nil {
		return artifact.Lab{}, false, err
	}
	args := map[string]string{"BASE": base}
	if j.Cross != "" {
		args["CROSS"] = j.Cross.Debian()
	}
	id, here, err := b.ownTools(ctx, "lab", args, s)
	if err != nil {
		return artifact.Lab{}, false, err
	}
	engine, err := b.Engine(ctx)
	if err != nil {
		return artifact.Lab{}, false, err
	}
	version, err := engine.ReadFile(ctx, id, nil, labKernelFile)
	return artifact.Lab{ID: id, Kernel: strings.TrimSpace(string(version)), Cross: string(j.Cross)}, here, err
}

// Publishing makes sure that the image in which repositories are made is on the engine, and returns its id.
//
// Errors: *containers.BuildError.
func (b *Builder) Publishing(ctx context.Context, j job.Job) (id string, err error) {
	return b.onLabBase(ctx, "publish", j)
}

// Judges makes sure that the image with programs that judge packages is on the engine, and returns its id.
//
// Errors: *containers.BuildError.
func (b *Builder) Judges(ctx context.Context, j job.Job) (id string, err error) {
	return b.onLabBase(ctx, "judges", j)
}

// onLabBase makes sure that the image of a directory in containers/ is on the engine.
func (b *Builder) onLabBase(ctx context.Context, name string, j job.Job) (id string, err error) {
	s := b.Begin(name)
	base, err := b.labBase(ctx, j, s)
	here := false
	if err == nil {
		id, here, err = b.ownTools(ctx, name, map[string]string{"BASE": base}, s)
	}
	return id, b.End(name, s, here, err)
}

// ownTools is an image of a Containerfile on the lab's Debian.
func (b *Builder) ownTools(ctx context.Context, name string, args map[string]string, s *ui.Stage) (id string, here bool, err error) {
	text, err := b.containerfile(name)
	if err != nil {
		return "", false, err
	}
	i, err := ownImage(name, labSuite, built{
		Files: []stage.File{{Name: containerfileName, Data: text}}, Args: args,
	})
	if err != nil {
		return "", false, err
	}
	return b.ensure(ctx, i, s)
}

// labBase is the base of the lab's image: the image that specs/ names, or the stand-in's
// userland if that is already on the engine or no registry can be reached.
func (b *Builder) labBase(ctx context.Context, j job.Job, s *ui.Stage) (string, error) {
	choice, err := userlandImage(labSuite)
	if err != nil {
		return "", err
	}
	of := b.Releases.LabImage
	if of == "" {
		id, _, err := b.ensure(ctx, choice, s)
		return id, err
	}
	if id, here, err := b.firstHere(ctx, s, choice, b.registryImage(of, "")); err != nil || here {
		return id, err
	}
	engine, err := b.Engine(ctx)
	if err != nil {
		return "", err
	}
	if j.Base != job.BaseStandin {
		if _, err := b.registryDigest(ctx, engine, b.Mirror.Reference(of)); err == nil {
			choice = b.registryImage(of, "")
		}
	}
	id, _, err := b.ensure(ctx, choice, s)
	return id, err
}
