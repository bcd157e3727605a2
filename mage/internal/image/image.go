// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"fmt"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/timing"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// image is an image that a stage needs, and the way to make it if it is not on the engine.
type image struct {
	ref   string
	note  string   // shown while it is made
	from  string   // the site's registry has it under this reference, which is shown; "": not from there
	lock  string   // one run makes it while others wait; "": the engine takes care of that
	on    []*image // what it stands on, which is made first
	fresh bool     // make it in any case, without the engine's layer cache
	how   maker
}

// renew sets whether an image is made in any case, and what it stands on too.
func (i *image) renew(fresh bool) {
	i.fresh = fresh
	for _, below := range i.on {
		below.renew(fresh)
	}
}

// maker makes an image. For an image that is built here its fields are all inputs of the image,
// and so its key.
type maker interface {
	make(ctx context.Context, w work) error
}

// work is a maker's environment.
type work struct {
	*ui.Stage

	engine stage.Engine
	ref    string
	fresh  bool
	// script runs the text of a script in a container.
	script func(ctx context.Context, s *ui.Stage, text []byte, spec containers.RunSpec) (containers.Result, error)
}

// ownImage is an image that is built here. Its reference ends in the key of its inputs, so an
// image that is on the engine is up to date.
func ownImage(kind, what string, how maker) (image, error) {
	key := stage.Key(kind, how)
	return image{
		ref: fmt.Sprintf("verbsmith/%s:%s-%.16s", kind, what, key.Sum()), lock: kind + "-" + what, how: how,
	}, key.Err()
}

// finder returns an image's id and whether it was on the engine: ensure or find.
type finder func(ctx context.Context, i image, s *ui.Stage) (id string, here bool, err error)

// ensure makes an image unless it is on the engine. Only this function decides that.
func (b *Builder) ensure(ctx context.Context, i image, s *ui.Stage) (id string, here bool, err error) {
	if i.lock != "" {
		unlock, err := b.Cache.Lock(ctx, i.lock, func(holder string) {
			s.Note("waiting for " + holder)
			s.Enter(timing.Wait)
		})
		s.Enter(timing.Own)
		if err != nil {
			return "", false, err
		}
		defer unlock()
	}
	if id, here, err = b.find(ctx, i, s); err != nil || here && !i.fresh {
		return id, here, err
	}
	for _, below := range i.on {
		if _, _, err := b.ensure(ctx, *below, s); err != nil {
			return "", false, err
		}
	}
	if i.note != "" {
		s.Note(i.note)
	}
	engine, err := b.Engine(ctx)
	if err != nil {
		return "", false, err
	}
	s.Enter(timing.Image)
	defer s.Enter(timing.Own)
	if err := i.how.make(ctx, work{Stage: s, engine: engine, ref: i.ref, fresh: i.fresh, script: b.ScriptText}); err != nil {
		return "", false, err
	}
	if id, here, err = b.find(ctx, i, s); err == nil && !here {
		err = fmt.Errorf("image %s is missing after it was made", i.ref) //nolint:err113 // cannot happen with a sound engine
	}
	return id, false, err
}

// find looks for an image without making it.
func (b *Builder) find(ctx context.Context, i image, s *ui.Stage) (id string, here bool, err error) {
	engine, err := b.Engine(ctx)
	if err != nil {
		return "", false, err
	}
	id, here, err = engine.ImageID(ctx, i.ref)
	if here && i.from != "" && s != nil {
		s.Note(i.from)
	}
	return id, here, err
}

// firstHere is the first of the images that is on the engine.
func (b *Builder) firstHere(ctx context.Context, s *ui.Stage, images ...image) (id string, here bool, err error) {
	for _, i := range images {
		if id, here, err = b.find(ctx, i, s); err != nil || here {
			return id, here, err
		}
	}
	return "", false, nil
}

// built is the input of the engine's builder for an image.
type built struct {
	Files  []stage.File // the context, with the Containerfile
	Target string       // the stage of the Containerfile; "": the last
	Args   map[string]string
}

// make implements maker.
func (in built) make(ctx context.Context, w work) error {
	_, err := w.engine.Build(ctx, containers.BuildSpec{
		ContextTar: stage.Stream(stage.Tar(in.Files)), Target: in.Target, Tag: w.ref,
		Args: buildArgs(ctx, in.Args), Network: true, NoCache: w.fresh, Log: w.Log(), Step: w.Step,
	})
	return err
}

// installed is the input of an image that a script makes of another one in a container with a network, as root.
type installed struct {
	Base   string       // image
	Script []byte       // its text
	Argv   []string     // its name and its arguments
	Files  []stage.File // below ScriptDir, which is not part of the image
}

// make implements maker.
func (in installed) make(ctx context.Context, w work) error {
	_, err := w.script(ctx, w.Stage, in.Script, containers.RunSpec{
		Argv: in.Argv, Name: toolchainKind, Image: in.Base, Root: true, User: "root", Network: true, Repositories: true,
		Volumes: []containers.VolumeMount{{Path: stage.ScriptDir}},
		Inputs:  []containers.Input{{Path: stage.ScriptDir, Write: stage.Tar(in.Files)}},
		Commit:  w.ref,
	})
	return err
}

// pulled is an image of a registry.
type pulled struct{ advice string }

// registryImage is an image that is pulled; advice says what to try if that fails.
func (b *Builder) registryImage(usual, advice string) image {
	i := image{ref: b.Mirror.Reference(usual)}
	if b.Mirror != "" {
		i.from = i.ref
		advice = strings.TrimSuffix("check "+MirrorVariable+"; "+advice, "; ")
	}
	i.note, i.how = "pull "+i.ref, pulled{advice: advice}
	return i
}

// make implements maker.
func (in pulled) make(ctx context.Context, w work) error {
	err := w.engine.Pull(ctx, w.ref, func(pr containers.PullProgress) {
		_, _ = fmt.Fprintf(w.Log(), "%s %s %d/%d\n", pr.Layer, pr.Status, pr.Current, pr.Total)
		if pr.Total > 0 {
			w.Bytes(pr.Current, pr.Total, pr.Layer+" "+pr.Status)
		}
	})
	if err != nil && in.advice != "" {
		return &stage.AdviceError{Err: err, What: in.advice}
	}
	return err
}
