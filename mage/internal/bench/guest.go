// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"io/fs"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
)

const (
	installScript = "lab-install.sh"

	diskScript   = "lab-disk.sh"
	guestFolder  = "/guest"
	guestDisk    = guestFolder + "/disk.img"
	guestArchive = guestFolder + "/root.tar"
)

// Guest installs packages together in a clean container and makes a disk of it,
// in a volume: it never leaves the engine.
//
// Errors: *containers.RunError.
func (b *Bench) Guest(
	ctx context.Context, j job.Job, base artifact.Base, dists []artifact.Dist, lab artifact.Lab,
) (artifact.Guest, error) {
	g := artifact.Guest{Volume: b.guestVolume(j, base, dists)}
	engine, err := b.Engine(ctx)
	if err != nil {
		return g, err
	}
	key, err := stage.ScriptKey("guest", labStage, installScript, scripts.DNFInstall, diskScript)
	if err != nil {
		return g, err
	}
	for _, dist := range dists {
		if key, err = stage.InstallableKey(key, dist); err != nil {
			return g, err
		}
	}
	key = key.String("minimal", base.Minimal).String("lab", lab.ID)
	if err := key.Err(); err != nil {
		return g, err
	}
	s := b.Begin("guest")
	hit, err := b.guest(ctx, engine, g, key.Sum(), base, dists, lab, s)
	return g, b.End("guest", s, hit, err)
}

func (b *Bench) guestVolume(j job.Job, base artifact.Base, dists []artifact.Dist) string {
	name := append([]string{"guest", base.Folder, dists[0].Manifest.Label()}, j.Identity()...)
	for _, beside := range dists[1:] {
		name = append(name, artifact.AddonName+beside.Manifest.Label())
	}
	return b.Volume(name...)
}

func (b *Bench) guest(
	ctx context.Context, engine stage.Engine, g artifact.Guest, key string, base artifact.Base, dists []artifact.Dist,
	lab artifact.Lab, s *ui.Stage,
) (hit bool, err error) {
	unlock, err := b.Cache.Lock(ctx, g.Volume, func(holder string) { s.Note("waiting for " + holder) })
	if err != nil {
		return false, err
	}
	defer unlock()
	if err := engine.EnsureVolume(ctx, g.Volume, nil); err != nil {
		return false, err
	}
	mount := containers.VolumeMount{Name: g.Volume, Path: guestFolder, UID: stage.BuilderUID, GID: stage.BuilderUID}
	have, err := engine.ReadFile(ctx, lab.ID, []containers.VolumeMount{mount}, guestDisk+".key")
	if err == nil && string(have) == key {
		return true, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	var packages []stage.File
	for _, dist := range dists {
		files, _, err := stage.Installable(dist)
		if err != nil {
			return false, err
		}
		packages = append(packages, files...)
	}
	beside, err := stage.ScriptInput(scripts.DNFInstall)
	if err != nil {
		return false, err
	}
	_, err = b.Script(ctx, s, containers.RunSpec{
		Argv: []string{installScript, "/rpms", guestArchive},
		Name: "guest", Image: base.Minimal, Root: true, User: "root",
		Network: !base.Standin, // a real distro fetches dependencies
		Volumes: []containers.VolumeMount{mount},
		Inputs:  []containers.Input{beside, {Path: "/", Write: stage.Tar(packages)}},
	})
	if err != nil {
		return false, err
	}
	_, err = b.Script(ctx, s, containers.RunSpec{
		Argv: []string{diskScript, guestArchive, guestDisk, key},
		Name: "disk", Image: lab.ID, User: labUser, Volumes: []containers.VolumeMount{mount},
	})
	return false, err
}
