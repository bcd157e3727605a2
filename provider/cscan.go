// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"strconv"
	"strings"
)

type cKind int

const (
	cWord      cKind = iota // identifier or number
	cPunct                  // one byte
	cText                   // string or character constant
	cDirective              // a whole preprocessor line, with its continuations
	cComment                // left out of what scanC gives
)

// cToken is one token of a C header; comments are left out.
type cToken struct {
	Kind       cKind
	Text       string
	Start, End int
}

// scanC takes a C header apart. It knows comments, string and character
// constants, and preprocessor lines with continuations; it does not expand
// macros.
func scanC(file string, data []byte) ([]cToken, error) {
	var toks []cToken
	fresh := true // nothing but blanks and comments on this line so far
	for off := 0; off < len(data); {
		if strings.IndexByte(" \t\r\n\f\v", data[off]) >= 0 {
			fresh = fresh || data[off] == '\n'
			off++
			continue
		}
		end, kind, missing := scanCPart(data, off, fresh)
		if missing != "" {
			return nil, &PlaceError{
				File: file, Line: lineNumber(data, off), LookedFor: missing, Found: "the end of the line or file",
			}
		}
		if kind != cComment {
			toks = append(toks, cToken{kind, string(data[off:end]), off, end})
			fresh = false
		}
		off = end
	}
	return toks, nil
}

// scanCPart gives the end and the kind of what begins at off, or what is missing
// where it has no end.
func scanCPart(data []byte, off int, fresh bool) (end int, kind cKind, missing string) {
	ok := true
	switch c := data[off]; {
	case isCComment(data, off):
		kind, missing = cComment, `"*/" that ends the comment`
		end, ok = skipCComment(data, off)
	case c == '#' && fresh:
		kind, missing = cDirective, `"*/" that ends a comment in the preprocessor line`
		end, ok = skipCDirective(data, off)
	case c == '"' || c == '\'':
		kind, missing = cText, strconv.QuoteRune(rune(c))+" that ends the constant"
		end, ok = skipCText(data, off)
	case isCWord(c):
		kind, end = cWord, endOfCWord(data, off)
	default:
		kind, end = cPunct, off+1
	}
	if ok {
		missing = ""
	}
	return end, kind, missing
}

func endOfCWord(data []byte, off int) int {
	for off < len(data) && isCWord(data[off]) {
		off++
	}
	return off
}

func isCComment(data []byte, off int) bool {
	return data[off] == '/' && off+1 < len(data) && (data[off+1] == '*' || data[off+1] == '/')
}

func isCWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// skipCComment gives the offset behind the comment that begins at off.
func skipCComment(data []byte, off int) (int, bool) {
	if data[off+1] == '/' {
		for {
			i := bytes.IndexByte(data[off:], '\n')
			if i < 0 {
				return len(data), true
			}
			if !continued(data[off : off+i]) {
				return off + i, true // the line end stays: it makes the next line fresh
			}
			off += i + 1
		}
	}
	i := bytes.Index(data[off+2:], []byte("*/"))
	if i < 0 {
		return 0, false
	}
	return off + 2 + i + 2, true
}

// skipCDirective gives the offset of the line end that ends the directive.
func skipCDirective(data []byte, off int) (int, bool) {
	for off < len(data) {
		switch {
		case data[off] == '\n' && !continued(data[:off]):
			return off, true
		case isCComment(data, off):
			end, ok := skipCComment(data, off)
			if !ok {
				return 0, false
			}
			off = end
		case data[off] == '"' || data[off] == '\'':
			// An apostrophe in #error's words need not be closed.
			if end, ok := skipCText(data, off); ok {
				off = end
				continue
			}
			off++
		default:
			off++
		}
	}
	return off, true
}

// continued says whether a line, given without its line end, goes on in the next.
func continued(line []byte) bool {
	return bytes.HasSuffix(bytes.TrimSuffix(line, []byte{'\r'}), []byte{'\\'})
}

func skipCText(data []byte, off int) (int, bool) {
	quote := data[off]
	for off++; off < len(data); off++ {
		switch data[off] {
		case '\\':
			off++
			// A backslash before CRLF escapes both bytes.
			if off+1 < len(data) && data[off] == '\r' && data[off+1] == '\n' {
				off++
			}
		case '\n':
			return 0, false
		case quote:
			return off + 1, true
		}
	}
	return 0, false
}
