// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/specs/edit"
)

// PlaceError says that an edit did not find its place, or found several.
type PlaceError = edit.PlaceError

// noPlace is a PlaceError for a place that is not there at all.
func noPlace(file, lookedFor string) error {
	return &PlaceError{File: file, LookedFor: lookedFor, Found: "none"}
}

// onePlace gives nil where there is one place, by the lines at which it was
// found, and else an error.
func onePlace(file, lookedFor string, lines []int) error {
	switch len(lines) {
	case 0:
		return noPlace(file, lookedFor)
	case 1:
		return nil
	}
	return &PlaceError{
		File: file, Line: lines[1], LookedFor: lookedFor,
		Found: strconv.Itoa(len(lines)) + ": " + lineList(lines),
	}
}

// TakenError says that the number which the provider would have in
// enum rdma_driver_id belongs to another driver of that release.
type TakenError struct {
	File     string
	Line     int    // where the other driver is defined
	Constant string // ours
	Value    int
	By       string // the other driver's constant
}

// Error names both constants and the number.
func (e *TakenError) Error() string {
	return fmt.Sprintf("%s: %s cannot have driver id %d: it belongs to %s",
		edit.At(e.File, e.Line), e.Constant, e.Value, e.By)
}

// ConflictError says that the release already has something of this name that
// is not what the provider would put there.
type ConflictError struct {
	File string
	Line int // 0 where no line can be named
	Want string
	Got  string
}

// Error gives "file:line: want X, got Y".
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s: want %s, got %s", edit.At(e.File, e.Line), edit.Cut(e.Want), edit.Cut(e.Got))
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f || (r >= 0x80 && r < 0xa0) }

// lineList gives "lines 3, 7 and 9" for messages about places found twice.
func lineList(lines []int) string {
	parts := make([]string, len(lines))
	for i, l := range lines {
		parts[i] = strconv.Itoa(l)
	}
	if len(parts) == 1 {
		return "line " + parts[0]
	}
	return "lines " + strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}
