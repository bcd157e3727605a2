// SPDX-License-Identifier: Apache-2.0

package text

import (
	"bytes"
	"slices"
)

// LineStart returns the offset at which the line that holds off begins.
func LineStart(data []byte, off int) int {
	return bytes.LastIndexByte(data[:off], '\n') + 1
}

// LineEnd returns the offset after the line end of the line that holds off,
// or len(data) where the last line has none.
func LineEnd(data []byte, off int) int {
	if i := bytes.IndexByte(data[off:], '\n'); i >= 0 {
		return off + i + 1
	}
	return len(data)
}

// LineNumber is 1-based.
func LineNumber(data []byte, off int) int {
	return 1 + bytes.Count(data[:off], []byte{'\n'})
}

// EOL returns the line end that the text around off uses, so that a file
// with CRLF keeps it: that of off's own line, or of the line before where
// off's is the last and has none.
func EOL(data []byte, off int) string {
	end := LineEnd(data, off)
	if end == 0 || data[end-1] != '\n' {
		end = LineStart(data, off)
	}
	if end >= 2 && data[end-2] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// Indent returns the blanks before off where only blanks are before it on its
// line; ok is false where something else is there.
func Indent(data []byte, off int) (indent string, ok bool) {
	s := string(data[LineStart(data, off):off])
	for _, c := range s {
		if c != ' ' && c != '\t' {
			return "", false
		}
	}
	return s, true
}

// Splice returns data with insert put in at off; data itself is not changed.
func Splice(data []byte, off int, insert string) []byte {
	out := make([]byte, 0, len(data)+len(insert))
	out = append(out, data[:off]...)
	out = append(out, insert...)
	return append(out, data[off:]...)
}

// InsertLineAfter puts text as a line of its own after the line that holds
// off, with the line end that is in use there.
func InsertLineAfter(data []byte, off int, text string) []byte {
	eol, end := EOL(data, off), LineEnd(data, off)
	if end > 0 && data[end-1] == '\n' {
		return Splice(data, end, text+eol)
	}
	return Splice(data, end, eol+text)
}

// InsertLineBefore puts text as a line of its own before the line that holds off.
func InsertLineBefore(data []byte, off int, text string) []byte {
	return Splice(data, LineStart(data, off), text+EOL(data, off))
}

// CutLines takes out what stands from start to end, with its lines where they
// hold nothing else but a comment after it.
func CutLines(data []byte, start, end int) []byte {
	rest := bytes.TrimSpace(data[end:LineEnd(data, end)])
	if _, own := Indent(data, start); own && (len(rest) == 0 || rest[0] == '#') {
		start, end = LineStart(data, start), LineEnd(data, end)
	}
	return slices.Concat(data[:start], data[end:])
}

// Count returns how often one is among all.
func Count(all []string, one string) int {
	n := 0
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}
