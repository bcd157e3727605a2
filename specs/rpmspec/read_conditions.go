// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/specs/edit"
)

// Reading is a spec as one distro reads it: the active lines of its conditionals, and the
// values of its macros, as far as both are known without running rpm.
type Reading struct {
	spec  *Spec
	rpm   RPM
	dist  string // the value of %dist
	lines []readLine
	// refused is the error of the first line that this rpm stops at.
	refused error
}

// truth reports whether a line is one that rpm reads.
type truth int

const (
	yes truth = iota
	no
	undecided
)

// readLine is what is known of a line.
type readLine struct {
	truth truth
	// why is the reason for undecided.
	why string
	// text is the line expanded, if it matters; failed is why it could not be.
	text   string
	failed error
}

// mostTurns limits the readings of a spec that find which snapshot names are given from
// outside; after that, all may be.
const mostTurns = 10

// Read reads the spec from top to bottom as rpm does (build/parseSpec.c), with the
// macros that the distro has. It never fails: what cannot be decided is an error of
// the method that needs it.
func (s *Spec) Read(m Macros) *Reading {
	names := s.snapshotNames()
	for turn := 0; ; turn++ {
		names.none = names.none || turn == mostTurns
		r := &Reading{spec: s, rpm: m.RPM, dist: m.Values["dist"], lines: make([]readLine, len(s.lines))}
		w := &walk{Reading: r, table: newTable(m), arch: m.Arch}
		w.table.unnamed = names.undefined
		w.tagMacros()
		for i := range s.lines {
			w.line(i)
		}
		if !names.given(r) {
			return r
		}
	}
}

// walk is a reading in progress.
type walk struct {
	*Reading

	table   *macroTable
	arch    string
	open    []condition
	section int
}

// condition is an %if that is open.
type condition struct {
	outer readLine
	// now is the arm that we are in; taken reports whether an arm before it was read.
	now   readLine
	taken truth
}

func (w *walk) state() readLine {
	if n := len(w.open); n > 0 {
		return w.open[n-1].now
	}
	return readLine{}
}

func (w *walk) line(i int) {
	for w.section+1 < len(w.spec.sections) && w.spec.sections[w.section+1].head <= i {
		w.section++
	}
	l := w.spec.lines[i]
	switch {
	case !l.start:
		w.lines[i] = w.state()
		return
	case conditional(l.text) != condNone:
		w.condition(i)
		w.lines[i] = w.state()
		return
	}
	state := w.state()
	if state.truth == yes {
		w.newer(i)
	}
	if state.truth != no {
		w.define(i, state)
		w.tagMacro(i, state)
	}
	if state.truth == yes {
		w.expandLine(i, &state)
	}
	w.lines[i] = state
}

// expandLine expands a line that a method looks at: a tag, what may stand for one, an
// entry of a list, and the arguments of a step of %prep as far as their macros are known.
func (w *walk) expandLine(i int, state *readLine) {
	text := w.spec.lines[i].text
	switch w.spec.sections[w.section].kind {
	case preamble, packageSection:
		if tagLine.MatchString(text) {
			state.text, state.failed = w.table.expand(text)
		} else if strings.HasPrefix(strings.TrimLeft(text, " \t"), "%") {
			state.text, state.failed = w.table.expand(w.spec.joined(i))
		}
	case "patchlist", "sourcelist":
		state.text, state.failed = w.table.expand(w.spec.joined(i))
	case "prep":
		if p, ok := w.spec.prepLine(i, w.spec.sections[w.section].end); ok {
			if rest, err := w.table.expand(p.rest); err == nil {
				state.text = p.macro + rest
			}
		}
	}
}

// whole joins a line with what goes on after its backslashes.
func (s *Spec) whole(i int) string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(s.lines[i].text, `\`))
	for i++; i < len(s.lines) && !s.lines[i].start; i++ {
		b.WriteString(" " + strings.TrimSuffix(s.lines[i].text, `\`))
	}
	return b.String()
}

func (w *walk) condition(i int) {
	m := condLine.FindStringSubmatch(w.spec.lines[i].text)
	text := w.spec.whole(i)
	rest := text[strings.Index(text, "%"+m[1])+1+len(m[1]):]
	switch conditional(w.spec.lines[i].text) {
	case condIf:
		c := condition{outer: w.state()}
		if c.now = c.outer; c.outer.truth == yes {
			c.now = w.decide(i, m[1], rest)
		}
		c.taken = c.now.truth
		w.open = append(w.open, c)
	case condElse:
		c := &w.open[len(w.open)-1]
		switch {
		case c.outer.truth != yes:
		case m[1] != "else" && w.rpm.before(rpm415):
			// It is not a conditional there, but a line as any other.
			if c.now.truth == yes {
				w.refuse(i, "%"+m[1]+" is known from rpm 4.15 on")
			}
		case c.taken == yes:
			c.now = readLine{truth: no}
		case c.taken == undecided:
			c.now = readLine{truth: undecided, why: c.now.why}
		case m[1] == "else":
			c.now = readLine{}
		default:
			c.now = w.decide(i, m[1], rest)
			c.taken = c.now.truth
		}
	case condEnd:
		w.open = w.open[:len(w.open)-1]
	case condNone:
	}
}

// decide answers one condition.
func (w *walk) decide(i int, kind, rest string) readLine {
	if w.rpm.before(rpm415) && i+1 < len(w.spec.lines) && !w.spec.lines[i+1].start && w.spec.lines[i+1].glued {
		w.refuse(i, "a condition can continue on the next line only from rpm 4.15 on")
	}
	answer, err := w.answer(kind, rest)
	if newer, ok := errors.AsType[*newerError](err); ok {
		w.refuse(i, newer.Error())
	}
	if err != nil {
		why := fmt.Sprintf("line %d: %s: %v", w.spec.number(i), edit.CutTo(strings.TrimSpace(w.spec.lines[i].text), mostBeside), err)
		return readLine{truth: undecided, why: why}
	}
	if answer {
		return readLine{}
	}
	return readLine{truth: no}
}

func (w *walk) answer(kind, rest string) (bool, error) {
	w.table.steps = 0
	switch kind {
	case "if", "elif":
		v, err := w.table.evaluate(rest)
		return v.truth(), err
	case "ifos", "elifos":
		return slices.Contains(strings.Fields(rest), "linux"), nil
	case "ifnos":
		return !slices.Contains(strings.Fields(rest), "linux"), nil
	}
	if w.arch == "" {
		return false, &UnknownMacroError{Macro: "%" + kind, Why: "the architecture is not known here"}
	}
	listed := false
	for _, word := range strings.FieldsFunc(rest, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' }) {
		archs, known := archList(strings.Trim(word, "%{}"))
		if !strings.HasPrefix(word, "%") {
			archs, known = []string{word}, true
		}
		if !known {
			text, err := w.table.expand(word)
			if err != nil {
				return false, err
			}
			archs = strings.Fields(text)
		}
		listed = listed || slices.Contains(archs, w.arch)
	}
	return listed == (kind != "ifnarch"), nil
}

// archList returns one of rpm's lists of architectures (rpm's macros.in), as far as a
// 64-bit machine of today could be in it; ok is false for what is not such a list.
func archList(name string) (archs []string, ok bool) {
	switch name {
	case "ix86", "arm", "arm32", "mips", "mips32", "mips64", "sparc", "alpha":
		return nil, true
	case "arm64":
		return []string{"aarch64"}, true
	case "power64":
		return []string{"ppc64", "ppc64le"}, true
	case "riscv":
		return []string{"riscv64"}, true
	case "x86_64", "riscv64", "loongarch64":
		return []string{name}, true
	}
	return nil, false
}

// needs returns the error of a line that has to be decided and expanded and is not.
func (r *Reading) needs(i int) error {
	l := r.lines[i]
	switch {
	case l.truth == undecided:
		return r.spec.place(i, "this line outside conditionals, or in those that the distro's macros decide", l.why)
	case l.failed != nil:
		return r.spec.place(i, "this line with macros that are known", l.failed.Error())
	}
	return nil
}
