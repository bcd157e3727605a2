// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"fmt"
	"regexp"
	"strings"
)

// line is one line of the file and what the parser knows of it.
type line struct {
	text, eol string
	// number is the line's number in the file that was parsed; an inserted line has
	// that of the line before it, so that errors speak of the user's file.
	number int
	// start is false inside a macro: there nothing is a tag, a section or a conditional.
	start bool
	// glued is true if the line before this one ends in a backslash. For rpm that means
	// nothing outside a macro, but for the shell it does: nothing goes in between.
	glued bool
	// depth is the number of conditionals around the line. An %if, its %else and its
	// %endif stand outside the conditional that they make.
	depth int
}

// index works out continuation, conditionals and sections of all lines.
func (s *Spec) index() error {
	var open []int // the lines of the %ifs that are open
	var macro continuation
	first, size, glued := 0, 0, false
	s.sections = []section{{kind: preamble, head: -1}}
	for i := range s.lines {
		l := &s.lines[i]
		l.start, l.glued, l.depth = !macro.open(), glued, len(open)
		if l.start {
			first, size = i, 0
			macro.define = defines(l.text)
		}
		glued = macro.read(l.text)
		if size += len(l.text); size > mostLine {
			return s.place(first, fmt.Sprintf("a macro of up to %d bytes", mostLine), l.text)
		}
		if macro.deepest > mostNested {
			return s.place(i, fmt.Sprintf("up to %d nested macro brackets", mostNested), strings.TrimSpace(l.text))
		}
		if !l.start {
			continue
		}
		var err error
		if open, err = s.nest(i, open); err != nil {
			return err
		}
	}
	if macro.inMacro() {
		return s.place(first, "the end of the macro that starts here", "the end of the file")
	}
	if glued {
		return s.place(len(s.lines)-1, "a line after this backslash", "the end of the file")
	}
	if len(open) > 0 {
		return s.place(open[len(open)-1], "an %endif for this %if", "the end of the file")
	}
	s.sections[len(s.sections)-1].end = len(s.lines)
	return nil
}

// nest works out what a line does to the %ifs that are open.
func (s *Spec) nest(i int, open []int) ([]int, error) {
	l := &s.lines[i]
	switch conditional(l.text) {
	case condIf:
		if open = append(open, i); len(open) > mostNested {
			return nil, s.place(i, fmt.Sprintf("up to %d nested conditionals", mostNested), "one more")
		}
	case condElse, condEnd:
		if len(open) == 0 {
			return nil, s.place(i, "an %if before it", strings.TrimSpace(l.text))
		}
		l.depth = len(open) - 1
		if conditional(l.text) == condEnd {
			open = open[:len(open)-1]
		}
	default:
		s.section(i)
	}
	return open, nil
}

// continuation counts what is open at the end of a line, as copyNextLineFromOFI() in
// rpm's build/parseSpec.c does: macro braces, shell expansions and expressions. rpm also
// takes lines together at a backslash, but only to expand macros in them; it then looks
// at each line by itself, so that it finds the %if in the middle of a long command. Only
// a definition or a condition really goes on after a backslash.
type continuation struct {
	braces, parens, brackets int
	define, backslash        bool
	// deepest is how many brackets were open at once.
	deepest int
}

func (c *continuation) inMacro() bool { return c.braces > 0 || c.parens > 0 || c.brackets > 0 }
func (c *continuation) open() bool    { return c.inMacro() || (c.define && c.backslash) }

// defines reports whether a line is one that a backslash continues.
func defines(text string) bool {
	return conditional(text) != condNone || definition.MatchString(text)
}

var definition = regexp.MustCompile(`^[ \t]*%(?:define|global)\b`)

// read counts a line, and reports whether it ends in a backslash.
func (c *continuation) read(text string) bool {
	c.backslash = false
	for i := 0; i < len(text); i++ {
		next := byte(0)
		if i+1 < len(text) {
			next = text[i+1]
		}
		switch text[i] {
		case '\\':
			c.backslash = i+1 == len(text)
			i++
		case '%':
			switch next {
			case '{':
				c.braces++
				i++
			case '(':
				c.parens++
				i++
			case '[':
				c.brackets++
				i++
			case '%':
				i++
			}
		case '{', '}':
			nest(&c.braces, text[i] == '{')
		case '(', ')':
			nest(&c.parens, text[i] == '(')
		case '[', ']':
			nest(&c.brackets, text[i] == '[')
		}
		c.deepest = max(c.deepest, c.braces+c.parens+c.brackets)
	}
	return c.backslash
}

// nest counts a bracket, but only inside one that a macro has opened.
func nest(n *int, open bool) {
	switch {
	case *n == 0:
	case open:
		*n++
	default:
		*n--
	}
}

type condKind int

const (
	condNone condKind = iota
	condIf
	condElse
	condEnd
)

var condLine = regexp.MustCompile(
	`^[ \t]*%(if|ifarch|ifnarch|ifos|ifnos|elif|elifarch|elifos|else|endif)(?:[^A-Za-z].*)?$`)

func conditional(text string) condKind {
	m := condLine.FindStringSubmatch(text)
	switch {
	case m == nil:
		return condNone
	case m[1] == "endif":
		return condEnd
	case strings.HasPrefix(m[1], "el"):
		return condElse
	default:
		return condIf
	}
}

// joined returns a line and those in which what it opens goes on, as they are.
func (s *Spec) joined(i int) string {
	if i+1 == len(s.lines) || s.lines[i+1].start {
		return s.lines[i].text
	}
	var b strings.Builder
	b.WriteString(s.lines[i].text)
	for i++; i < len(s.lines) && !s.lines[i].start; i++ {
		b.WriteString("\n" + s.lines[i].text)
	}
	return b.String()
}

// before returns the index at which something that belongs before line i can be put at
// the given depth: line i itself, or the %if of the conditional around it.
func (s *Spec) before(i, depth int) int {
	inside := s.lines[i].depth > depth
	for i > 0 && (inside || !s.lines[i].start || s.lines[i].glued) {
		i--
		if s.lines[i].depth == depth && s.lines[i].start && conditional(s.lines[i].text) == condIf {
			inside = false
		}
	}
	return i
}

// after returns the first index after line i, its continuation, and the conditional
// around it, at the given depth.
func (s *Spec) after(i, depth int) int {
	inside := s.lines[i].depth > depth
	for i++; i < len(s.lines); i++ {
		l := s.lines[i]
		switch {
		case !l.start || (l.glued && !inside):
		case inside && l.depth == depth && conditional(l.text) == condEnd:
			inside = false
		case !inside:
			return i
		}
	}
	return i
}
