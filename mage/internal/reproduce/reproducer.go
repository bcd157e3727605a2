// SPDX-License-Identifier: Apache-2.0

package reproduce

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/scripts"
	"github.com/resnics/verbsmith/specs"
)

// Reproducer builds with variations.
type Reproducer struct{ *stage.Runner }

const (
	preloadStage = "vary"
	preloadIn    = "/builder/vary"
)

// preloadInput is the input of the library that the variations need.
type preloadInput struct {
	Toolchain string // image
	Source    []stage.File
}

// Container implements stage.Contained.
func (in preloadInput) Container() containers.RunSpec {
	return containers.RunSpec{
		Argv: []string{scripts.Preload, preloadIn + "/" + scripts.VarySource, preloadIn + "/out/" + preload},
		Name: preloadStage, Image: in.Toolchain, User: stage.Builder,
		Inputs:  []containers.Input{stage.BuilderInput(preloadIn, in.Source)},
		Outputs: []containers.Output{{Path: preloadIn + "/out"}},
	}
}

// Make implements stage.Input.
func (in preloadInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }

// Library compiles the library that the variations need, with a toolchain that they are for.
//
// Errors: *containers.RunError.
func (r *Reproducer) Library(ctx context.Context, tc artifact.Toolchain) ([]byte, error) {
	source := stage.File{Name: scripts.VarySource, Data: scripts.VaryText, Owner: stage.BuilderUID}
	var library []byte
	_, err := r.MakeAndRead(ctx, preloadStage, preloadInput{Toolchain: tc.ID, Source: []stage.File{source}},
		func(entry stagecache.Entry) (err error) {
			library, err = stagecache.ReadFile(filepath.Join(entry.Dir, preload))
			return err
		})
	return library, err
}

// Choose gives the variations of those names; "all" is all that go together.
//
// Errors: *specs.UnknownError.
func Choose(names []string) ([]Variation, error) {
	known := Variations()
	if slices.Equal(names, []string{All}) {
		names = together()
	}
	all := make([]string, 0, len(known)+1)
	for _, v := range known {
		all = append(all, v.Name)
	}
	var chosen []Variation
	for _, name := range names {
		i := slices.Index(all, name)
		if i < 0 {
			return nil, &specs.UnknownError{Kind: "variation", Name: name, Known: append(all, All, Each)}
		}
		chosen = append(chosen, known[i])
	}
	return chosen, nil
}

// All is every variation at once; Each is one build for every variation alone, and one for all.
const (
	All  = "all"
	Each = "each"
)

// Vary changes a container for the variations.
//
// Errors: that of the seccomp profile.
func Vary(all []Variation, library []byte) (func(containers.RunSpec) containers.RunSpec, error) {
	profile, err := containers.AllowFixedAddresses()
	if err != nil {
		return nil, fmt.Errorf("hold addresses: %w", err)
	}
	one := merge(all)
	return func(spec containers.RunSpec) containers.RunSpec { return one.apply(spec, library, profile) }, nil
}
