// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"fmt"
	"regexp"
	"strings"
)

// section is a part of a spec: the preamble, which has no head, or what follows a line
// such as "%package -n libibverbs".
type section struct {
	// kind is the section's name without the percent sign.
	kind string
	// args is the rest of the head.
	args string
	// head is the index of the head, -1 for the preamble; end is the index after the
	// last line.
	head, end int
}

// Kinds of sections that are named in several places.
const (
	preamble       = "preamble"
	packageSection = "package"
)

func (sec section) body() int { return sec.head + 1 }

// The list is that of rpm's partList (build/parseSpec.c, 4.20), without %preamble.
var sectionLine = regexp.MustCompile(`(?i)^%(package|prep|generate_buildrequires|conf|build|install|check|clean|` +
	`pre|post|preun|postun|pretrans|posttrans|preuntrans|postuntrans|verifyscript|files|changelog|description|` +
	`trigger|triggerin|triggerun|triggerprein|triggerpostun|(?:trans)?filetrigger(?:in|un|postun)?|` +
	`sepolicy|sourcelist|patchlist)(?:[ \t]+(.*?))?[ \t]*$`)

// section begins a new section if line i is the head of one.
func (s *Spec) section(i int) {
	m := sectionLine.FindStringSubmatch(s.lines[i].text)
	if m == nil {
		return
	}
	s.sections[len(s.sections)-1].end = i
	s.sections = append(s.sections, section{kind: strings.ToLower(m[1]), args: m[2], head: i})
}

// all returns the sections of a kind whose package is the given one; an empty name
// takes those without arguments.
func (s *Spec) all(kind, pkg string) []section {
	var out []section
	for _, sec := range s.sections {
		if sec.kind == kind && sec.pkg() == pkg {
			out = append(out, sec)
		}
	}
	return out
}

// one returns the only section of a kind and package.
func (s *Spec) one(kind, pkg string) (section, error) {
	name := "%" + kind
	if pkg != "" {
		name += " -n " + pkg
	}
	found := s.all(kind, pkg)
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return section{}, s.place(-1, "a section "+name, "none")
	}
	return section{}, s.place(found[1].head, "one section "+name,
		fmt.Sprintf("%d of them, the first in line %d", len(found), s.number(found[0].head)))
}

// pkg is the package that a head names: "libx" for "-n libx", "-devel" for "devel".
func (sec section) pkg() string {
	fields := strings.Fields(sec.args)
	name := ""
	for i := 0; i < len(fields); i++ {
		switch f := fields[i]; {
		case f == "-n" && i+1 < len(fields):
			return fields[i+1]
		case strings.HasPrefix(f, "-n"):
			return strings.TrimPrefix(f, "-n")
		case (f == "-l" || f == "-f" || f == "-p") && i+1 < len(fields):
			i++
		case name == "":
			name = "-" + strings.TrimPrefix(f, "-")
		}
	}
	return name
}
