// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"strings"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"
)

// ellipsis marks where a text was cut.
const ellipsis = "…"

// columns is the number of terminal columns that s takes: wide runes two, combining ones none. Runes that some terminals join
// count one by one, as tables count them: a row may then be too short, but not too wide.
func columns(s string) int { return text.StringWidthWithoutEscSequences(s) }

// cut shortens s to at most width columns and marks the cut with an ellipsis. It never halves a wide rune.
func cut(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	if width <= 0 {
		return ""
	}
	return first(s, width-columns(ellipsis)) + ellipsis
}

// cutMiddle shortens s to at most width columns by cutting out its middle. Of a path, the last part stays whole if that
// leaves a quarter for the beginning: it says most.
func cutMiddle(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	room := width - columns(ellipsis)
	if room <= 1 {
		return cut(s, width)
	}
	end := room / 2
	if name := columns(s[strings.LastIndexByte(s, '/')+1:]) + 1; name > end && name <= room-room/4 {
		end = name
	}
	return first(s, room-end) + ellipsis + last(s, end)
}

// first is the beginning of s that fits into width columns.
func first(s string, width int) string {
	for i, r := range s {
		if width -= text.RuneWidth(r); width < 0 {
			return s[:i]
		}
	}
	return s
}

// last is the end of s that fits into width columns. It does not begin with a mark that belongs to the rune before it.
func last(s string, width int) string {
	kept := len(s)
	for i := len(s); i > 0; {
		r, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
		if width -= text.RuneWidth(r); width < 0 {
			break
		}
		if text.RuneWidth(r) > 0 {
			kept = i
		}
	}
	return s[kept:]
}

// wrap breaks s at its blanks into lines of at most width columns, at least one. What long makes of a word that is longer
// than a line is put in its place, line by line.
func wrap(s string, width int, long func(word string, width int) []string) []string {
	lines := []string{""}
	used := 0
	for word := range strings.FieldsSeq(s) {
		parts := []string{word}
		if columns(word) > width {
			parts = long(word, width)
		}
		for _, part := range parts {
			at, n := len(lines)-1, columns(part)
			switch {
			case used == 0:
				lines[at], used = part, n
			case used+1+n <= width:
				lines[at], used = lines[at]+" "+part, used+1+n
			default:
				lines, used = append(lines, part), n
			}
		}
	}
	return lines
}

// split breaks a word into pieces of at most width columns, so that all of it is shown: behind a slash or a comma if there
// is one in the second half of a piece.
func split(word string, width int) []string {
	var parts []string
	for word != "" {
		part := first(word, width)
		if part == "" { // a wide rune in one column
			return append(parts, word)
		}
		if i := strings.LastIndexAny(part, "/,") + 1; i > len(part)/2 && len(part) < len(word) {
			part = part[:i]
		}
		parts, word = append(parts, part), word[len(part):]
	}
	return parts
}

// fit joins the parts that are not empty with two blanks into at most width columns. If they do not fit, the part
// at index soft is shortened first, because the others (the stage, the count, the time) matter more.
func fit(width, soft int, parts ...string) string {
	full := joinParts(parts...)
	over := columns(full) - width
	if over <= 0 {
		return full
	}
	room := columns(parts[soft]) - over
	if room < len("abcd") {
		parts[soft] = ""
	} else {
		parts[soft] = cut(parts[soft], room)
	}
	return cut(joinParts(parts...), width)
}

// joinParts puts two blanks between the parts that are not empty.
func joinParts(parts ...string) string {
	kept := make([]string, 0, len(parts))
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "  ")
}
