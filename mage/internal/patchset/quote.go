// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"fmt"
	"strconv"
	"strings"
)

// escapable are the characters that git writes as a letter after a backslash, and
// letters are those letters.
const (
	escapable = "\a\b\t\n\v\f\r\"\\"
	letters   = `abtnvfr"\`
)

// quoteName writes a file name as git does (core.quotePath): unchanged, or in quotation marks
// with C's escapes if it has a control character, a quotation mark, a backslash or a non-ASCII
// byte. It also quotes a name that ends in a space, which git does not, and GNU patch would
// then cut the space.
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
			// Some tools read \\" as an escaped quotation mark.
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

// fileLine writes a name for a "---" or "+++" line: git puts a tab after one with a space, so
// that tools that look for a date find its end.
func fileLine(quoted string) string {
	if strings.Contains(quoted, " ") {
		return quoted + "\t"
	}
	return quoted
}

// fileName reads the name after "--- " or "+++ ": quoted, up to a tab, or up to a space. It is
// "" for /dev/null.
func fileName(text string) string {
	if strings.HasPrefix(text, `"`) {
		name, _, _ := unquoteName(text)
		return name
	}
	name, _, tab := strings.Cut(text, "\t")
	if !tab {
		name, _, _ = strings.Cut(text, " ")
	}
	if name == "/dev/null" {
		return ""
	}
	return name
}

func gitName(text string) string {
	if name, _, ok := unquoteName(text); ok {
		return name
	}
	return text
}

// gitNames reads the two names of a "diff --git" line, which are needed if no others follow:
// for an empty file, or a mode. They then differ only in the first directory.
func gitNames(text string) (oldName, newName string) {
	if strings.HasPrefix(text, `"`) {
		oldName, rest, _ := unquoteName(text)
		if newName, ok := strings.CutPrefix(rest, " "); ok {
			return oldName, gitName(newName)
		}
		return "", ""
	}
	for i := range len(text) {
		if text[i] != ' ' {
			continue
		}
		a, okA := strip(text[:i], 1)
		b, okB := strip(gitName(text[i+1:]), 1)
		if okA && okB && a == b || text[:i] == text[i+1:] {
			return text[:i], gitName(text[i+1:])
		}
	}
	return "", ""
}

// unquoteName reads a name in quotation marks with C's escapes, and reports whether
// it was one. rest is the text after it.
func unquoteName(text string) (name, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		return "", "", false
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return b.String(), text[i+1:], true
		case c != '\\' || i+1 == len(text):
			b.WriteByte(c)
		default:
			i++
			if letter := strings.IndexByte(letters, text[i]); letter >= 0 {
				b.WriteByte(escapable[letter])
				continue
			}
			if n, err := strconv.ParseUint(text[i:min(i+3, len(text))], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
			}
		}
	}
	return "", "", false
}
