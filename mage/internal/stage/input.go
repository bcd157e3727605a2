// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// Input is everything that a stage's output depends on. Its fields are the stage's key
// (see Key), and Make receives nothing else but a Work, so it cannot use anything that is not
// in the key.
//
// The key also covers the program that does the work: the digest of this program or, for a
// Contained input, its container.
type Input interface {
	// Make fills w.Dir, which is empty.
	Make(ctx context.Context, w *Work) error
}

// Contained is an Input whose work is done by one container. The container's image,
// script, command, environment, user, network and volumes are in the key in place of
// this program's digest; the files that go in have to be in the input's fields.
type Contained interface {
	Input
	// Container describes the container that Work.Run runs. Argv is the name of an embedded
	// script and its arguments. The Dir of an output is relative to Work.Dir.
	Container() containers.RunSpec
}

// Work is a stage's environment while it makes its output.
type Work struct {
	*ui.Stage

	Dir string // becomes the output if Make returns nil

	runner *Runner
	input  Input
	vary   func(containers.RunSpec) containers.RunSpec // see Anew
}

// Run runs the container of a Contained input; its output goes to the stage's log. What goes into
// it as machinery is not in the key: it must not change a byte of the output.
//
// Errors: *containers.RunError if the script fails.
func (w *Work) Run(ctx context.Context, machinery ...containers.Input) error {
	spec := w.input.(Contained).Container() //nolint:forcetypeassert // only such an input has a container to run
	spec.Inputs = slices.Concat(spec.Inputs, machinery)
	spec.Outputs = slices.Clone(spec.Outputs)
	for i, out := range spec.Outputs {
		spec.Outputs[i].Dir = filepath.Join(w.Dir, out.Dir)
	}
	if w.vary != nil {
		spec = w.vary(spec)
	}
	return w.runner.runContained(ctx, w.Stage, spec)
}

// Part makes, or finds in the cache, the output for another input, as a part of this stage.
func (w *Work) Part(ctx context.Context, name string, in Input) (stagecache.Entry, error) {
	return w.runner.MakePart(ctx, w.Stage, name, in)
}

// runContained creates the container's volumes and runs it; its output goes to the stage's log.
func (r *Runner) runContained(ctx context.Context, s *ui.Stage, spec containers.RunSpec) error {
	if spec.Log == nil {
		spec.Log = s.Output()
	}
	engine, err := r.Engine(ctx)
	if err != nil {
		return err
	}
	for _, v := range spec.Volumes {
		if v.Name == "" {
			continue
		}
		if err := engine.EnsureVolume(ctx, v.Name, nil); err != nil {
			return err
		}
	}
	_, err = r.Script(ctx, s, spec)
	return err
}

// Make returns the output of the stage for the input. It calls the input's Make unless the
// cache has an output for the same key.
//
// Errors: *Error, with that of the input's Make.
func (r *Runner) Make(ctx context.Context, name string, in Input) (stagecache.Entry, error) {
	return r.MakeAndRead(ctx, name, in, func(stagecache.Entry) error { return nil })
}

// MakeAndRead is Make, and calls read with the output as part of the stage, also if the
// output was cached. Results that Go code computes from a container's output belong there: in
// the output they could come from an older program. An error of read fails the stage.
func (r *Runner) MakeAndRead(
	ctx context.Context, name string, in Input, read func(stagecache.Entry) error,
) (stagecache.Entry, error) {
	s := r.Begin(name)
	end := s.Part("key")
	key := inputKey(name, in)
	end()
	entry, err := r.do(ctx, s, key, func(ctx context.Context, dir string) error {
		if why := r.Cache.Explain(name, key); len(why) > 0 {
			s.Note("changed: " + joinNames(why))
		}
		return in.Make(ctx, &Work{Stage: s, Dir: dir, runner: r, input: in})
	})
	if err == nil {
		err = read(entry)
	}
	if err != nil {
		return entry, r.End(name, s, false, err)
	}
	return entry, r.end(s, r.timesOf(ctx, s, entry), nil)
}

// Has reports whether the cache has the output for the input, so that Make would not call the
// input's Make.
func (r *Runner) Has(name string, in Input) bool { return r.Cache.Has(inputKey(name, in)) }

// MakePart is Make for a part of stage s, without a line of its own on the display.
func (r *Runner) MakePart(ctx context.Context, s *ui.Stage, name string, in Input) (stagecache.Entry, error) {
	return r.do(ctx, s, inputKey(name, in), func(ctx context.Context, dir string) error {
		return r.MakeIn(ctx, s, dir, in)
	})
}

// MakeIn makes the output for the input in a directory of the caller's, without the cache.
func (r *Runner) MakeIn(ctx context.Context, s *ui.Stage, dir string, in Input) error {
	return in.Make(ctx, &Work{Stage: s, Dir: dir, runner: r, input: in})
}
