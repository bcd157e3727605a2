// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

const (
	standinDir = "standin" // in Builder.Files

	// standinScript makes an image of a release in a container.
	standinScript = "image.sh"
	// repositoryScript creates the stand-in's RPM repositories. standinScript runs it.
	repositoryScript = "repository.py"
)

// The stand-in's images, and the arguments of standinScript: the base of proofs and the base of toolchains.
const (
	standinMinimal = "minimal"
	standinFull    = "full"
)

// standin is the stand-in for a distro: the minimal and the full image, which are made side by side.
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
	_, minimalHere, err := b.find(ctx, minimal, s)
	if err != nil {
		return base, false, err
	}
	_, fullHere, err := b.find(ctx, full, s)
	if err != nil {
		return base, false, err
	}
	here := minimalHere && fullHere
	if !here {
		for _, below := range minimal.on { // or one of the two would wait for the other one
			if _, _, err := get(ctx, *below, s); err != nil {
				return base, false, err
			}
		}
		minimal.on, full.on = nil, nil
	}
	group, running := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		base.Minimal, _, err = get(running, minimal, s)
		return err
	})
	group.Go(func() (err error) {
		base.ID, _, err = get(running, full, s)
		return err
	})
	return base, here, group.Wait() //nolint:wrapcheck // of get
}

// standinImage is one of the stand-in's images, on those of the distro's suite.
func (b *Builder) standinImage(d specs.Distro, target string) (image, error) {
	base, tools, err := b.debianImages(d.Standin)
	if err != nil {
		return image{}, err
	}
	script, files, err := b.standinFiles()
	if err != nil {
		return image{}, err
	}
	el := strconv.Itoa(d.EL)
	if d.Fedora > 0 {
		el = d.Tag()
	}
	i, err := ownImage("standin", d.Name+"-"+target, standinImage{
		Target: target, EL: el, Dist: d.Dist + artifact.StandinSuffix,
		Base: base.ref, Tools: tools.ref, Script: script, Files: files,
	})
	i.on, i.note = []*image{&base, &tools}, "build the stand-in"
	return i, err
}

// standinFiles are the script of the stand-in's images, and the files that it uses.
func (b *Builder) standinFiles() (script []byte, files []stage.File, err error) {
	all, err := stage.EmbeddedFiles(b.Files, standinDir)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range all {
		switch f.Name {
		case debianScript:
		case standinScript:
			script = f.Data
		default:
			f.Name = standinDir + "/" + f.Name
			files = append(files, f)
		}
	}
	if script == nil {
		return nil, nil, fmt.Errorf("read %s/%s: %w", standinDir, standinScript, fs.ErrNotExist)
	}
	return script, files, nil
}

// standinImage is the input of an image for a release. Its containers have no network.
type standinImage struct {
	Target, EL, Dist string
	Base, Tools      string // images of Debian
	Script           []byte
	Files            []stage.File // that the script uses
}

// make implements maker.
func (in standinImage) make(ctx context.Context, w work) error {
	spec := in.run(in.Tools, in.Target, in.EL, in.Dist)
	spec.Inputs = []containers.Input{{Path: stage.ScriptDir, Write: stage.Tar(in.Files)}}
	if in.Target == standinMinimal {
		dir, err := os.MkdirTemp("", "verbsmith-standin-")
		if err != nil {
			return fmt.Errorf("create a directory for the stand-in's repositories: %w", err)
		}
		defer os.RemoveAll(dir)
		repositories, err := in.repositories(ctx, w, dir)
		if err != nil {
			return err
		}
		spec = in.run(in.Base, in.Target)
		spec.Inputs = []containers.Input{{Path: "/usr/share/standin", Write: stage.Tar(repositories)}}
	}
	spec.Commit = w.ref
	_, err := w.script(ctx, w.Stage, in.Script, spec)
	return err
}

// run is a run of the script in an image.
func (in standinImage) run(image string, argv ...string) containers.RunSpec {
	return containers.RunSpec{
		Argv: append([]string{standinScript}, argv...), Name: standinDir + " " + argv[0], Image: image, Root: true, User: "root",
		Env: map[string]string{"LANG": "C.UTF-8"}, Volumes: []containers.VolumeMount{{Path: stage.ScriptDir}},
	}
}

// repositories creates the repositories of the minimal image. Only the image with the tools can do that.
func (in standinImage) repositories(ctx context.Context, w work, dir string) ([]stage.File, error) {
	const out = stage.ScriptDir + "/repositories"
	spec := in.run(in.Tools, "repositories", in.EL, in.Dist, out)
	spec.Inputs = []containers.Input{{Path: stage.ScriptDir, Write: stage.Tar(in.Files)}}
	spec.Outputs = []containers.Output{{Path: out, Dir: dir}}
	if _, err := w.script(ctx, w.Stage, in.Script, spec); err != nil {
		return nil, err
	}
	files, err := stage.Files(dir)
	for i := range files {
		files[i].Time = time.Unix(standinEpoch, 0)
	}
	return files, err
}

// standinEpoch is the time of the stand-in's RPMs, in seconds since 1970: SOURCE_DATE_EPOCH in standinScript.
const standinEpoch = 1577836800
