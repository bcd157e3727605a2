// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/scripts"
)

const (
	installScript = "lab-install.sh"     // of RPMs
	unpackScript  = "lab-unpack-debs.sh" // of Debian's packages

	diskScript   = "lab-disk.sh"
	guestFolder  = "/guest"
	guestDisk    = guestFolder + "/disk.img"
	guestArchive = guestFolder + "/root.tar"
)

// Guest installs packages together in a clean container and writes its file system to a disk in
// a volume, which never leaves the engine. No other run changes the disk until the guest
// is released.
//
// Errors: *containers.RunError.
func (b *Bench) Guest(
	ctx context.Context, j job.Job, base artifact.Base, dists []artifact.Dist, lab artifact.Lab,
) (artifact.Guest, error) {
	in := guestInput{
		VolumeName: b.guestVolume(j, base, dists), Installer: base.Minimal, Lab: lab.ID,
		Network: base.Network(), Argv: []string{installScript, "/rpms", guestArchive}, Beside: stage.Scripts{scripts.DNFInstall},
	}
	if dists[0].Debian() {
		processor := j.Processor().Debian()
		in.Network, in.Argv, in.Beside = true, []string{unpackScript, "/" + stage.PackagesDir(dists[0]), guestArchive, processor}, nil
	}
	for _, dist := range dists {
		files, _, err := stage.Installable(dist)
		if err != nil {
			return artifact.Guest{}, err
		}
		in.Packages = append(in.Packages, files...)
	}
	release, err := b.MakeInVolume(ctx, "guest", in)
	return artifact.Guest{Volume: in.VolumeName, Release: release}, err
}

func (b *Bench) guestVolume(j job.Job, base artifact.Base, dists []artifact.Dist) string {
	name := append([]string{"disk", base.Folder, dists[0].Manifest.Label()}, j.Identity()...)
	if j.Cross != "" {
		name = append(name, string(j.Cross))
	}
	for _, beside := range dists[1:] {
		name = append(name, artifact.AddonName+beside.Manifest.Label())
	}
	return b.Volume(name...)
}

// guestInput is the input of a guest's disk.
type guestInput struct {
	VolumeName string
	Installer  string   // the image that dnf installs into
	Lab        string   // the image with mke2fs
	Network    bool     // a real distro fetches dependencies
	Argv       []string // the script that installs, with its arguments
	Packages   []stage.File
	Beside     stage.Scripts // run by the script that installs
}

// Volume implements stage.VolumeInput.
func (in guestInput) Volume() containers.VolumeMount {
	return containers.VolumeMount{Name: in.VolumeName, Path: guestFolder, UID: stage.BuilderUID, GID: stage.BuilderUID}
}

// Containers implements stage.VolumeInput.
func (in guestInput) Containers() []containers.RunSpec {
	volumes := []containers.VolumeMount{in.Volume()}
	return []containers.RunSpec{
		{
			Argv: in.Argv,
			Name: "guest", Image: in.Installer, Root: true, User: "root", Network: in.Network, Repositories: true, Volumes: volumes,
			Inputs: []containers.Input{stage.ScriptInput(in.Beside...), {Path: "/", Write: stage.Tar(in.Packages)}},
		},
		{
			Argv: []string{diskScript, guestArchive, guestDisk},
			Name: "disk", Image: in.Lab, User: labUser, Volumes: volumes,
		},
	}
}

// Missing implements stage.VolumeInput: no disk depends on a previous one.
func (guestInput) Missing(func(string) ([]byte, error)) ([]stage.File, error) { return nil, nil }
