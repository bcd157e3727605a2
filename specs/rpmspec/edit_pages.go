// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

func (p Page) folder() string { return fmt.Sprintf("%%{_mandir}/man%d", p.Section) }

// path is the page as rpmbuild compresses it.
func (p Page) path() string { return fmt.Sprintf("%s/%s.%d.gz", p.folder(), p.Name, p.Section) }

// addPages adds the manual pages: to %files devel, as upstream does for
// libraries, or to the package in which the plug-in is.
func (s *Spec) addPages(p Payload) error {
	pkg := "-devel"
	if p.SoMajor == "" {
		pkg = s.runtimePackage()
	}
	var open []Page
	for _, page := range p.Pages {
		if !s.covered(page.path()) {
			open = append(open, page)
		}
	}
	for _, g := range s.pageGlobs(open) {
		sec, err := s.one("files", pkg)
		if err != nil {
			return err
		}
		list := fileList{form: s.pageForm(sec, g.folder), name: g.name}
		if err := s.addFile(pkg, g.example, g.folder+"/"+g.name, list, p); err != nil {
			return err
		}
	}
	return nil
}

// pageForm prefers the lines for pages of direct-verbs libraries.
func (s *Spec) pageForm(sec section, folder string) *regexp.Regexp {
	verbs := regexp.MustCompile(`^` + regexp.QuoteMeta(folder) + `/([^/]*dv[^/]*)$`)
	for i := sec.body(); i < sec.end; i++ {
		if verbs.MatchString(normal(s.lines[i].text)) {
			return verbs
		}
	}
	return regexp.MustCompile(`^` + regexp.QuoteMeta(folder) + `/([A-Za-z0-9][^/]*)$`)
}

// pageGlob is a pattern for pages of one section.
type pageGlob struct {
	folder, name string // "%{_mandir}/man3", "flydv*"
	example      string // a page that it is for
}

// pageGlobs makes one pattern for the pages of a section that begin with the
// same word, as upstream does: "manadv*" for manadv_init_obj and
// manadv_set_context_attr. Where that would match pages which the spec has
// elsewhere, each page is named.
func (s *Spec) pageGlobs(pages []Page) []pageGlob {
	type group struct {
		section int
		word    string
	}
	var order []group
	names := map[group][]Page{}
	for _, page := range pages {
		word, _, _ := strings.Cut(page.Name, "_")
		g := group{page.Section, word}
		if names[g] == nil {
			order = append(order, g)
		}
		names[g] = append(names[g], page)
	}
	var globs []pageGlob
	for _, g := range order {
		prefix := commonPrefix(names[g])
		if s.othersPages(names[g][0].folder(), prefix) {
			for _, page := range names[g] {
				globs = append(globs, pageGlob{page.folder(), fmt.Sprintf("%s.%d*", page.Name, page.Section), page.path()})
			}
			continue
		}
		globs = append(globs, pageGlob{names[g][0].folder(), prefix + "*", names[g][0].path()})
	}
	// Of two of which one matches what the other does, that one comes first, and
	// the other is covered when its turn comes.
	slices.SortFunc(globs, func(a, b pageGlob) int { return strings.Compare(a.folder+a.name, b.folder+b.name) })
	return globs
}

// commonPrefix returns the words that all pages begin with.
func commonPrefix(pages []Page) string {
	prefix, whole := pages[0].Name, true
	for _, page := range pages[1:] {
		for !strings.HasPrefix(page.Name, prefix) {
			prefix, whole = prefix[:len(prefix)-1], false
		}
		whole = whole || page.Name == prefix
	}
	if i := strings.LastIndexByte(prefix, '_'); i > 0 && !whole {
		prefix = prefix[:i]
	}
	return strings.TrimRight(prefix, "_")
}

// othersPages reports whether a page that begins with prefix can be one that the
// spec has a line for.
func (s *Spec) othersPages(folder, prefix string) bool {
	for _, e := range s.fileEntries() {
		fixed := literal(e.pattern)
		if path.Dir(e.pattern) != folder || fixed == "" {
			continue
		}
		if strings.HasPrefix(fixed, prefix) || strings.HasPrefix(prefix, fixed) && fixed != path.Base(e.pattern) {
			return true
		}
	}
	return false
}
