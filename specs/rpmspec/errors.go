// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PlaceError says that a spec has no place, or more than one, for what was wanted.
type PlaceError struct {
	// File is the name given to Parse. Line counts from 1; it is 0 where no line
	// can be blamed.
	File string
	Line int
	// LookedFor and Found say what was looked for and what was there instead.
	LookedFor, Found string
}

// Error gives "file:line: looked for X, found Y".
func (e *PlaceError) Error() string {
	where := e.File
	if e.Line > 0 {
		where += ":" + strconv.Itoa(e.Line)
	}
	return fmt.Sprintf("%s: looked for %s, found %s", where, e.LookedFor, e.Found)
}

// ValueError says that a value cannot be written into a spec.
type ValueError struct {
	// What names the value, as in "provider name"; Value is the value.
	What, Value string
	// Want says what it has to be.
	Want string
}

// Error gives "WHAT "VALUE": want ...".
func (e *ValueError) Error() string {
	return fmt.Sprintf("%s %q: want %s", e.What, e.Value, e.Want)
}

// text checks that a value can stand in one line of prose, and returns it with its
// percent signs doubled, because rpm expands macros in prose too.
func text(what, value string) (string, error) {
	const want = "one line of text, without control characters and not ending in a backslash"
	value = strings.TrimSpace(value)
	odd := strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) })
	if value == "" || odd || !utf8.ValidString(value) || strings.HasSuffix(value, `\`) {
		return "", &ValueError{What: what, Value: value, Want: want}
	}
	return strings.ReplaceAll(value, "%", "%%"), nil
}
