// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"fmt"
	"regexp"
	"strings"
)

// SourceFile returns the file name of the first source, as rpmbuild expects it in
// SOURCES: macros expanded, and of a URL what follows the last slash ("#/" included).
//
// A macro is looked for in vars, which may be nil, then among the spec's simple %define
// and %global lines, then among Name, Version, Release and URL. *PlaceError says that
// there is no Source, that conditionals give several, or which macro is not known.
func (s *Spec) SourceFile(vars map[string]string) (string, error) {
	var found []tag
	for _, t := range s.tags(s.sections[0]) {
		if zeroth(t.name) == "source0" {
			found = append(found, t)
		}
	}
	if len(found) == 0 {
		return "", s.place(-1, "a Source tag in the preamble", "none")
	}
	t := found[0]
	for _, other := range found[1:] {
		if other.value != t.value {
			return "", s.place(other.line, "one Source",
				fmt.Sprintf("another, besides that in line %d", s.number(t.line)))
		}
	}
	value, err := s.simpleTable(vars).expand(t.value)
	if err != nil {
		return "", s.place(t.line, "a Source whose macros are known", err.Error())
	}
	name := value[strings.LastIndexByte(value, '/')+1:]
	if !patchFile.MatchString(name) {
		return "", s.place(t.line, "a Source that ends in a file name", fmt.Sprintf("%q", value))
	}
	return name, nil
}

var defineLine = regexp.MustCompile(`^[ \t]*%(?:define|global)[ \t]+([A-Za-z_][A-Za-z0-9_]*)[ \t]+(.*?)[ \t]*$`)

// simpleTable has all of the spec's simple macros, whatever conditionals they are in;
// what is nowhere is taken not to be defined.
func (s *Spec) simpleTable(vars map[string]string) *macroTable {
	t := newTable(Macros{})
	t.strict = false
	for _, name := range []string{"name", "version", "release", "url"} {
		if v, ok := s.Tag(name); ok {
			t.set(name, v)
		}
	}
	for i, l := range s.lines {
		if m := defineLine.FindStringSubmatch(l.text); m != nil && l.start {
			if i+1 < len(s.lines) && !s.lines[i+1].start {
				t.unset(m[1]) // goes on over several lines
				continue
			}
			t.set(m[1], m[2])
		}
	}
	for name, v := range vars {
		t.set(name, v)
	}
	return t
}
