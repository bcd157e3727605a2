// SPDX-License-Identifier: Apache-2.0

package c

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/edit"
)

// Kind is the type of a token.
type Kind int

// The kinds of tokens.
const (
	Word      Kind = iota // identifier or number
	Punct                 // one byte
	Text                  // string or character constant
	Directive             // a whole preprocessor line, with its continuations
	comment               // not returned by Scan
)

// Token is one token of a C header; comments are left out.
type Token struct {
	Kind       Kind
	Text       string
	Start, End int
}

// Scan splits a C header into tokens. It knows comments, string and character
// constants, and preprocessor lines with continuations; it does not expand
// macros.
func Scan(file string, data []byte) ([]Token, error) {
	var toks []Token
	fresh := true // nothing but blanks and comments on this line so far
	for off := 0; off < len(data); {
		if strings.IndexByte(" \t\r\n\f\v", data[off]) >= 0 {
			fresh = fresh || data[off] == '\n'
			off++
			continue
		}
		end, kind, missing := scanPart(data, off, fresh)
		if missing != "" {
			return nil, &edit.PlaceError{
				File: file, Line: text.LineNumber(data, off), LookedFor: missing, Found: "the end of the line or file",
			}
		}
		if kind != comment {
			toks = append(toks, Token{kind, string(data[off:end]), off, end})
			fresh = false
		}
		off = end
	}
	return toks, nil
}

// scanPart returns the end and the kind of the token at off, or what is missing if it has no
// end.
func scanPart(data []byte, off int, fresh bool) (end int, kind Kind, missing string) {
	ok := true
	switch c := data[off]; {
	case IsComment(data, off):
		kind, missing = comment, `"*/" that ends the comment`
		end, ok = SkipComment(data, off)
	case c == '#' && fresh:
		kind, missing = Directive, `"*/" that ends a comment in the preprocessor line`
		end, ok = skipDirective(data, off)
	case c == '"' || c == '\'':
		kind, missing = Text, strconv.QuoteRune(rune(c))+" that ends the constant"
		end, ok = skipText(data, off)
	case isWord(c):
		kind, end = Word, endOfWord(data, off)
	default:
		kind, end = Punct, off+1
	}
	if ok {
		missing = ""
	}
	return end, kind, missing
}

func endOfWord(data []byte, off int) int {
	for off < len(data) && isWord(data[off]) {
		off++
	}
	return off
}

// IsComment reports whether a comment begins at off.
func IsComment(data []byte, off int) bool {
	return data[off] == '/' && off+1 < len(data) && (data[off+1] == '*' || data[off+1] == '/')
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// SkipComment returns the offset after the comment that begins at off.
func SkipComment(data []byte, off int) (int, bool) {
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

// skipDirective returns the offset of the line end that ends the directive.
func skipDirective(data []byte, off int) (int, bool) {
	for off < len(data) {
		switch {
		case data[off] == '\n' && !continued(data[:off]):
			return off, true
		case IsComment(data, off):
			end, ok := SkipComment(data, off)
			if !ok {
				return 0, false
			}
			off = end
		case data[off] == '"' || data[off] == '\'':
			// An apostrophe in #error's words need not be closed.
			if end, ok := skipText(data, off); ok {
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

// continued reports whether a line, given without its line end, continues on the next.
func continued(line []byte) bool {
	return bytes.HasSuffix(bytes.TrimSuffix(line, []byte{'\r'}), []byte{'\\'})
}

func skipText(data []byte, off int) (int, bool) {
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
