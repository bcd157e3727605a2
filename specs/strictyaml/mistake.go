// SPDX-License-Identifier: Apache-2.0

package strictyaml

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/resnics/verbsmith/specs/edit"
)

// Mistake is one mistake in a data file.
//
//nolint:errname // "mistake" is the word for it, here and in the messages
type Mistake struct {
	// File is the name that was given to Decode.
	File string
	// Line and Column count from 1; columns count characters.
	Line, Column int
	// Path leads to the value, as in "releases[3].origins[0].sha256". It is empty for the whole
	// document.
	Path string
	// Want and Got are the expected and the actual value.
	Want, Got string
}

// Error returns "file:line:column: path: want X, got Y".
func (m *Mistake) Error() string {
	path := m.Path
	if path != "" {
		path += ": "
	}
	return fmt.Sprintf("%s:%d:%d: %swant %s, got %s", edit.Printable(m.File), m.Line, m.Column, path, m.Want, m.Got)
}

// Mistakes returns the mistakes in err, in the order of the file, nil if there are none.
func Mistakes(err error) []*Mistake {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*Mistake
		for _, e := range joined.Unwrap() {
			all = append(all, Mistakes(e)...)
		}
		return all
	}
	if m, ok := errors.AsType[*Mistake](err); ok {
		return []*Mistake{m}
	}
	return Mistakes(errors.Unwrap(err))
}

// maxMistakes limits the reported mistakes of one file: a hostile file may have one in each
// byte.
const maxMistakes = 20

// join sorts mistakes by position, drops repeated ones, and makes one error of them.
func join(mistakes []*Mistake) error {
	slices.SortStableFunc(mistakes, func(a, b *Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Path, b.Path))
	})
	mistakes = slices.CompactFunc(mistakes, func(a, b *Mistake) bool { return *a == *b })
	if more := len(mistakes) - maxMistakes; more > 0 {
		last := *mistakes[maxMistakes]
		last.Path, last.Want, last.Got = "", "at most "+strconv.Itoa(maxMistakes)+" mistakes", strconv.Itoa(more)+" more from here on"
		mistakes = append(mistakes[:maxMistakes], &last)
	}
	errs := make([]error, 0, len(mistakes))
	for _, m := range mistakes {
		errs = append(errs, m)
	}
	return errors.Join(errs...)
}

// maxShown is the number of characters of a value that a mistake shows.
const maxShown = 60

// quoted returns s in quotes, escaped and cut to a length that fits a line.
func quoted(s string) string {
	if r := []rune(s); len(r) > maxShown {
		return strconv.Quote(string(r[:maxShown])) + "... (" + strconv.Itoa(len(r)) + " characters)"
	}
	return strconv.Quote(s)
}
