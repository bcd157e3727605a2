// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"regexp"
	"slices"
	"strings"
)

var buildRequirement = regexp.MustCompile(`^[A-Za-z0-9_/][A-Za-z0-9_.+/():~^ <>=-]*$`)

// AddBuildRequires adds a line "BuildRequires: PACKAGE" for each package that the
// preamble does not require to be built, after the last such line that no
// conditional is around. A package is as in such a line: "numactl-devel",
// "pkgconfig(numa) >= 2.0".
//
// Errors: *ValueError for what cannot stand there, *PlaceError for a spec without
// such a line.
func (s *Spec) AddBuildRequires(packages ...string) error {
	for _, pkg := range packages {
		if !buildRequirement.MatchString(pkg) {
			return &ValueError{What: "build requirement", Value: pkg, Want: "a package, optionally with its version"}
		}
	}
	if len(packages) == 0 {
		return nil
	}
	return s.edit(func(c *Spec) error {
		for _, pkg := range packages {
			if err := c.addBuildRequire(pkg); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Spec) addBuildRequire(pkg string) error {
	last, space := -1, ""
	for _, t := range s.tags(s.sections[0]) {
		if t.name != "buildrequires" || s.lines[t.line].depth > 0 {
			continue
		}
		if slices.Contains(requirements(t.value), pkg) {
			return nil
		}
		last, space = t.line, t.space
	}
	if last < 0 {
		return s.place(0, "a line \"BuildRequires: PACKAGE\" of the preamble outside any conditional", "none")
	}
	return s.insert(last+1, "BuildRequires:"+max(space, " ")+pkg)
}

// requirements takes a tag's value apart: "a, b >= 2 c".
func requirements(value string) []string {
	var out []string
	words := strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' })
	for i := 0; i < len(words); i++ {
		one := words[i]
		if i+2 < len(words) && strings.ContainsAny(words[i+1], "<=>") {
			one += " " + words[i+1] + " " + words[i+2]
			i += 2
		}
		out = append(out, one)
	}
	return out
}
