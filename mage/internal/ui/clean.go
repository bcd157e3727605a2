// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escapeSequence matches the sequences of ECMA-48 and its users: CSI, the strings (OSC, DCS, PM, APC, SOS) up to their
// terminator or the end, and the short ones.
var escapeSequence = regexp.MustCompile(
	`\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]`)

// Clean makes s safe to show on one line of a terminal. Escape sequences are dropped; every other character that
// could move the cursor, hide or reorder text (controls, line breaks, bidirectional marks, invalid UTF-8) is shown
// as a Go escape such as \n or \x07; a tab becomes a blank.
func Clean(s string) string {
	if isPlain(s) {
		return s
	}
	s = escapeSequence.ReplaceAllString(s, "")
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\t':
			b.WriteByte(' ')
		case r == utf8.RuneError && size == 1, !shows(r):
			quoted := strconv.QuoteToASCII(s[i : i+size])
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// isPlain reports whether s is printable ASCII, as most text is.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// shows reports whether r appears as itself and changes nothing around it. Format characters (bidirectional marks,
// zero-width blanks) do not.
func shows(r rune) bool {
	return unicode.IsPrint(r) || unicode.Is(unicode.Mn, r)
}

// cleanLog makes a line of a build's log safe and readable. If the line was redrawn with carriage returns, only the
// last text is kept, which a person would have seen.
func cleanLog(s string) string {
	s = strings.TrimRight(s, "\r\n")
	if i := strings.LastIndexByte(s, '\r'); i >= 0 {
		s = s[i+1:]
	}
	return strings.TrimRight(Clean(strings.ReplaceAll(s, "\t", "        ")), " ")
}

// quoteName returns a name unchanged if it cannot be misread, otherwise as a Go string.
func quoteName(name string) string {
	odd := name == "" || Clean(name) != name || strings.TrimSpace(name) != name ||
		strings.ContainsAny(name, `"`) || strings.HasPrefix(name, "::")
	if odd {
		return strconv.Quote(name)
	}
	return name
}

// quoteArgv returns a command as one line that a shell would parse into the same arguments.
func quoteArgv(argv []string) string {
	quoted := make([]string, len(argv))
	for i, arg := range argv {
		quoted[i] = quoteArg(arg)
	}
	return strings.Join(quoted, " ")
}

var plainArg = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

func quoteArg(arg string) string {
	if plainArg.MatchString(arg) {
		return arg
	}
	if Clean(arg) == arg {
		return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for i := range len(arg) {
		switch c := arg[i]; {
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c < ' ' || c > '~':
			b.WriteString(`\x`)
			b.WriteString(strconv.FormatUint(uint64(c)|0x100, 16)[1:])
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}
