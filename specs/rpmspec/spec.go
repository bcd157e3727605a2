// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Spec is a spec file that is being edited. It is not safe for concurrent use.
type Spec struct {
	file     string
	lines    []line
	sections []section
}

// What a spec may have at most: many times what one of rdma-core's has (700 lines of up to
// 200 bytes, three conditionals inside each other), and few enough for any way to read it.
const (
	MostBytes  = 4 << 20
	mostLines  = 20_000
	mostLine   = 64 << 10 // bytes, of a line and of a macro over several
	mostNested = 100      // conditionals, and brackets of macros
)

// Parse reads a spec. The file name is used in errors only. Line ends may be LF, CRLF or
// both, and the last line need not have one. The error is a *PlaceError where the file is
// no spec that rpm could read: a conditional or a macro that is never closed, an %else or
// %endif without its %if, a NUL byte; or where it is larger than any spec.
func Parse(file string, data []byte) (*Spec, error) {
	s := &Spec{file: file}
	if len(data) > MostBytes {
		return nil, s.place(-1, fmt.Sprintf("a spec of at most %d bytes", MostBytes), strconv.Itoa(len(data)))
	}
	for l := range strings.Lines(string(data)) {
		body := strings.TrimSuffix(strings.TrimSuffix(l, "\n"), "\r")
		if !strings.HasSuffix(l, "\n") {
			body = l
		}
		s.lines = append(s.lines, line{text: body, eol: l[len(body):], number: len(s.lines) + 1})
		switch at := len(s.lines) - 1; {
		case strings.Contains(body, "\x00"):
			return nil, s.place(at, "text", "a NUL byte")
		case len(body) > mostLine:
			return nil, s.place(at, fmt.Sprintf("lines of at most %d bytes", mostLine), fmt.Sprintf("%d: %s", len(body), body))
		case len(s.lines) > mostLines:
			return nil, s.place(at, fmt.Sprintf("at most %d lines", mostLines), "more")
		}
	}
	if err := s.index(); err != nil {
		return nil, err
	}
	return s, nil
}

// Bytes returns the spec as it is now.
func (s *Spec) Bytes() []byte {
	var b strings.Builder
	for _, l := range s.lines {
		b.WriteString(l.text)
		b.WriteString(l.eol)
	}
	return []byte(b.String())
}

// edit runs f on a copy and keeps the copy only if f succeeds.
func (s *Spec) edit(f func(*Spec) error) error {
	c := &Spec{file: s.file, lines: slices.Clone(s.lines), sections: slices.Clone(s.sections)}
	if err := f(c); err != nil {
		return err
	}
	*s = *c
	return nil
}

// insert puts lines before line i, with the line ends of their neighbour.
func (s *Spec) insert(i int, texts ...string) error {
	eol, number := "\n", 0
	if i > 0 {
		number = s.lines[i-1].number
	}
	switch {
	case i > 0 && s.lines[i-1].eol != "":
		eol = s.lines[i-1].eol
	case len(s.lines) > 0 && s.lines[0].eol != "":
		eol = s.lines[0].eol
	}
	added := make([]line, 0, len(texts))
	for _, t := range texts {
		added = append(added, line{text: t, eol: eol, number: number})
	}
	if i > 0 && s.lines[i-1].eol == "" {
		s.lines[i-1].eol = eol
		added[len(added)-1].eol = ""
	}
	s.lines = slices.Insert(s.lines, i, added...)
	return s.index()
}

// place makes the error for a place at line index i, or nowhere if i is negative.
func (s *Spec) place(i int, lookedFor, found string) error {
	return &PlaceError{File: s.file, Line: s.number(i), LookedFor: lookedFor, Found: found}
}

// number is the line number of index i in the file that was parsed, 0 for none.
func (s *Spec) number(i int) int {
	if i < 0 {
		return 0
	}
	return s.lines[i].number
}

var tagLine = regexp.MustCompile(`^[ \t]*([A-Za-z][A-Za-z0-9]*)(\([^)]*\))?[ \t]*:([ \t]*)(.*?)[ \t]*$`)

// tag is one tag line of a preamble.
type tag struct {
	line int
	// name is in lower case: "source0", "provides".
	name string
	// space stands between the colon and the value.
	space, value string
}

// tags returns the tags of a section, in order.
func (s *Spec) tags(sec section) []tag {
	var out []tag
	for i := sec.body(); i < sec.end; i++ {
		if !s.lines[i].start {
			continue
		}
		if m := tagLine.FindStringSubmatch(s.lines[i].text); m != nil {
			out = append(out, tag{line: i, name: strings.ToLower(m[1]), space: m[3], value: m[4]})
		}
	}
	return out
}

// inMacro finds what a macro would leave as a tag: %{?x:Patch1: y}, %{expand:Patch1: y}.
var inMacro = regexp.MustCompile(`[:}"'\n][ \t]*([A-Za-z][A-Za-z0-9]*)(?:\([^)]*\))?[ \t]*:`)

// bracedTags returns the names of the tags, in lower case, that the macros in a line may
// stand for. It is nil for a line that is a tag itself.
func (s *Spec) bracedTags(i int) []string {
	if !s.lines[i].start || !strings.HasPrefix(strings.TrimLeft(s.lines[i].text, " \t"), "%{") {
		return nil
	}
	var names []string
	for _, m := range inMacro.FindAllStringSubmatch(s.joined(i), -1) {
		names = append(names, strings.ToLower(m[1]))
	}
	return names
}

// Tag returns the raw value of a tag of the main package's preamble, and whether it is
// there. Case does not matter, "Source" and "Source0" are the same, and where a
// conditional gives a tag several values, the first is returned.
func (s *Spec) Tag(name string) (string, bool) {
	want := zeroth(strings.ToLower(name))
	for _, t := range s.tags(s.sections[0]) {
		if zeroth(t.name) == want {
			return t.value, true
		}
	}
	return "", false
}

// CheckVersion refuses a spec whose Version is written out and is another one; where says which.
//
// Errors: *PlaceError.
func (s *Spec) CheckVersion(version, where string) error {
	for _, t := range s.tags(s.sections[0]) {
		if t.name == "version" && versionForm.MatchString(t.value) && t.value != version {
			return s.place(t.line, "Version: "+version+", as in "+where, t.value)
		}
	}
	return nil
}

var versionForm = regexp.MustCompile(`^[0-9]+[.][0-9]+$`)

func zeroth(name string) string {
	if name == "source" {
		return "source0"
	}
	return name
}
