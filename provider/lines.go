// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"slices"
)

// lineStart gives the offset at which the line that holds off begins.
func lineStart(data []byte, off int) int {
	return bytes.LastIndexByte(data[:off], '\n') + 1
}

// lineEnd gives the offset behind the line end of the line that holds off,
// or len(data) where the last line has none.
func lineEnd(data []byte, off int) int {
	if i := bytes.IndexByte(data[off:], '\n'); i >= 0 {
		return off + i + 1
	}
	return len(data)
}

// lineNumber is 1-based.
func lineNumber(data []byte, off int) int {
	return 1 + bytes.Count(data[:off], []byte{'\n'})
}

// eolNear gives the line end that the text around off uses, so that a file
// with CRLF keeps it: that of off's own line, or of the line before where
// off's is the last and has none.
func eolNear(data []byte, off int) string {
	end := lineEnd(data, off)
	if end == 0 || data[end-1] != '\n' {
		end = lineStart(data, off)
	}
	if end >= 2 && data[end-2] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// indentOf gives the blanks before off where only blanks are before it on its
// line; ok is false where something else is there.
func indentOf(data []byte, off int) (indent string, ok bool) {
	s := string(data[lineStart(data, off):off])
	for _, c := range s {
		if c != ' ' && c != '\t' {
			return "", false
		}
	}
	return s, true
}

// splice gives data with insert put in at off; data itself is not changed.
func splice(data []byte, off int, insert string) []byte {
	out := make([]byte, 0, len(data)+len(insert))
	out = append(out, data[:off]...)
	out = append(out, insert...)
	return append(out, data[off:]...)
}

// insertLineAfter puts text as a line of its own behind the line that holds
// off, with the line end that is in use there.
func insertLineAfter(data []byte, off int, text string) []byte {
	eol, end := eolNear(data, off), lineEnd(data, off)
	if end > 0 && data[end-1] == '\n' {
		return splice(data, end, text+eol)
	}
	return splice(data, end, eol+text)
}

// insertLineBefore puts text as a line of its own before the line that holds off.
func insertLineBefore(data []byte, off int, text string) []byte {
	return splice(data, lineStart(data, off), text+eolNear(data, off))
}

// cutLines takes out what stands from start to end, with its lines where they
// hold nothing else but a comment behind it.
func cutLines(data []byte, start, end int) []byte {
	rest := bytes.TrimSpace(data[end:lineEnd(data, end)])
	if _, own := indentOf(data, start); own && (len(rest) == 0 || rest[0] == '#') {
		start, end = lineStart(data, start), lineEnd(data, end)
	}
	return slices.Concat(data[:start], data[end:])
}

// countOf gives how often one is among all.
func countOf(all []string, one string) int {
	n := 0
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}
