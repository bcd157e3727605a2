// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"strconv"
	"strings"
	"unicode"
)

// maxShown is how many bytes of a foreign text are shown.
const maxShown = 300

// show makes a foreign text safe to print on one line: what could move the cursor, hide or reorder
// text, and a blank in a name, is quoted as in Go. What is too long is cut.
func show(s string) string {
	if len(s) > maxShown {
		s = strings.ToValidUTF8(s[:maxShown], "") + "…"
	}
	if s == "" {
		return `""`
	}
	plain := func(r rune) bool {
		return r != '"' && r != '\\' && r != unicode.ReplacementChar && r != ' ' && unicode.IsPrint(r)
	}
	for _, r := range s {
		if !plain(r) {
			return strconv.Quote(s)
		}
	}
	return s
}

// printable says whether a text has visible ASCII alone.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}
