// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"strconv"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
	"github.com/resnics/verbsmith/specs"
)

const (
	// repositoryScript creates the stand-in's RPM repositories during a build.
	repositoryScript = "standin-repository.sh"
)

// The stages of the stand-in's Containerfile: the base of proofs and the base of toolchains.
const (
	standinMinimal = "minimal"
	standinFull    = "full"
)

// standin is the stand-in for a distro: the minimal and the full image.
func (b *Builder) standin(ctx context.Context, d specs.Distro, get finder, s *ui.Stage) (artifact.Base, bool, error) {
	base := artifact.Base{Standin: true, Local: true, Folder: d.Name + artifact.StandinSuffix, Site: b.Site}
	minimal, err := b.standinImage(d, standinMinimal)
	if err != nil {
		return base, false, err
	}
	full, err := b.standinImage(d, standinFull)
	if err != nil {
		return base, false, err
	}
	base.Ref = full.ref
	var minimalHere, fullHere bool
	if base.Minimal, minimalHere, err = get(ctx, minimal, s); err != nil {
		return base, false, err
	}
	base.ID, fullHere, err = get(ctx, full, s)
	return base, minimalHere && fullHere, err
}

// standinImage is one of the stand-in's images, on the userland of the distro's suite.
func (b *Builder) standinImage(d specs.Distro, target string) (image, error) {
	userland, err := userlandImage(d.Standin)
	if err != nil {
		return image{}, err
	}
	files, err := b.standinFiles()
	if err != nil {
		return image{}, err
	}
	el := strconv.Itoa(d.EL)
	if d.Fedora > 0 {
		el = d.Tag()
	}
	i, err := ownImage("standin", d.Name+"-"+target, built{Files: files, Target: target, Args: map[string]string{
		"ROOTFS": userland.ref, "EL": el, "DIST": d.Dist + artifact.StandinSuffix,
	}})
	i.on, i.note = &userland, "build the stand-in, "+target
	return i, err
}

// standinFiles is the build's context: the directory, with only the instructions of its
// Containerfile, and the script that they run.
func (b *Builder) standinFiles() ([]stage.File, error) {
	files, err := stage.EmbeddedFiles(b.Files, "standin")
	if err != nil {
		return nil, err
	}
	for i, f := range files {
		if f.Name == containerfileName {
			files[i].Data = instructions(f.Data)
		}
	}
	text, err := scripts.Read(repositoryScript)
	if err != nil {
		return nil, err
	}
	return append(files, stage.File{Name: repositoryScript, Data: text, Mode: 0o755}), nil
}
