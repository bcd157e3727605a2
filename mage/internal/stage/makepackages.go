// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
)

// PackagesInput is the input of packages.
type PackagesInput struct {
	Input

	Script   string // that makes them
	Compiler Compiler
	Files    []File
	Anew     Anew
}

// Anew says where packages are made without the cache and without anything that an earlier run has compiled. The zero value is
// nowhere: they come from the cache.
type Anew struct {
	Dir string
	// Vary changes the container that makes them; nil: it stays as it is.
	Vary func(containers.RunSpec) containers.RunSpec
}

// MakePackages is MakeAndRead for packages, with what they are made from.
func (r *Runner) MakePackages(
	ctx context.Context, name string, in PackagesInput, read func(dir string) error,
) (artifact.Packages, error) {
	made := artifact.Packages{Environment: in.Compiler.Environment()}
	if in.Anew.Dir != "" {
		s := r.Begin(name)
		var err error
		made.Dir = in.Anew.Dir
		if made.Inputs, err = digests(in.Files, in.Script); err == nil {
			err = in.Make(ctx, &Work{Stage: s, Dir: in.Anew.Dir, runner: r, input: in.Input, vary: in.Anew.Vary})
		}
		if err == nil {
			err = read(in.Anew.Dir)
		}
		return made, r.End(name, s, false, err)
	}
	entry, err := r.MakeAndRead(ctx, name, in.Input, func(entry stagecache.Entry) (err error) {
		if made.Inputs, err = digests(in.Files, in.Script); err != nil {
			return err
		}
		return read(entry.Dir)
	})
	made.Dir, made.Key, made.Digest = entry.Dir, entry.Key, entry.Digest
	return made, err
}
