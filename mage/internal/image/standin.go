// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
	"github.com/resnics/verbsmith/specs"
)

const (
	standinStage  = 1
	standinSuffix = ".standin"
)

// standin makes sure that the stand-in's images for a distro are on the engine: the
// userland of its Debian suite, and on it the minimal and the full image.
func (b *Builder) standin(
	ctx context.Context, engine stage.Engine, d specs.Distro, s *ui.Stage,
) (artifact.Base, bool, error) {
	unlock, err := b.Cache.Lock(ctx, "standin-"+d.Standin, func(holder string) {
		s.Note("waiting for " + holder)
	})
	if err != nil {
		return artifact.Base{}, false, err
	}
	defer unlock()
	base, here, err := b.standinState(ctx, engine, d)
	if err != nil || here {
		return base, here, err
	}
	if _, err := b.rootfs(ctx, engine, d.Standin, s); err != nil {
		return base, false, err
	}
	for _, target := range []string{standinMinimal, standinFull} {
		if err := b.buildStandin(ctx, engine, d, target, s); err != nil {
			return base, false, err
		}
	}
	base, here, err = b.standinState(ctx, engine, d)
	if err == nil && !here {
		err = fmt.Errorf("the stand-in %s is missing after the build", base.Ref) //nolint:err113 // cannot happen with a sound engine
	}
	return base, false, err
}

// The stages of the stand-in's Containerfile: where the proof starts, and where
// toolchains start.
const (
	standinMinimal = "minimal"
	standinFull    = "full"
)

// standinState looks for the images; a reference carries the digest of all
// that an image is made from.
func (b *Builder) standinState(ctx context.Context, engine stage.Engine, d specs.Distro) (artifact.Base, bool, error) {
	base := artifact.Base{Standin: true, Folder: d.Name + standinSuffix}
	here := true
	for _, target := range []string{standinMinimal, standinFull} {
		ref, err := b.standinRef(d, target)
		if err != nil {
			return base, false, err
		}
		id, ok, err := engine.ImageID(ctx, ref)
		if err != nil {
			return base, false, err
		}
		if here = here && ok; target == standinMinimal {
			base.Minimal = id
		} else {
			base.ID, base.Ref = id, ref
		}
	}
	return base, here, nil
}

func (b *Builder) standinFolder() string { return filepath.Join(b.Root, "containers", "standin") }

func (b *Builder) standinRef(d specs.Distro, target string) (string, error) {
	rootfs, err := rootfsRef(d.Standin)
	if err != nil {
		return "", err
	}
	key := stagecache.NewKey("standin", standinStage).
		String("rootfs", rootfs).String("target", target).
		String("el", strconv.Itoa(d.EL)).String("dist", d.Dist)
	files, err := b.standinFiles()
	if err != nil {
		return "", err
	}
	for _, f := range files {
		key = key.Bytes(f.Name, f.Data)
	}
	return imageRef("standin", d.Name+"-"+target, key.Sum()), key.Err()
}

// standinFiles is the build's context: the directory, with the instructions alone of its
// Containerfile, and the script that these run.
func (b *Builder) standinFiles() ([]stage.File, error) {
	files, err := stage.Files(b.standinFolder())
	if err != nil {
		return nil, err
	}
	for i, f := range files {
		if f.Link != "" {
			continue
		}
		if files[i].Data, err = os.ReadFile(f.Path); err != nil {
			return nil, fmt.Errorf("read %s: %w", f.Name, err)
		}
		if files[i].Path = ""; f.Name == containerfileName {
			files[i].Data = instructions(files[i].Data)
		}
	}
	text, err := scripts.Read(repositoryScript)
	if err != nil {
		return nil, err
	}
	return append(files, stage.File{Name: repositoryScript, Data: text, Mode: 0o755}), nil
}

func (b *Builder) buildStandin(ctx context.Context, engine stage.Engine, d specs.Distro, target string, s *ui.Stage) error {
	rootfs, err := rootfsRef(d.Standin)
	if err != nil {
		return err
	}
	files, err := b.standinFiles()
	if err != nil {
		return err
	}
	ref, err := b.standinRef(d, target)
	if err != nil {
		return err
	}
	s.Note("build the stand-in, " + target)
	_, err = engine.Build(ctx, containers.BuildSpec{
		ContextTar: stage.Stream(stage.Tar(files)),
		Target:     target,
		Tag:        ref,
		Args: buildArgs(ctx, map[string]string{
			"ROOTFS": rootfs, "EL": strconv.Itoa(d.EL), "DIST": d.Dist + standinSuffix,
		}),
		Network: true,
		Log:     s.Log(),
		Step:    s.Step,
	})
	return err
}

// The scripts of the stand-in: what makes a suite's userland on this machine, and what
// makes the RPM repositories in a build.
const (
	bootstrapScript  = "standin-bootstrap.sh"
	repositoryScript = "standin-repository.sh"
)

func rootfsRef(suite string) (string, error) {
	text, err := scripts.Read(bootstrapScript)
	if err != nil {
		return "", err
	}
	key := stagecache.NewKey("rootfs", standinStage).String("suite", suite).Bytes(bootstrapScript, text)
	return imageRef("standin-rootfs", suite, key.Sum()), nil
}

// rootfs bootstraps a Debian suite on this machine and imports it.
func (b *Builder) rootfs(ctx context.Context, engine stage.Engine, suite string, s *ui.Stage) (string, error) {
	ref, err := rootfsRef(suite)
	if err != nil {
		return "", err
	}
	if _, here, err := engine.ImageID(ctx, ref); err != nil || here {
		return ref, err
	}
	work, err := os.MkdirTemp("", "verbsmith-rootfs-")
	if err != nil {
		return "", fmt.Errorf("create a directory for the stand-in's userland: %w", err)
	}
	defer os.RemoveAll(work)
	archive := filepath.Join(work, "rootfs.tar")
	s.Note("bootstrap Debian " + suite)
	if err := stage.HostScript(ctx, s, bootstrapScript, suite, archive); err != nil {
		return "", err
	}
	f, err := os.Open(archive)
	if err != nil {
		return "", fmt.Errorf("open the bootstrapped userland: %w", err)
	}
	defer f.Close()
	_, err = engine.Import(ctx, f, ref, nil)
	return ref, err
}

// imageRef names an image of ours by what it is and the digest of its inputs.
func imageRef(kind, what, key string) string {
	return fmt.Sprintf("verbsmith/%s:%s-%.16s", kind, what, key)
}
