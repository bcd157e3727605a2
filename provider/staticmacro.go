// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"strconv"
	"strings"
)

// The layout is clang-format's for rdma-core: 80 columns, tabs of 8, the
// backslash of a continued line in column 80.
const (
	macroColumns     = 80
	continuedColumns = macroColumns - len(` \`) // of a line that goes on
	macroTab         = 8
)

// macroText is a macro taken apart into its lines, without continuations.
type macroText struct {
	lines   []string
	changed []bool
	raw     []string
	tail    string // "\r" where the macro's last line ends so: c.Scan leaves only "\n" out
}

// growStaticMacros adds one place to both macros. places is what they had.
func growStaticMacros(file string, data []byte) (places int, out []byte, err error) {
	m, err := parseStaticMacros(file, data)
	if err != nil {
		return 0, nil, err
	}
	next := strconv.Itoa(m.Places + 1)
	prefix := splitMacro(m.Prefix.Text)
	prefix.growParams("_" + next)
	prefix.growBody("&verbs_provider_##_" + next)
	filler := splitMacro(m.Filler.Text)
	filler.growFillers()
	edits := map[int]string{m.Prefix.Start: prefix.join(), m.Filler.Start: filler.join()}
	first, second := m.Prefix, m.Filler
	if second.Start < first.Start {
		first, second = second, first
	}
	out = append(out, data[:first.Start]...)
	out = append(out, edits[first.Start]...)
	out = append(out, data[first.End:second.Start]...)
	out = append(out, edits[second.Start]...)
	return m.Places, append(out, data[second.End:]...), nil
}

func splitMacro(text string) *macroText {
	raw := strings.Split(text, "\n")
	m := &macroText{raw: raw, lines: make([]string, len(raw)), changed: make([]bool, len(raw))}
	if strings.HasSuffix(text, "\r") {
		m.tail = "\r"
	}
	for i, r := range raw {
		r = strings.TrimSuffix(r, "\r")
		if i < len(raw)-1 {
			r = strings.TrimSuffix(r, `\`)
		}
		m.lines[i] = strings.TrimRight(r, " \t")
	}
	return m
}

// set replaces line i by one or more.
func (m *macroText) set(i int, lines ...string) {
	mark := make([]bool, len(lines))
	for k := range mark {
		mark[k] = true
	}
	m.lines = append(append(append([]string(nil), m.lines[:i]...), lines...), m.lines[i+1:]...)
	m.changed = append(append(append([]bool(nil), m.changed[:i]...), mark...), m.changed[i+1:]...)
	m.raw = append(append(append([]string(nil), m.raw[:i]...), make([]string, len(lines))...), m.raw[i+1:]...)
}

// growParams adds a parameter before the dots, on a new line if it does not fit.
func (m *macroText) growParams(param string) {
	for i, line := range m.lines {
		head, tail, ok := strings.Cut(line, "...)")
		if !ok {
			continue
		}
		indent := continuationIndent(line)
		m.set(i, fill(head, indent, continuedColumns, param+",", "...)"+tail)...)
		return
	}
}

// growBody adds an address after the last one.
func (m *macroText) growBody(addr string) {
	i := len(m.lines) - 1
	lines := fill(m.lines[i]+",", leadingBlank(m.lines[i]), macroColumns, addr)
	m.set(i, lines...)
}

// growFillers adds one more none before the last parenthesis.
func (m *macroText) growFillers() {
	i := len(m.lines) - 1
	indent := continuationIndent(m.lines[i])
	head := strings.TrimSuffix(m.lines[i], ")")
	m.set(i, fill(head+",", indent, macroColumns, "none)")...)
}

// fill appends words to line, each after one space, and breaks the line before a word that
// would exceed the columns. These apply to the last line; the others must leave room for their
// backslash, even if line had none before.
func fill(line, indent string, columns int, words ...string) []string {
	lines := []string{strings.TrimRight(line, " \t")}
	for _, w := range words {
		last := &lines[len(lines)-1]
		switch joined := *last + " " + w; {
		case strings.TrimSpace(*last) == "":
			*last = indent + w
		case width(joined) <= columns:
			*last = joined
		default:
			if cut := strings.LastIndexByte(*last, ' '); width(*last) > continuedColumns && cut > 0 {
				w = (*last)[cut+1:] + " " + w
				*last = strings.TrimRight((*last)[:cut], " \t")
			}
			lines = append(lines, indent+w)
		}
	}
	return lines
}

// join puts the lines together again; a line that was not changed keeps its
// own continuation, unless it was the last.
func (m *macroText) join() string {
	eol := m.tail + "\n"
	var b strings.Builder
	for i, line := range m.lines {
		last := i == len(m.lines)-1
		switch {
		case last:
			b.WriteString(line)
		case m.changed[i]:
			b.WriteString(line + strings.Repeat(" ", max(1, macroColumns-1-width(line))) + `\` + eol)
		default:
			b.WriteString(m.raw[i] + "\n")
		}
	}
	return b.String() + m.tail
}

// continuationIndent is the indentation of a list's next line: under its first entry on the
// opening line, otherwise that of the line itself.
func continuationIndent(line string) string {
	if !strings.Contains(line, "(") {
		return leadingBlank(line)
	}
	column := width(line[:strings.Index(line, "(")+1])
	return strings.Repeat("\t", column/macroTab) + strings.Repeat(" ", column%macroTab)
}

func leadingBlank(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

func width(line string) int {
	n := 0
	for _, c := range line {
		if c == '\t' {
			n += macroTab - n%macroTab
		} else {
			n++
		}
	}
	return n
}
