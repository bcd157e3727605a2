// SPDX-License-Identifier: Apache-2.0

package text

import (
	"fmt"
	"strconv"

	"github.com/resnics/verbsmith/specs/edit"
)

// SourceError is a mistake in a file of the provider, with its place.
type SourceError struct {
	File         string // as it was opened
	Line, Column int    // from 1; 0 where none can be named
	Want, Got    string
}

// Error returns "file:line:column: want X, got Y".
func (e *SourceError) Error() string {
	place := edit.At(e.File, e.Line)
	if e.Line > 0 && e.Column > 0 {
		place += ":" + strconv.Itoa(e.Column)
	}
	return fmt.Sprintf("%s: want %s, got %s", place, edit.Cut(e.Want), edit.Cut(e.Got))
}

// ErrorAt is a SourceError at an offset of a file.
func ErrorAt(file string, data []byte, off int, want, got string) *SourceError {
	return &SourceError{File: file, Line: LineNumber(data, off), Column: off - LineStart(data, off) + 1, Want: want, Got: got}
}

// Excerpt is the part of a foreign text that an error shows.
func Excerpt(text string) string {
	const most = 200
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}
