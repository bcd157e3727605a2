// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"path/filepath"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const (
	installScript = "lab-install.sh"
	dnfScript     = "dnf-install.sh"
	diskScript    = "lab-disk.sh"
	guestFolder   = "/guest"
	guestDisk     = guestFolder + "/disk.img"
	guestArchive  = guestFolder + "/root.tar"
)

// Guest installs packages together in a clean container and makes a disk of it,
// in a volume: it never leaves the engine.
//
// Errors: *containers.RunError.
func (p *Pipeline) Guest(ctx context.Context, job job.Job, base artifact.Base, dists []artifact.Dist, lab artifact.Lab) (artifact.Guest, error) {
	g := artifact.Guest{Volume: p.guestVolume(job, base, dists)}
	engine, err := p.Engine(ctx)
	if err != nil {
		return g, err
	}
	key, err := scriptKey("guest", labStage, installScript, dnfScript, diskScript)
	if err != nil {
		return g, err
	}
	for _, dist := range dists {
		if key, err = packagesKey(key, dist); err != nil {
			return g, err
		}
	}
	key = key.String("minimal", base.Minimal).String("lab", lab.ID)
	if err := key.Err(); err != nil {
		return g, err
	}
	s := p.begin("guest")
	hit, err := p.guest(ctx, engine, g, key.Sum(), base, dists, lab, s)
	return g, p.end("guest", s, hit, err)
}

func (p *Pipeline) guestVolume(job job.Job, base artifact.Base, dists []artifact.Dist) string {
	name := append([]string{"guest", base.Folder, dists[0].Manifest.Label()}, job.Identity()...)
	for _, beside := range dists[1:] {
		name = append(name, artifact.AddonName+beside.Manifest.Label())
	}
	return p.volume(name...)
}

func (p *Pipeline) guest(
	ctx context.Context, engine *containers.Engine, g artifact.Guest, key string, base artifact.Base, dists []artifact.Dist, lab artifact.Lab, s *ui.Stage,
) (hit bool, err error) {
	unlock, err := p.Cache.Lock(ctx, g.Volume, func(holder string) { s.Note("waiting for " + holder) })
	if err != nil {
		return false, err
	}
	defer unlock()
	if err := engine.EnsureVolume(ctx, g.Volume, nil); err != nil {
		return false, err
	}
	mount := containers.VolumeMount{Name: g.Volume, Path: guestFolder, UID: builderUID, GID: builderUID}
	have, err := engine.ReadFile(ctx, lab.ID, []containers.VolumeMount{mount}, guestDisk+".key")
	if err == nil && string(have) == key {
		return true, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	var packages []tarFile
	for _, dist := range dists {
		files, _, err := installable(dist)
		if err != nil {
			return false, err
		}
		packages = append(packages, files...)
	}
	beside, err := scriptInput(dnfScript)
	if err != nil {
		return false, err
	}
	_, err = p.runScript(ctx, s, containers.RunSpec{
		Argv: []string{installScript, "/rpms", guestArchive},
		Name: "guest", Image: base.Minimal, Root: true, User: "root",
		Network: !base.Standin, // a real distro fetches dependencies
		Volumes: []containers.VolumeMount{mount},
		Inputs:  []containers.Input{beside, {Path: "/", Write: tarOf(packages)}},
	})
	if err != nil {
		return false, err
	}
	_, err = p.runScript(ctx, s, containers.RunSpec{
		Argv: []string{diskScript, guestArchive, guestDisk, key},
		Name: "disk", Image: lab.ID, User: labUser, Volumes: []containers.VolumeMount{mount},
	})
	return false, err
}

// packagesKey adds the packages that are installed, by their content: what a manifest says
// of them does not change what they are.
func packagesKey(key *stagecache.KeyBuilder, d artifact.Dist) (*stagecache.KeyBuilder, error) {
	files, _, err := installable(d)
	for _, f := range files {
		key = key.File(f.name+" of "+filepath.Base(d.Dir), f.path)
	}
	return key, err
}

// installable are dist's binary packages without those of debugging data, as
// files below rpms/ or debs/, and their names.
func installable(d artifact.Dist) (files []tarFile, names []string, err error) {
	folder := packagingOf(d).folder + "/"
	for _, f := range d.Manifest.Files {
		file := filepath.Join(d.Dir, filepath.FromSlash(f.Path))
		if isDeb(f.Path) && !isDebugDeb(f.Path) {
			name, _ := DebName(f.Path)
			names = append(names, name)
			files = append(files, tarFile{name: folder + path.Base(f.Path), path: file})
		}
		if !isRPM(f.Path) {
			continue
		}
		info, err := ReadRPM(file)
		if err != nil {
			return nil, nil, err
		}
		if !isDebugPackage(info.Name) {
			names = append(names, info.Name)
			files = append(files, tarFile{name: folder + path.Base(f.Path), path: file})
		}
	}
	return files, names, nil
}
