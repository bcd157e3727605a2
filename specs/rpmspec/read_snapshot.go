// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"regexp"
	"slices"
	"strings"
)

// snapshotName is the form of the names by which specs tell that they package a snapshot
// or a candidate of upstream, as the guidelines of distros have them: gitdate, commit,
// shortcommit0, prerel, rcver. A distro's macros have no such names: what has one is
// defined in the spec, or left undefined for a plain release.
var snapshotName = regexp.MustCompile(`^(?:` +
	`(?:(?:git|hg|svn|scm|vcs|upstream|short|long|full)_?)*` +
	`(?:commit|hash|sha1?|rev|revision|date|snap|snapshot|tag|checkout|describe)(?:_?(?:id|date|hash|short|ver|tag))?[0-9]?` +
	`|git|gitver|git_ver(?:sion)?|gver` +
	`|(?:pre|post|rc|alpha|beta)(?:_?(?:rel|release|ver|version|tag|num))?` +
	`)$`)

// elsewhere finds what defines macros that the spec itself does not name.
var elsewhere = regexp.MustCompile(`%\{?(?:include|load|forgemeta)\b|\brpm\.(?:load|define\([ \t]*[^"' \t])|\bmacros[.\[]`)

// snapshotNames are those macros named like a snapshot's that are taken as undefined.
type snapshotNames struct {
	// defined are the macros that some line of the spec defines, read or not.
	defined map[string]bool
	// none: others may define more.
	none bool
}

func (s *Spec) snapshotNames() *snapshotNames {
	n := &snapshotNames{defined: map[string]bool{}}
	for _, l := range s.lines {
		for _, name := range definedIn(l.text) {
			n.defined[name] = true
		}
		n.none = n.none || elsewhere.MatchString(l.text)
	}
	return n
}

// undefined reports whether the macro of that name is taken as undefined.
func (n *snapshotNames) undefined(name string) bool {
	return !n.none && !n.defined[name] && snapshotName.MatchString(name)
}

// given finds names that a line which is read uses without a question: rpm would leave
// the macro's name in the package, so it must be given from outside. Those are not taken
// as undefined any more; true says that there are any.
func (n *snapshotNames) given(r *Reading) bool {
	found := false
	for i, l := range r.spec.lines {
		if !l.start || r.lines[i].truth != yes || strings.HasPrefix(strings.TrimSpace(l.text), "#") {
			continue
		}
		if sectionLine.MatchString(l.text) {
			continue
		}
		if kind := conditional(l.text); kind != condNone && kind != condIf {
			continue
		}
		for _, name := range plainUses(r.spec.joined(i), nil) {
			if n.undefined(name) {
				n.defined[name], found = true, true
			}
		}
	}
	return found
}

// plainUses returns the macros that a text uses without a question mark, except in the
// text of a %{?name:...} for the same name. asked are the names that are asked around it.
func plainUses(text string, asked []string) []string {
	var out []string
	for len(asked) <= maxNested {
		_, use, found := strings.Cut(text, "%")
		if !found || use == "" {
			break
		}
		if use[0] == '%' {
			text = use[1:]
			continue
		}
		inner, rest, braced := use, "", false
		if use[0] == '{' {
			inner, rest, braced = bracketed(use, '{', '}')
		}
		flags, name := splitUse(inner)
		text = use[min(len(flags)+len(name), len(use)):]
		within := asked
		switch {
		case strings.Contains(flags, "?"):
			within = slices.Concat(asked, []string{name})
		case name != "" && !slices.Contains(asked, name):
			out = append(out, name)
		}
		if braced {
			out = append(out, plainUses(inner[len(flags)+len(name):], within)...)
			text = rest
		}
	}
	return out
}
