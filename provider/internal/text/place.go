// SPDX-License-Identifier: Apache-2.0

package text

import (
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/specs/edit"
)

// NoPlace is a PlaceError for a place that is not there at all.
func NoPlace(file, lookedFor string) error {
	return &edit.PlaceError{File: file, LookedFor: lookedFor, Found: "none"}
}

// OnePlace returns nil where there is one place, by the lines at which it was
// found, and else an error.
func OnePlace(file, lookedFor string, lines []int) error {
	if len(lines) > 1 {
		found := strconv.Itoa(len(lines)) + ": " + LineList(lines)
		return &edit.PlaceError{File: file, Line: lines[1], LookedFor: lookedFor, Found: found}
	}
	if len(lines) == 0 {
		return NoPlace(file, lookedFor)
	}
	return nil
}

// LineList returns "lines 3, 7 and 9" for messages about places found twice.
func LineList(lines []int) string {
	parts := make([]string, len(lines))
	for i, l := range lines {
		parts[i] = strconv.Itoa(l)
	}
	if len(parts) == 1 {
		return "line " + parts[0]
	}
	return "lines " + strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}
