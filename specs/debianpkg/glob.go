// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"path"
	"slices"
	"strings"
)

// sourcePattern is dh_install's pattern, relative to debian/tmp or the tree's top.
func sourcePattern(source string) string {
	return strings.TrimSuffix(strings.TrimPrefix(source, "debian/tmp/"), "/")
}

// takes reports whether dh_install would install a file for a pattern: by the pattern, or with
// its directory.
func takes(source, file string) bool {
	p := sourcePattern(source)
	for f := file; f != "." && f != "/"; f = path.Dir(f) {
		if ok, err := path.Match(p, f); ok && err == nil {
			return true
		}
	}
	return false
}

// wild reports whether a pattern can match more than one name.
func wild(pattern string) bool { return strings.ContainsAny(pattern, `*?[\`) }

// fixed is the literal beginning of a pattern's last part.
func fixed(pattern string) string {
	base := path.Base(pattern)
	if i := strings.IndexAny(base, `*?[\`); i >= 0 {
		base = base[:i]
	}
	return base
}

// meet reports whether both patterns can match the same file; the second may be a directory.
func meet(pattern, source string) bool {
	a, b := strings.Split(pattern, "/"), strings.Split(sourcePattern(source), "/")
	if len(b) > len(a) {
		return false
	}
	for i := range b {
		if !globsMeet(globTokens(a[i]), globTokens(b[i])) {
			return false
		}
	}
	return true
}

// The tokens of a pattern that are not characters.
const (
	anyText rune = -1 - iota
	anyCharacter
)

// globTokens reads a pattern of one directory. A list in brackets counts as any character, so
// an overlap may be reported where there is none, but never the reverse.
func globTokens(pattern string) []rune {
	var out []rune
	text := []rune(pattern)
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '*':
			out = append(out, anyText)
		case '?':
			out = append(out, anyCharacter)
		case '[':
			i = closing(text, i)
			out = append(out, anyCharacter)
		case '\\':
			if i+1 < len(text) {
				i++
			}
			out = append(out, text[i])
		default:
			out = append(out, text[i])
		}
	}
	return out
}

// closing returns the index of the bracket that closes the one at i, or i where
// none does.
func closing(text []rune, i int) int {
	for k := i + 1; k < len(text); k++ {
		switch text[k] {
		case ']':
			return k
		case '\\':
			k++
		}
	}
	return i
}

// globsMeet reports whether a name can match both patterns. Column j of a row is the result for
// the rest of a and for b from j on; rows go from a's end to its start.
func globsMeet(a, b []rune) bool {
	row := make([]bool, len(b)+1)
	row[len(b)] = true
	for j := len(b) - 1; j >= 0; j-- {
		row[j] = b[j] == anyText && row[j+1]
	}
	for _, c := range slices.Backward(a) {
		next := row
		row = make([]bool, len(b)+1)
		row[len(b)] = c == anyText && next[len(b)]
		for j := len(b) - 1; j >= 0; j-- {
			switch {
			case c == anyText || b[j] == anyText:
				row[j] = next[j] || row[j+1] // the text ends before, or has one character more
			case c == b[j] || c == anyCharacter || b[j] == anyCharacter:
				row[j] = next[j+1]
			}
		}
	}
	return row[0]
}
