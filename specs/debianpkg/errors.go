// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PlaceError says that a file has no place, or more than one, for what was wanted.
type PlaceError struct {
	File             string // slash separated, in the tree
	Line             int    // from 1; 0 where no line can be blamed
	LookedFor, Found string
	Err              error // the cause, where there is one (a file that cannot be read)
}

// Error gives "file:line: looked for X, found Y".
func (e *PlaceError) Error() string {
	where := e.File
	if e.Line > 0 {
		where += ":" + strconv.Itoa(e.Line)
	}
	return fmt.Sprintf("%s: looked for %s, found %s", where, e.LookedFor, e.Found)
}

// Unwrap gives the cause.
func (e *PlaceError) Unwrap() error { return e.Err }

// ValueError says that a value cannot be written into a file of debian/.
type ValueError struct {
	What, Value string // as in "library name", "lib x"
	Want        string // what it has to be
}

// Error gives "WHAT "VALUE": want ...".
func (e *ValueError) Error() string {
	return fmt.Sprintf("%s %q: want %s", e.What, e.Value, e.Want)
}

// checkText checks that a value can stand in one line of prose.
func checkText(what, value string) error {
	odd := strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) })
	if value == "" || odd || !utf8.ValidString(value) || strings.TrimSpace(value) != value {
		return &ValueError{What: what, Value: value, Want: "one line of text without control characters"}
	}
	return nil
}
