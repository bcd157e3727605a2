// SPDX-License-Identifier: Apache-2.0

package cmake

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/edit"
)

// lexer walks over the bytes of one CMake file.
type lexer struct {
	file string
	data []byte
	off  int
	seen int // offset up to which lines are counted, so that no line is counted twice
	line int
}

// lineAt returns the line number of an offset; offsets come in ascending order.
func (l *lexer) lineAt(off int) int {
	l.line += bytes.Count(l.data[l.seen:off], []byte{'\n'})
	l.seen = off
	return l.line + 1
}

func (l *lexer) fail(off int, lookedFor, found string) error {
	return &edit.PlaceError{File: l.file, Line: text.LineNumber(l.data, off), LookedFor: lookedFor, Found: found}
}

// skipBlank skips blanks, line ends and comments.
func (l *lexer) skipBlank() error {
	for l.off < len(l.data) {
		switch c := l.data[l.off]; {
		case isBlank(c):
			l.off++
		case c == '#':
			start := l.off
			l.off++
			if closer := l.bracket(); closer != "" {
				if _, ok := l.through(closer); !ok {
					return l.fail(start, strconv.Quote(closer)+" that ends the comment", "the end of the file")
				}
				continue
			}
			if i := bytes.IndexByte(l.data[l.off:], '\n'); i >= 0 {
				l.off += i
			} else {
				l.off = len(l.data)
			}
		case l.off == 0 && bytes.HasPrefix(l.data, []byte("\xef\xbb\xbf")):
			l.off = 3
		default:
			return nil
		}
	}
	return nil
}

// bracket skips "[", "="…, "[" and returns the closing text; if there is none, it returns ""
// and does not move.
func (l *lexer) bracket() string {
	rest := l.data[l.off:]
	if len(rest) == 0 || rest[0] != '[' {
		return ""
	}
	n := 1
	for n < len(rest) && rest[n] == '=' {
		n++
	}
	if n == len(rest) || rest[n] != '[' {
		return ""
	}
	l.off += n + 1
	return "]" + strings.Repeat("=", n-1) + "]"
}

// through skips everything up to and including closer and returns the text before it.
func (l *lexer) through(closer string) (string, bool) {
	i := bytes.Index(l.data[l.off:], []byte(closer))
	if i < 0 {
		return "", false
	}
	content := string(l.data[l.off : l.off+i])
	l.off += i + len(closer)
	return content, true
}

// command reads "name ( arguments )".
func (l *lexer) command() (Command, error) {
	start := l.off
	for l.off < len(l.data) && isName(l.data[l.off], l.off == start) {
		l.off++
	}
	name := strings.ToLower(string(l.data[start:l.off]))
	cmd := Command{Name: name, Start: start, Line: l.lineAt(start)}
	if name == "" {
		return cmd, l.fail(start, "a command", strconv.QuoteRune(rune(l.data[start])))
	}
	for l.off < len(l.data) && (l.data[l.off] == ' ' || l.data[l.off] == '\t') {
		l.off++
	}
	if l.off >= len(l.data) || l.data[l.off] != '(' {
		return cmd, l.fail(start, `"(" after the command `+strconv.Quote(name), "none")
	}
	l.off++
	err := l.arguments(&cmd)
	cmd.End = l.off
	return cmd, err
}

// arguments reads up to and with the parenthesis that ends the command.
// Parentheses inside are arguments of their own: if (A AND (B OR C)).
func (l *lexer) arguments(cmd *Command) error {
	for depth := 1; ; {
		if err := l.skipBlank(); err != nil {
			return err
		}
		if l.off >= len(l.data) {
			return l.fail(cmd.Start, `")" that ends `+cmd.Name+"(", "the end of the file")
		}
		arg, err := l.argument()
		if err != nil {
			return err
		}
		switch l.data[arg.Start] {
		case '(':
			depth++
		case ')':
			depth--
			if depth == 0 {
				return nil
			}
		}
		cmd.Args = append(cmd.Args, arg)
	}
}

// argument reads one argument, or one parenthesis.
func (l *lexer) argument() (Arg, error) {
	start := l.off
	switch c := l.data[l.off]; c {
	case '(', ')':
		l.off++
		return Arg{Text: string(c), Start: start, End: l.off}, nil
	case '"':
		if !l.quoted() {
			return Arg{}, l.fail(start, "the quote that ends the argument", "the end of the file")
		}
		return Arg{Text: string(l.data[start+1 : l.off-1]), Start: start, End: l.off}, nil
	case '[':
		if closer := l.bracket(); closer != "" {
			content, ok := l.through(closer)
			if !ok {
				return Arg{}, l.fail(start, strconv.Quote(closer)+" that ends the argument", "the end of the file")
			}
			return Arg{Text: content, Start: start, End: l.off}, nil
		}
	}
	if !l.unquoted() {
		return Arg{}, l.fail(start, "the end of the argument", "the end of the file")
	}
	return Arg{Text: string(l.data[start:l.off]), Start: start, End: l.off}, nil
}

// quoted skips a quoted argument.
func (l *lexer) quoted() bool {
	for l.off++; l.off < len(l.data); l.off++ {
		switch l.data[l.off] {
		case '\\':
			l.off++
		case '"':
			l.off++
			return true
		}
	}
	return false
}

// unquoted skips an unquoted argument, including the legacy forms a="b c" and $(NAME).
func (l *lexer) unquoted() bool {
	for l.off < len(l.data) {
		switch c := l.data[l.off]; {
		case isBlank(c) || strings.IndexByte("()#", c) >= 0:
			return true
		case c == '\\':
			l.off += 2
		case c == '"':
			if !l.quoted() {
				return false
			}
		case c == '$' && bytes.HasPrefix(l.data[l.off:], []byte("$(")):
			if _, ok := l.through(")"); !ok {
				return false
			}
		default:
			l.off++
		}
	}
	// With a backslash as the last byte the offset would be beyond the end.
	l.off = min(l.off, len(l.data))
	return true
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func isName(c byte, first bool) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || !first && c >= '0' && c <= '9'
}
