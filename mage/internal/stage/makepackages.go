// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
)

// PackagesInput is the input of packages.
type PackagesInput struct {
	Input

	Script   string // that makes them
	Compiler Compiler
	Files    []File
	// Fresh is a directory in which they are made anew, without the cache; "": they come from the cache.
	Fresh string
}

// MakePackages is MakeAndRead for packages, with what they are made from.
func (r *Runner) MakePackages(
	ctx context.Context, name string, in PackagesInput, read func(dir string) error,
) (artifact.Packages, error) {
	made := artifact.Packages{Environment: in.Compiler.Environment()}
	if in.Fresh != "" {
		s := r.Begin(name)
		var err error
		made.Dir = in.Fresh
		if made.Inputs, err = digests(in.Files, in.Script); err == nil {
			err = r.MakeIn(ctx, s, in.Fresh, in.Input)
		}
		if err == nil {
			err = read(in.Fresh)
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
