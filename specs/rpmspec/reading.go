// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Reading is a spec as one distro reads it: which lines its conditionals leave, and
// what the macros in them stand for, as far as both can be told without running rpm.
type Reading struct {
	spec  *Spec
	dist  string // the value of %dist
	lines []readLine
}

// truth says whether a line is one that rpm reads.
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

// Read reads the spec from top to bottom as rpm does (build/parseSpec.c), with the
// macros that the distro has. It never fails: what cannot be decided is an error of
// the method that needs it.
func (s *Spec) Read(m Macros) *Reading {
	r := &Reading{spec: s, dist: m.Values["dist"], lines: make([]readLine, len(s.lines))}
	w := &walk{Reading: r, table: newTable(m), arch: m.Arch}
	w.tags()
	for i := range s.lines {
		w.line(i)
	}
	return r
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
	// now is the arm that we are in; taken says whether an arm before it was read.
	now   readLine
	taken truth
}

// tags makes the macros that rpm makes of tags, before their lines: a spec that uses
// one before its tag is none that rpm could read.
func (w *walk) tags() {
	for _, name := range []string{"name", "version", "url"} {
		if v, ok := w.spec.Tag(name); ok {
			w.table.set(name, v)
		}
	}
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
	if state.truth != no {
		w.define(i, state)
	}
	if state.truth == yes && w.matters(l.text) {
		state.text, state.failed = w.table.expand(l.text)
	}
	w.lines[i] = state
}

// matters says whether a line is one that a method looks at expanded.
func (w *walk) matters(text string) bool {
	switch w.spec.sections[w.section].kind {
	case preamble, "package":
		return tagLine.MatchString(text)
	case "patchlist", "sourcelist":
		return true
	}
	return false
}

// whole joins a line with what goes on behind its backslashes.
func (s *Spec) whole(i int) string {
	text := strings.TrimSuffix(s.lines[i].text, `\`)
	for i++; i < len(s.lines) && !s.lines[i].start; i++ {
		text += " " + strings.TrimSuffix(s.lines[i].text, `\`)
	}
	return text
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
	answer, err := w.answer(kind, rest)
	if err != nil {
		return readLine{truth: undecided, why: fmt.Sprintf("line %d: %s: %v", w.spec.number(i), strings.TrimSpace(w.spec.lines[i].text), err)}
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
		archs, known := archLists[strings.Trim(word, "%{}")]
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

// archLists are those of rpm's lists of architectures (rpm's macros.in) in which a
// 64-bit machine of today could be.
var archLists = map[string][]string{
	"ix86": nil, "arm": nil, "arm32": nil, "mips32": nil, "sparc": nil, "alpha": nil, "arm64": {"aarch64"}, "x86_64": {"x86_64"},
	"mips": nil, "mips64": nil, "power64": {"ppc64", "ppc64le"}, "riscv64": {"riscv64"}, "riscv": {"riscv64"}, "loongarch64": {"loongarch64"},
}

var (
	anyDefine  = regexp.MustCompile(`^[ \t]*%(define|global)[ \t]+([A-Za-z_][A-Za-z0-9_]*)(\([^)]*\))?[ \t]*(.*?)[ \t]*$`)
	undefine   = regexp.MustCompile(`^[ \t]*%undefine[ \t]+([A-Za-z_][A-Za-z0-9_]*)`)
	ifNotThere = regexp.MustCompile(`^[ \t]*%\{!\?([A-Za-z_][A-Za-z0-9_]*):[ \t]*%(define|global)[ \t]+([A-Za-z_][A-Za-z0-9_]*)[ \t]+(.*)\}[ \t]*$`)
	bcondLine  = regexp.MustCompile(`^[ \t]*%bcond(_with|_without)?[ \t]+([A-Za-z_][A-Za-z0-9_]*)[ \t]*(.*?)[ \t]*$`)
)

// define keeps what a line does to the macros.
func (w *walk) define(i int, state readLine) {
	text := w.spec.lines[i].text
	goesOn := i+1 < len(w.spec.lines) && !w.spec.lines[i+1].start
	if m := ifNotThere.FindStringSubmatch(text); m != nil {
		_, defined, why := w.table.find(m[1])
		switch {
		case defined:
		case why != "":
			w.table.hide(m[3], why)
		default:
			w.keep(state, m[2], m[3], m[4])
		}
		return
	}
	if m := undefine.FindStringSubmatch(text); m != nil {
		if w.table.unset(m[1]); state.truth == undecided {
			w.table.hide(m[1], state.why)
		}
		return
	}
	if m := bcondLine.FindStringSubmatch(text); m != nil {
		w.bcond(state, m[1], m[2], m[3])
		return
	}
	if m := anyDefine.FindStringSubmatch(text); m != nil {
		if goesOn || m[3] != "" {
			w.table.hide(m[2], "it has parameters or several lines")
			return
		}
		w.keep(state, m[1], m[2], m[4])
	}
}

// keep defines a macro: %global expands its body at once.
func (w *walk) keep(state readLine, how, name, body string) {
	if state.truth == undecided {
		w.table.hide(name, state.why)
		return
	}
	if how == "global" {
		plain, err := w.table.expand(body)
		if err != nil {
			w.table.hide(name, err.Error())
			return
		}
		body = plain
	}
	w.table.set(name, body)
}

// bcond defines with_NAME as %bcond_with, %bcond_without and %bcond do where rpmbuild
// is given no --with and --without.
func (w *walk) bcond(state readLine, kind, name, expr string) {
	name = "with_" + name
	on := kind == "_without"
	if kind == "" {
		w.table.steps = 0
		v, err := w.table.evaluate(expr)
		if err != nil {
			w.table.hide(name, err.Error())
			return
		}
		on = v.truth()
	}
	switch {
	case state.truth == undecided:
		w.table.hide(name, state.why)
	case on:
		w.table.set(name, "1")
	}
}

// needs gives the error of a line that has to be decided and expanded and is not.
func (r *Reading) needs(i int) error {
	l := r.lines[i]
	switch {
	case l.truth == undecided:
		return r.spec.place(i, "this line outside of conditionals, or in those that the distro's macros decide", l.why)
	case l.failed != nil:
		return r.spec.place(i, "this line with macros that are known", l.failed.Error())
	}
	return nil
}

// file is a patch that a spec declares.
type file struct {
	number int
	// name is the file's name in SOURCES.
	name string
}

var listedFile = regexp.MustCompile(`^[ \t]*[^#% \t]`)

// fileName is the name of a source or patch that is a file name or a URL.
func (r *Reading) fileName(i int, kind, value string) (string, error) {
	if err := r.needs(i); err != nil {
		return "", err
	}
	value = strings.TrimSpace(value)
	name := value[strings.LastIndexByte(value, '/')+1:]
	if !patchFile.MatchString(name) {
		return "", r.spec.place(i, "a "+kind+" that ends in a file name", fmt.Sprintf("%q", value))
	}
	return name, nil
}

// patches returns the patches in the order in which they are declared: rpm numbers
// those without a number after the last one (build/parsePreamble.c).
func (r *Reading) patches() ([]file, error) {
	var out []file
	next := 0
	add := func(i, number int, value string) error {
		name, err := r.fileName(i, "patch", value)
		out = append(out, file{number: number, name: name})
		next = number + 1
		return err
	}
	for _, sec := range r.spec.sections {
		if err := r.declared(sec, "patch", func() int { return next }, add); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// declared calls add for each declaration of a section that is not left out.
func (r *Reading) declared(sec section, kind string, next func() int, add func(i, number int, value string) error) error {
	for i := sec.body(); i < sec.end; i++ {
		if !r.spec.lines[i].start || r.lines[i].truth == no {
			continue
		}
		text := r.spec.lines[i].text
		switch sec.kind {
		case preamble, "package":
			m := tagLine.FindStringSubmatch(text)
			if m == nil {
				continue
			}
			digits, ok := strings.CutPrefix(strings.ToLower(m[1]), kind)
			number, err := strconv.Atoi(digits)
			if !ok || digits != "" && err != nil {
				continue
			}
			if digits == "" {
				number = next()
			}
			if m = tagLine.FindStringSubmatch(r.lines[i].text); m == nil {
				m = []string{4: ""}
			}
			if err := add(i, number, m[4]); err != nil {
				return err
			}
		case kind + "list":
			if !listedFile.MatchString(text) {
				continue
			}
			if err := add(i, next(), r.lines[i].text); err != nil {
				return err
			}
		}
	}
	return nil
}

// Source returns the name of the file that the spec has as Source0.
//
// Errors: *PlaceError, if there is none or it cannot be told.
func (r *Reading) Source() (string, error) {
	name, err := "", error(nil)
	add := func(i, number int, value string) error {
		if number == 0 && name == "" {
			name, err = r.fileName(i, "source", value)
		}
		return err
	}
	next := 0
	for _, sec := range r.spec.sections {
		if err := r.declared(sec, "source", func() int { next++; return next - 1 }, add); err != nil {
			return "", err
		}
	}
	if name == "" {
		return "", r.spec.place(-1, "a Source or Source0 tag", "none")
	}
	return name, nil
}

// Tag returns the value of a tag of the main package, macros expanded, and whether the
// distro's reading has it.
//
// Errors: *PlaceError, if it cannot be told.
func (r *Reading) Tag(name string) (string, bool, error) {
	for _, t := range r.spec.tags(r.spec.sections[0]) {
		if t.name != strings.ToLower(name) || r.lines[t.line].truth == no {
			continue
		}
		if err := r.needs(t.line); err != nil {
			return "", false, err
		}
		return tagLine.FindStringSubmatch(r.lines[t.line].text)[4], true, nil
	}
	return "", false, nil
}
