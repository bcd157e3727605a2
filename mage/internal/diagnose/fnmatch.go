// SPDX-License-Identifier: Apache-2.0

package diagnose

// fnmatch is fnmatch(3) without flags in the C locale, with which libibverbs compares names and
// modaliases: a star matches slashes and leading dots too.
//
// It takes time in proportion to the product of both lengths.
func fnmatch(pattern, text string) bool {
	p, s, star, mark := 0, 0, -1, 0
	for s < len(text) {
		if p < len(pattern) && pattern[p] == '*' {
			star, mark = p, s
			p++
			continue
		}
		if p < len(pattern) {
			if width, ok := matchOne(pattern[p:], text[s]); ok {
				p += width
				s++
				continue
			}
		}
		if star < 0 {
			return false
		}
		mark++
		p, s = star+1, mark
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matchOne compares one character with the first element of a pattern, and gives that element's width.
func matchOne(pattern string, c byte) (width int, ok bool) {
	switch pattern[0] {
	case '?':
		return 1, true
	case '[':
		if width, ok, closed := matchSet(pattern, c); closed {
			return width, ok
		}
	case '\\':
		if len(pattern) > 1 {
			return 2, pattern[1] == c
		}
		return 1, false // fnmatch(3) matches nothing
	}
	return 1, pattern[0] == c
}

// matchSet is matchOne for a bracket expression. If it is not closed, the bracket is a character like others.
func matchSet(pattern string, c byte) (width int, ok, closed bool) {
	i := 1
	not := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if not {
		i++
	}
	for first := true; i < len(pattern); first = false {
		if pattern[i] == ']' && !first {
			return i + 1, ok != not, true
		}
		low := pattern[i]
		if low == '\\' && i+1 < len(pattern) {
			i++
			low = pattern[i]
		}
		high := low
		if i+2 < len(pattern) && pattern[i+1] == '-' && pattern[i+2] != ']' {
			high = pattern[i+2]
			i += 2
		}
		i++
		ok = ok || low <= c && c <= high
	}
	return 0, false, false
}
