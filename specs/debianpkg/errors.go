// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"strings"

	"github.com/resnics/verbsmith/specs/edit"
)

// PlaceError says that a file of debian/ has no place, or more than one, for an edit.
type PlaceError = edit.PlaceError

// ValueError says that a value is not valid in a file of debian/.
type ValueError = edit.ValueError

// checkText checks that a value can stand in one line of prose.
func checkText(what, value string) error {
	if value == "" || !edit.IsPrintable(value) || strings.TrimSpace(value) != value {
		return &ValueError{What: what, Value: value, Want: "one line of text without control characters"}
	}
	return nil
}
