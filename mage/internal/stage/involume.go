// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/timing"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// VolumeInput is everything that an output in a volume of the engine depends on. The output
// stays there because it is too large to copy, or because the next one is built from it. As
// with a Contained input, its fields and its containers are the key.
type VolumeInput interface {
	// Volume is the volume with the output. No other stage writes to it.
	Volume() containers.VolumeMount
	// Containers make the output, one after the other. The user of the last one writes the key.
	Containers() []containers.RunSpec
	// Missing returns the files to copy into the volume before the first container starts.
	// read returns a file of the volume by its name, nil if there is none.
	Missing(read func(name string) ([]byte, error)) ([]File, error)
}

// keyFile is the file in a volume with the key of its content. It is emptied before the first
// change, and limits.sh writes it after the last container's command has succeeded.
const keyFile = "key"

// The environment variables that limits.sh reads.
const (
	keyVariable     = "OUTPUT_KEY"
	keyFileVariable = "OUTPUT_KEY_FILE"
)

// MakeInVolume makes the output of the stage for the input in its volume, unless the
// volume holds it already. No other run changes the volume until release is called, after
// the last read; the same run may request the same output again. After an error nothing is
// held.
//
// Errors: *Error, with an *InUseError if this run still holds another output in the volume,
// or with a *containers.RunError.
func (r *Runner) MakeInVolume(ctx context.Context, name string, in VolumeInput) (release func(), err error) {
	s := r.Begin(name)
	w := volumeWork{runner: r, name: name, stage: s, in: in, key: volumeKey(name, in)}
	release, hit, err := w.make(ctx)
	return release, r.End(name, s, hit, err)
}

// volumeWork makes one output in a volume.
type volumeWork struct {
	runner *Runner
	engine Engine
	name   string // of the stage
	stage  *ui.Stage
	in     VolumeInput
	key    *stagecache.KeyBuilder
}

// make locks the volume and makes sure that it holds the output.
func (w *volumeWork) make(ctx context.Context) (release func(), hit bool, err error) {
	if err := w.key.Err(); err != nil {
		return nil, false, err
	}
	if w.engine, err = w.runner.Engine(ctx); err != nil {
		return nil, false, err
	}
	owner, volume := w.runner.volumeOwner(), w.in.Volume().Name
	if release, shared, err := owner.volumes.share(volume, w.key.Sum()); shared || err != nil {
		return release, shared, err
	}
	unlock, err := owner.Cache.Lock(ctx, volume, func(holder string) {
		w.stage.Note("waiting for " + holder)
		w.stage.Enter(timing.Wait)
	})
	w.stage.Enter(timing.Own)
	if err != nil {
		return nil, false, err
	}
	if hit, err = w.fill(ctx); err != nil {
		unlock()
		return nil, false, err
	}
	return owner.volumes.keep(volume, w.key.Sum(), unlock), hit, nil
}

// errHeld ends a container that is not needed, because the volume holds the output.
var errHeld = errors.New("the volume holds the output")

// fill makes the output unless the volume holds it. The first container is also the one that the
// volume is read with: creating another takes longer than most edits take to compile.
func (w *volumeWork) fill(ctx context.Context) (hit bool, err error) {
	specs := slices.Clone(w.in.Containers())
	specs[0].Prepare = w.missing
	last := &specs[len(specs)-1]
	env := map[string]string{keyVariable: w.key.Sum(), keyFileVariable: w.file(keyFile)}
	maps.Copy(env, last.Env)
	last.Env = env
	for _, spec := range specs {
		err := w.runner.runContained(ctx, w.stage, spec)
		if errors.Is(err, errHeld) {
			return true, nil
		}
		if err != nil {
			return false, errors.Join(err, w.takeBack(ctx, err))
		}
	}
	// The empty entry records the inputs, so that Explain can compare the next key with them.
	_, err = w.runner.do(ctx, w.stage, w.key, func(context.Context, string) error { return nil })
	return false, err
}

// missing is what goes into the volume before the containers run: an empty key, then the files that
// differ from the volume's. It is errHeld if the volume holds the output.
func (w *volumeWork) missing(read func(file string) ([]byte, error)) ([]containers.Input, error) {
	readOne := func(name string) ([]byte, error) {
		data, err := read(w.file(name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return data, err
	}
	have, err := readOne(keyFile)
	if err != nil {
		return nil, fmt.Errorf("read the volume's key: %w", err)
	}
	if string(have) == w.key.Sum() {
		return nil, errHeld
	}
	why := w.runner.Cache.Explain(w.name, w.key)
	if len(why) == 0 && len(have) > 0 {
		why = []string{"the volume's content"}
	}
	if len(why) > 0 {
		w.stage.Note("changed: " + joinNames(why))
	}
	files, err := w.in.Missing(readOne)
	if err != nil {
		return nil, err
	}
	return []containers.Input{w.input(files...)}, nil
}

// takeBack empties the key after a container that exited with 0 but hit a limit: only the
// engine noticed, so limits.sh has written the key.
func (w *volumeWork) takeBack(ctx context.Context, err error) error {
	failed, ok := errors.AsType[*containers.RunError](err)
	if !ok || failed.Status != 0 {
		return nil
	}
	all := w.in.Containers()
	_, err = w.engine.Run(ctx, containers.RunSpec{
		Name: "key", Image: all[len(all)-1].Image, Argv: []string{"/bin/sh", "-c", ":"}, User: all[len(all)-1].User,
		Volumes: []containers.VolumeMount{w.in.Volume()}, Inputs: []containers.Input{w.input()}, Log: w.stage.Log(),
	})
	return err
}

// input empties the key and then copies files.
func (w *volumeWork) input(files ...File) containers.Input {
	return BuilderInput(w.in.Volume().Path, append([]File{{Name: keyFile, Owner: BuilderUID}}, files...))
}

func (w *volumeWork) file(name string) string { return path.Join(w.in.Volume().Path, name) }
