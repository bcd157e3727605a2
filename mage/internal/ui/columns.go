// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// ellipsis marks where a text was cut.
const ellipsis = "…"

// columns is the number of terminal columns that s takes: wide runes two, combining ones none.
func columns(s string) int { return text.StringWidth(s) }

// cut shortens s to at most width columns and marks the cut with an ellipsis. It never halves a wide rune.
func cut(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	if width <= 0 {
		return ""
	}
	var b strings.Builder
	left := width - columns(ellipsis)
	for _, r := range s {
		left -= text.RuneWidth(r)
		if left < 0 {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + ellipsis
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
