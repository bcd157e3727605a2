// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"errors"
	"fmt"
	"maps"
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
				fmt.Sprintf("another, beside that in line %d", s.number(t.line)))
		}
	}
	value, err := s.expander(vars).expand(t.value)
	if err != nil {
		return "", s.place(t.line, "a Source whose macros are known", err.Error())
	}
	name := value[strings.LastIndexByte(value, '/')+1:]
	if !patchFile.MatchString(name) {
		return "", s.place(t.line, "a Source that ends in a file name", fmt.Sprintf("%q", value))
	}
	return name, nil
}

// expander knows the values of macros.
type expander struct {
	values map[string]string
	// steps counts what was expanded, so that macros which name each other have an end.
	steps int
}

var defineLine = regexp.MustCompile(`^[ \t]*%(?:define|global)[ \t]+([A-Za-z_][A-Za-z0-9_]*)[ \t]+(.*?)[ \t]*$`)

func (s *Spec) expander(vars map[string]string) *expander {
	e := map[string]string{"nil": ""}
	for _, name := range []string{"name", "version", "release", "url"} {
		if v, ok := s.Tag(name); ok {
			e[name] = v
		}
	}
	for i, l := range s.lines {
		if m := defineLine.FindStringSubmatch(l.text); m != nil && l.start {
			if i+1 < len(s.lines) && !s.lines[i+1].start {
				delete(e, m[1]) // goes on over several lines
				continue
			}
			e[m[1]] = m[2]
		}
	}
	maps.Copy(e, vars)
	return &expander{values: e}
}

// %%, %{name}, %{?name:text}, %name, and a percent sign that is something else.
var macroUse = regexp.MustCompile(`%%|%\{([!?]*)([A-Za-z_]\w*)(?::([^{}]*))?\}|%([!?]*)([A-Za-z_]\w*)|%`)

// maxSteps is far above what a file name needs.
const maxSteps = 200

func (e *expander) expand(value string) (string, error) {
	var failed error
	out := macroUse.ReplaceAllStringFunc(value, func(use string) string {
		e.steps++
		if e.steps > maxSteps {
			failed = errors.New("macros without an end")
			return ""
		}
		m := macroUse.FindStringSubmatch(use)
		flags, name := m[1]+m[4], m[2]+m[5]
		switch {
		case use == "%%":
			return "%"
		case name == "":
			failed = fmt.Errorf("%q", value)
			return ""
		}
		body, known := e.values[name]
		test := strings.Contains(flags, "?")
		negated := strings.Count(flags, "!")%2 == 1
		switch {
		case test && known == negated:
			return ""
		case test && m[3] != "":
			body = m[3]
		case test && negated:
			return ""
		case !known:
			failed = fmt.Errorf("%s, which is not defined", use)
			return ""
		}
		v, err := e.expand(body)
		if err != nil {
			failed = err
		}
		return v
	})
	return out, failed
}
