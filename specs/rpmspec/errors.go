// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"strings"

	"github.com/resnics/verbsmith/specs/edit"
)

// PlaceError says that a spec has no place, or more than one, for an edit.
type PlaceError = edit.PlaceError

// ValueError says that a value is not valid in a spec.
type ValueError = edit.ValueError

// mostBeside is how much of a line an error shows that says more of it.
const mostBeside = 40

// text checks that a value can stand in one line of prose, and returns it with its
// percent signs doubled, because rpm expands macros in prose too.
func text(what, value string) (string, error) {
	const want = "one line of text without control characters, not ending in a backslash"
	value = strings.TrimSpace(value)
	if value == "" || !edit.IsPrintable(value) || strings.HasSuffix(value, `\`) {
		return "", &ValueError{What: what, Value: value, Want: want}
	}
	return strings.ReplaceAll(value, "%", "%%"), nil
}
