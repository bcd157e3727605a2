// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/specs"
)

// Cell is one cell of a matrix, with its provider's own name.
type Cell struct {
	specs.MatrixCell

	// Name is the provider's name; Provider is how the matrix names it.
	Name string
}

// ID names a cell among those of a matrix: release, target, processor, provider and kind of packages, with slashes between.
func (c Cell) ID() string {
	return path.Join(c.Release, c.Target(), string(c.Processor), c.Name, c.Packages)
}

// TwiceError says that two cells of a matrix would have one name.
type TwiceError struct{ ID, First, Second string }

// Error names both providers.
func (e *TwiceError) Error() string {
	return fmt.Sprintf("two cells are %s: the providers %s and %s have the same name", e.ID, e.First, e.Second)
}

// CheckIDs finds two cells of one ID: *TwiceError.
func CheckIDs(cells []Cell) error {
	seen := map[string]Cell{}
	for _, c := range cells {
		if other, there := seen[c.ID()]; there {
			return &TwiceError{ID: c.ID(), First: other.Provider, Second: c.Provider}
		}
		seen[c.ID()] = c
	}
	return nil
}

// NoCellError says that a pattern is that of no cell.
type NoCellError struct {
	Pattern string
	Some    []string // IDs, at most a few
	Cells   int
}

// Error shows what IDs look like.
func (e *NoCellError) Error() string {
	return fmt.Sprintf("no cell is %q: the matrix has %d, such as %s", e.Pattern, e.Cells, strings.Join(e.Some, ", "))
}

// Select takes the cells of patterns that are separated by commas, in the matrix's order. A pattern is an ID, in which * stands for
// the whole of a part, or for any letters of one. "" is all cells.
//
// Errors: *NoCellError; path.ErrBadPattern.
func Select(cells []Cell, patterns string) ([]Cell, error) {
	if patterns == "" {
		return cells, nil
	}
	chosen := map[string]bool{}
	for pattern := range strings.SplitSeq(patterns, ",") {
		pattern = strings.TrimSpace(pattern)
		found := false
		for _, c := range cells {
			ok, err := path.Match(pattern, c.ID())
			if err != nil {
				return nil, fmt.Errorf("cell %q: %w", pattern, err)
			}
			found = found || ok
			chosen[c.ID()] = chosen[c.ID()] || ok
		}
		if !found {
			return nil, &NoCellError{Pattern: pattern, Some: some(cells), Cells: len(cells)}
		}
	}
	return slices.DeleteFunc(slices.Clone(cells), func(c Cell) bool { return !chosen[c.ID()] }), nil
}

// some are a few IDs.
func some(cells []Cell) []string {
	const few = 3
	var ids []string
	for _, c := range cells[:min(few, len(cells))] {
		ids = append(ids, c.ID())
	}
	return ids
}
