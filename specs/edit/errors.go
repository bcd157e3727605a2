// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PlaceError says that a file has no place, or more than one, for an edit.
type PlaceError struct {
	File      string // as it was given to the editor; of a tree, slash separated
	Line      int    // from 1; 0 for the whole file
	LookedFor string // the place that the edit needs, in words
	Found     string // the text there instead
	Err       error  // the cause, if there is one (an unreadable file)
}

// Error returns "file:line: want X, got Y", each cut to 200 characters.
func (e *PlaceError) Error() string {
	return fmt.Sprintf("%s: want %s, got %s", At(e.File, e.Line), Cut(e.LookedFor), Cut(e.Found))
}

// Unwrap returns the cause.
func (e *PlaceError) Unwrap() error { return e.Err }

// ValueError says that a value is not valid in a file.
type ValueError struct {
	What, Value string // as in "library name", "lib x"
	Want        string // the valid form
}

// Error returns "WHAT "VALUE": want ...".
func (e *ValueError) Error() string {
	return fmt.Sprintf("%s %s: want %s", e.What, Quote(e.Value), e.Want)
}

// At returns "file:line", or the file alone where line is 0. A name that would
// disturb a terminal or a log is quoted.
func At(file string, line int) string {
	file = Printable(Cut(file))
	if line == 0 {
		return file
	}
	return file + ":" + strconv.Itoa(line)
}

// Printable returns a text unchanged, or quoted if it would disturb its line of output.
func Printable(text string) string {
	if IsPrintable(text) {
		return text
	}
	return strconv.Quote(text)
}

// IsPrintable reports whether a text is one line without control characters.
func IsPrintable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}
