// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"fmt"
	"strings"
)

// escapable are the characters that git writes as a letter after a backslash, and
// letters are those letters.
const (
	escapable = "\a\b\t\n\v\f\r\"\\"
	letters   = `abtnvfr"\`
)

// quoteName writes a file name as git does (core.quotePath): as it is, or in
// quotation marks with C's escapes if it has a control character, a quotation
// mark, a backslash or a byte beyond ASCII. It does so too for a name that ends in
// a space, which git leaves bare and GNU patch then cuts off.
func quoteName(name string) string {
	if strings.IndexFunc(name, odd) < 0 && !strings.HasSuffix(name, " ") {
		return name
	}
	return quoted(name)
}

// quoted writes a name in quotation marks, whether it needs them or not.
func quoted(name string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(name) {
		c := name[i]
		letter := strings.IndexByte(escapable, c)
		switch {
		case c == '\\' && i == len(name)-1:
			// Some readers take \\" for an escaped quotation mark.
			b.WriteString(`\134`)
		case letter >= 0:
			b.WriteByte('\\')
			b.WriteByte(letters[letter])
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
