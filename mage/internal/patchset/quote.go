// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"fmt"
	"strings"
)

// escapes are the characters that git writes as a letter after a backslash.
var escapes = map[byte]byte{
	'\a': 'a', '\b': 'b', '\t': 't', '\n': 'n', '\v': 'v', '\f': 'f', '\r': 'r', '"': '"', '\\': '\\',
}

// quoteName writes a file name as git does (core.quotePath): as it is, or in
// quotation marks with C's escapes if it has a control character, a quotation
// mark, a backslash or a byte beyond ASCII.
func quoteName(name string) string {
	if strings.IndexFunc(name, odd) < 0 {
		return name
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(name) {
		c := name[i]
		letter, hasLetter := escapes[c]
		switch {
		case c == '\\' && i == len(name)-1:
			// Some readers take \\" for an escaped quotation mark.
			b.WriteString(`\134`)
		case hasLetter:
			b.WriteByte('\\')
			b.WriteByte(letter)
		case odd(rune(c)):
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func odd(r rune) bool { return r < ' ' || r >= 0x7f || r == '"' || r == '\\' }

// fileLine writes a name for a "---" or "+++" line: git puts a tab after one
// with a space, so that readers which look for a date know where it ends.
func fileLine(quoted string) string {
	if strings.Contains(quoted, " ") {
		return quoted + "\t"
	}
	return quoted
}
