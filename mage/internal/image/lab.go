// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const (
	labImageStage = 1
	// labSuite is the Debian whose userland stands in for specs' LabImage.
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
	engine, err := b.Engine(ctx)
	if err != nil {
		return artifact.Lab{}, false, err
	}
	unlock, err := b.Cache.Lock(ctx, "lab", func(holder string) { s.Note("waiting for " + holder) })
	if err != nil {
		return artifact.Lab{}, false, err
	}
	defer unlock()
	base, err := b.labBase(ctx, engine, j, s)
	if err != nil {
		return artifact.Lab{}, false, err
	}
	recipe, err := b.containerfile("lab")
	if err != nil {
		return artifact.Lab{}, false, err
	}
	key := stagecache.NewKey("lab", labImageStage).String("base", base).Bytes(containerfileName, recipe)
	ref := imageRef("lab", labSuite, key.Sum())
	id, here, err := engine.ImageID(ctx, ref)
	if err != nil {
		return artifact.Lab{}, false, err
	}
	if !here {
		id, err = engine.Build(ctx, containers.BuildSpec{
			ContextTar: stage.Stream(stage.Tar([]stage.File{{Name: containerfileName, Data: recipe}})),
			Args:       buildArgs(ctx, map[string]string{"BASE": base}), Tag: ref, Network: true, Log: s.Log(), Step: s.Step,
		})
		if err != nil {
			return artifact.Lab{}, false, err
		}
	}
	version, err := engine.ReadFile(ctx, id, nil, labKernelFile)
	return artifact.Lab{ID: id, Kernel: strings.TrimSpace(string(version))}, here, err
}

// labBase is the Debian of the lab: the image that specs/ names, or the
// stand-in's userland if that is on the engine already or no registry can be reached.
func (b *Builder) labBase(ctx context.Context, engine stage.Engine, j job.Job, s *ui.Stage) (string, error) {
	ref, err := rootfsRef(labSuite)
	if err != nil {
		return "", err
	}
	image := b.Releases.LabImage
	for _, here := range []string{ref, image} {
		if here == "" {
			continue
		}
		if id, ok, err := engine.ImageID(ctx, here); err != nil || ok {
			return id, err
		}
	}
	if image != "" && j.Base != job.BaseStandin && b.registryReachable(ctx, engine, image) == nil {
		s.Note("pull " + image)
		if err := engine.Pull(ctx, image, pullProgress(s)); err != nil {
			return "", err
		}
		id, _, err := engine.ImageID(ctx, image)
		return id, err
	}
	if ref, err = b.rootfs(ctx, engine, labSuite, s); err != nil {
		return "", err
	}
	id, _, err := engine.ImageID(ctx, ref)
	return id, err
}
