// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// VolumeInput is everything that an output depends on that stays in a volume of the engine,
// because it is too large to travel or because the next one is built from it. As with a
// Contained input, its fields and its containers are the key.
type VolumeInput interface {
	// Volume is where the output stays. It belongs to this input's stage alone.
	Volume() containers.VolumeMount
	// Containers make the output, one after the other. The last one's user writes the key.
	Containers() []containers.RunSpec
	// Missing gives what the volume lacks before the first container starts, owned by the
	// builder. read gives a file of the volume by its name, nil if there is none.
	Missing(read func(name string) ([]byte, error)) ([]File, error)
}

// keyFile is the file in a volume that has the key of what the volume holds. It is empty
// from before the first change until the last container has succeeded: limits.sh writes it.
const keyFile = "key"

// The environment by which limits.sh knows what to write where.
const (
	keyVariable     = "OUTPUT_KEY"
	keyFileVariable = "OUTPUT_KEY_FILE"
)

// MakeInVolume makes the output of the stage for the input in its volume, unless the
// volume holds it. No other run changes the volume until release is called, by the one who
// reads it last; the same run may ask for it again meanwhile. After an error nothing is held.
//
// Errors: *Error, with an *InUseError if this run still reads another output in the volume,
// or a *containers.RunError.
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

// make locks the volume and sees to it that it holds the output.
func (w *volumeWork) make(ctx context.Context) (release func(), hit bool, err error) {
	if err := w.key.Err(); err != nil {
		return nil, false, err
	}
	if w.engine, err = w.runner.Engine(ctx); err != nil {
		return nil, false, err
	}
	owner, volume := w.runner.volumeOwner(), w.in.Volume().Name
	if release, err = owner.volumes.share(volume, w.key.Sum()); release != nil || err != nil {
		return release, true, err
	}
	unlock, err := owner.Cache.Lock(ctx, volume, func(holder string) { w.stage.Note("waiting for " + holder) })
	if err != nil {
		return nil, false, err
	}
	if hit, err = w.fill(ctx); err != nil {
		unlock()
		return nil, false, err
	}
	return owner.volumes.keep(volume, w.key.Sum(), unlock), hit, nil
}

// fill makes the output unless the volume holds it.
func (w *volumeWork) fill(ctx context.Context) (hit bool, err error) {
	if err := w.engine.EnsureVolume(ctx, w.in.Volume().Name, nil); err != nil {
		return false, err
	}
	have, err := w.read(ctx, keyFile)
	if err != nil || string(have) == w.key.Sum() {
		return err == nil, err
	}
	why := w.runner.Cache.Explain(w.name, w.key)
	if len(why) == 0 && len(have) > 0 {
		why = []string{"what the volume holds"}
	}
	if len(why) > 0 {
		w.stage.Note("changed: " + joinNames(why))
	}
	if err := w.run(ctx); err != nil {
		return false, err
	}
	// An empty entry: what the next key is compared with to say what has changed.
	_, err = w.runner.Do(ctx, w.key, func(context.Context, string) error { return nil })
	return false, err
}

// run empties the key and brings what is missing before the first container starts, then
// runs all of them.
func (w *volumeWork) run(ctx context.Context) error {
	missing, err := w.in.Missing(func(name string) ([]byte, error) { return w.read(ctx, name) })
	if err != nil {
		return err
	}
	specs := slices.Clone(w.in.Containers())
	specs[0].Inputs = append([]containers.Input{w.input(missing...)}, specs[0].Inputs...)
	last := &specs[len(specs)-1]
	env := map[string]string{keyVariable: w.key.Sum(), keyFileVariable: w.file(keyFile)}
	maps.Copy(env, last.Env)
	last.Env = env
	for _, spec := range specs {
		if err := w.runner.runContained(ctx, w.stage, spec); err != nil {
			return errors.Join(err, w.takeBack(ctx, err))
		}
	}
	return nil
}

// takeBack empties the key after a container that has ended with 0 and failed all the same:
// only the engine has seen that it met a limit.
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

// input empties the key, and then brings files.
func (w *volumeWork) input(files ...File) containers.Input {
	return BuilderInput(w.in.Volume().Path, append([]File{{Name: keyFile, Owner: BuilderUID}}, files...))
}

// read reads a file of the volume; nil if there is none.
func (w *volumeWork) read(ctx context.Context, name string) ([]byte, error) {
	all := w.in.Containers()
	image := all[len(all)-1].Image
	data, err := w.engine.ReadFile(ctx, image, []containers.VolumeMount{w.in.Volume()}, w.file(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

func (w *volumeWork) file(name string) string { return path.Join(w.in.Volume().Path, name) }
