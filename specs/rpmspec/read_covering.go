// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// fileEntry is a line of a %files section: the files that its pattern matches
// are in the section's package.
type fileEntry struct {
	line    int
	pattern string // macros as %{name}
	dir     bool   // %dir: the directory, without what is in it
}

var (
	fileDirective = regexp.MustCompile(
		`^%(?:(?:attr|config|verify|lang|caps|defattr)\([^)]*\)|config|doc|docdir|license|ghost|dir|readme|missingok|artifact)(?:[ \t]+|$)`)
	bareMacro = regexp.MustCompile(`%(_[a-z_]+)\b`)
	slashes   = regexp.MustCompile(`//+`)
)

// normal writes macros with braces and directories with single slashes.
func normal(text string) string {
	return slashes.ReplaceAllString(bareMacro.ReplaceAllString(text, "%{$1}"), "/")
}

// fileEntries returns the entries of all %files sections.
func (s *Spec) fileEntries() []fileEntry {
	var out []fileEntry
	for _, sec := range s.sections {
		if sec.kind != "files" {
			continue
		}
		for i := sec.body(); i < sec.end; i++ {
			if s.lines[i].start {
				out = append(out, lineEntries(i, strings.TrimSpace(s.lines[i].text))...)
			}
		}
	}
	return out
}

// lineEntries reads a line: directives, then patterns. %exclude gives none.
func lineEntries(i int, rest string) []fileEntry {
	e := fileEntry{line: i}
	for {
		d := fileDirective.FindString(rest)
		if d == "" {
			break
		}
		e.dir = e.dir || strings.HasPrefix(d, "%dir")
		rest = rest[len(d):]
	}
	if strings.HasPrefix(rest, "#") || strings.HasPrefix(rest, "%exclude") {
		return nil
	}
	var out []fileEntry
	for pattern := range strings.FieldsSeq(normal(rest)) {
		if strings.HasPrefix(pattern, "/") || strings.HasPrefix(pattern, "%{") {
			e.pattern = pattern
			out = append(out, e)
		}
	}
	return out
}

// covers reports whether the entry's package has the file: by the pattern, or, as
// rpm takes a directory with all that is in it, with a directory that the pattern
// matches. %dir takes the directory alone.
func (e fileEntry) covers(file string) bool {
	pattern := strings.TrimSuffix(e.pattern, "/")
	for name := file; name != "." && name != "/"; name = path.Dir(name) {
		if globs(pattern, name) || name == pattern {
			return true
		}
		if e.dir {
			return false
		}
	}
	return false
}

// covered reports whether some package has the file.
func (s *Spec) covered(file string) bool {
	return slices.ContainsFunc(s.fileEntries(), func(e fileEntry) bool { return e.covers(file) })
}

// literal is what each name that a pattern matches begins with, in its directory.
func literal(pattern string) string {
	base := path.Base(pattern)
	if i := strings.IndexAny(base, `*?[\`); i >= 0 {
		base = base[:i]
	}
	return base
}

// dropReplaced takes out the lines for what the release's own provider installs
// and the new one does not: rpmbuild refuses a line that matches nothing. A line
// is the provider's own where its fixed part has the provider's name, or is the
// whole name of such a file.
func (s *Spec) dropReplaced(p Payload) error {
	if p.Replaced == nil {
		return nil
	}
	if p.Replaced.SoMajor != "" && p.SoMajor == "" {
		return s.place(-1, "a provider with the library lib"+p.Name+".so, which this release has a package for", "a plug-in only")
	}
	before, now := s.paths(*p.Replaced), s.paths(p)
	gone := map[int]bool{}
	for _, e := range slices.Backward(s.fileEntries()) {
		own := strings.Contains(literal(e.pattern), p.Name) && coversAny(e, before) || e.namesAny(before)
		if !own || coversAny(e, now) {
			continue
		}
		if len(strings.Fields(s.lines[e.line].text)) > 2 {
			return s.place(e.line, "one file per line", s.lines[e.line].text)
		}
		gone[e.line] = true
	}
	kept := s.lines[:0]
	for i, l := range s.lines {
		if !gone[i] {
			kept = append(kept, l)
		}
	}
	s.lines = kept
	return s.index()
}

func coversAny(e fileEntry, files []string) bool {
	return slices.ContainsFunc(files, e.covers)
}

// namesAny reports whether the pattern is for one of the files alone: it has the
// whole name, of a manual page without what compresses it, and no wildcards
// before its end.
func (e fileEntry) namesAny(files []string) bool {
	return !e.dir && slices.ContainsFunc(files, func(file string) bool {
		return globs(e.pattern, file) && literal(e.pattern) == strings.TrimSuffix(path.Base(file), ".gz")
	})
}

// paths returns the files of a payload as the spec would name them.
func (s *Spec) paths(p Payload) []string {
	var out []string
	if p.SoMajor != "" {
		out = append(out, "%{_libdir}/lib"+p.Name+".so", "%{_libdir}/lib"+p.Name+".so."+p.SoMajor)
	}
	if p.PkgConfig {
		out = append(out, "%{_libdir}/pkgconfig/lib"+p.Name+".pc")
	}
	for _, h := range p.Headers {
		out = append(out, "%{_includedir}/infiniband/"+h)
	}
	for _, page := range p.Pages {
		out = append(out, page.path())
	}
	for _, f := range p.Files {
		out = append(out, s.folder(f.Dir)+"/"+f.Name)
	}
	return out
}
