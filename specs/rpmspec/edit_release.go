// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"regexp"
	"slices"
	"strings"
)

// SuffixError says that a text cannot be the suffix of a release.
type SuffixError struct{ Suffix, Why string }

// Error names the suffix and what it has to be.
func (e *SuffixError) Error() string {
	return "release suffix \"" + e.Suffix + "\": " + e.Why +
		": want . _ or +, a letter, and more letters, digits, dots, _ or +, as in .rib1"
}

var suffixForm = regexp.MustCompile(`^[._+][A-Za-z][A-Za-z0-9._+]{0,62}$`)

// CheckSuffix checks that a text can be appended to a Release so that the package upgrades the
// one without it and is upgraded by the distro's next one.
//
// In rpm's order (rpmio/rpmvercmp.c) what is longer is newer, "3.el9" before
// "3.el9.rib1"; and where two differ, a number is newer than a word: "3.el9.rib1" before
// "3.el9.1" and "3.el9_4", and "3" before "4" wherever that comes. So the suffix has to
// begin with a separator and a letter. A tilde would sort it before the distro's own;
// a caret is not known to rpm 4.14 (EL 8); a dash ends a release.
//
// Errors: *SuffixError.
func CheckSuffix(suffix string) error {
	switch {
	case suffixForm.MatchString(suffix):
		return nil
	case suffix == "":
		return &SuffixError{Suffix: suffix, Why: "is empty"}
	case strings.ContainsRune(suffix, '~'):
		return &SuffixError{Suffix: suffix, Why: "has a tilde, so RPM sorts it before the distro's own release"}
	case len(suffix) > 1 && strings.ContainsAny(suffix[:1], "._+") && suffix[1] >= '0' && suffix[1] <= '9':
		return &SuffixError{Suffix: suffix, Why: "starts with a digit, so RPM may sort it at or above the distro's next release"}
	}
	return &SuffixError{Suffix: suffix, Why: "has an invalid character, or does not start with . _ or +"}
}

var (
	autorelease = regexp.MustCompile(`^%(?:\{autorelease\b([^{}]*)\}|autorelease\b(.*))$`)
	autoDefined = regexp.MustCompile(`^[ \t]*%(?:define|global)[ \t]+autorelease\b`)
)

// AddReleaseSuffix puts a suffix after each Release of the main package, whichever
// conditional it is in: "3%{?dist}" becomes "3%{?dist}.rib1". It is after the dist tag
// because a distro's own counter may be there too ("3%{?dist}.1").
//
// "%autorelease" gets it where the spec itself defines that macro, as the specs in
// Fedora's source packages do; elsewhere it would count the commits of a git repository
// that is not here.
//
// Errors: *SuffixError; *PlaceError if there is no Release, or one that is not known.
func (s *Spec) AddReleaseSuffix(suffix string) error {
	if err := CheckSuffix(suffix); err != nil {
		return err
	}
	return s.edit(func(c *Spec) error {
		found, defined := false, c.definesAutorelease()
		if err := c.plainRelease(); err != nil {
			return err
		}
		for _, t := range c.tags(c.sections[0]) {
			if t.name != "release" {
				continue
			}
			found = true
			if strings.HasSuffix(t.value, suffix) {
				continue
			}
			value, err := c.suffixed(t, suffix, defined)
			if err != nil {
				return err
			}
			text := c.lines[t.line].text
			at := strings.LastIndex(text, t.value)
			c.lines[t.line].text = text[:at] + value + text[at+len(t.value):]
		}
		if !found {
			return c.place(-1, "a Release tag", "none")
		}
		return c.index()
	})
}

// plainRelease refuses a Release inside a macro, and one whose macros go on in the
// next line.
func (s *Spec) plainRelease() error {
	for i := range s.sections[0].end {
		text := strings.TrimSpace(s.lines[i].text)
		switch names := s.tagNames(i); {
		case !slices.Contains(names, "release"):
		case len(s.bracedTags(i)) > 0:
			return s.place(i, "a Release that is not inside a macro", text)
		case i+1 < len(s.lines) && !s.lines[i+1].start:
			return s.place(i, "a Release on one line", text)
		}
	}
	return nil
}

func (s *Spec) definesAutorelease() bool {
	return slices.ContainsFunc(s.lines, func(l line) bool { return l.start && autoDefined.MatchString(l.text) })
}

func (s *Spec) suffixed(t tag, suffix string, defined bool) (string, error) {
	if t.value == "" {
		return "", s.place(t.line, "a Release with a value", "none")
	}
	m := autorelease.FindStringSubmatch(t.value)
	if m == nil {
		if strings.HasPrefix(t.value, "%autorelease") || strings.HasSuffix(t.value, `\`) {
			return "", s.place(t.line, "a Release that a suffix can be appended to", t.value)
		}
		return t.value + suffix, nil
	}
	if defined {
		// In braces, or the suffix would be one more argument.
		return "%{autorelease" + strings.TrimRight(m[1]+m[2], " \t") + "}" + suffix, nil
	}
	return "", s.place(t.line, "a Release that the spec itself sets", t.value+", which it does not define")
}

// ReleaseVersion returns "VERSION-RELEASE" for a changelog entry, without the dist tag,
// as distros write it; only the version where the Release cannot be expanded.
func (r *Reading) ReleaseVersion() (string, error) {
	version, ok, err := r.Tag("Version")
	if err != nil {
		return "", err
	}
	if !ok || version == "" {
		return "", r.spec.place(-1, "a Version tag", "none")
	}
	for _, t := range r.spec.tags(r.spec.sections[0]) {
		if t.name != "release" || r.lines[t.line].truth == no {
			continue
		}
		if r.lines[t.line].truth == undecided || r.lines[t.line].failed != nil {
			return version, nil //nolint:nilerr // a changelog may do without the release
		}
		release := tagLine.FindStringSubmatch(r.lines[t.line].text)[4]
		if r.dist != "" {
			release = strings.Replace(release, r.dist, "", 1)
		}
		return version + "-" + release, nil
	}
	return "", r.spec.place(-1, "a Release tag", "none")
}
