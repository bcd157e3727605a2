// SPDX-License-Identifier: Apache-2.0

package reproduce

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/scripts"
	"github.com/resnics/verbsmith/specs"
)

// Reproducer builds with variations.
type Reproducer struct{ *stage.Runner }

const libraryStage = "vary"

// Library compiles the library that the variations need, with a toolchain that they are for, and gives it as an input of a container.
//
// Errors: *containers.RunError.
func (r *Reproducer) Library(ctx context.Context, tc artifact.Toolchain) (containers.Input, error) {
	s := r.Begin(libraryStage)
	library, err := r.Preload(ctx, s, tc.ID, scripts.VarySource, scripts.VaryText, preloadDir)
	return library, r.EndLook(libraryStage, s, err)
}

// Choose gives the variations of a list: names separated by commas, or All or Each, for all that go together. each says that it is Each.
//
// Errors: *specs.UnknownError, errAlone.
func Choose(list string) (chosen []Variation, each bool, err error) {
	known, names := Variations(), strings.Split(list, ",")
	each = list == Each
	switch {
	case each, list == All:
		names = together()
	case slices.Contains(names, All), slices.Contains(names, Each):
		return nil, false, errAlone
	}
	all := make([]string, 0, len(known)+1)
	for _, v := range known {
		all = append(all, v.Name)
	}
	for _, name := range names {
		i := slices.Index(all, name)
		if i < 0 {
			return nil, false, &specs.UnknownError{Kind: "variation", Name: name, Known: append(all, All, Each)}
		}
		chosen = append(chosen, known[i])
	}
	return chosen, each, nil
}

var errAlone = errors.New("-vary: want all, each, or names of variations, and no mixture of these")

// All is every variation at once; Each is one build for every variation alone, and one for all.
const (
	All  = "all"
	Each = "each"
)

// Vary changes a container for the variations.
//
// Errors: that of the seccomp profile.
func Vary(all []Variation, library containers.Input) (func(containers.RunSpec) containers.RunSpec, error) {
	profile, err := containers.AllowFixedAddresses()
	if err != nil {
		return nil, fmt.Errorf("hold addresses: %w", err)
	}
	one := merge(all)
	return func(spec containers.RunSpec) containers.RunSpec { return one.apply(spec, library, profile) }, nil
}
