// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// DistroEdits says which edits AddToDistro made.
type DistroEdits struct {
	// Provides: the pair of Provides and Obsoletes. Description: the line in the
	// description of libibverbs.
	Provides, Description bool
}

// AddToDistro makes AddProvider's edits in a distro's own spec, as far as it has lists for
// them. The package works without them: a spec that names no providers gets no names. The pair
// goes into libibverbs or, if a distro has only one package, into that, in the form of its
// neighbours (with an epoch, for example). Existing lines are not changed.
//
// Errors: *ValueError; *PlaceError if a list exists and cannot be extended.
func (s *Spec) AddToDistro(name, description string) (DistroEdits, error) {
	var done DistroEdits
	description, err := providerValues(name, description)
	if err != nil {
		return done, err
	}
	err = s.edit(func(c *Spec) error {
		if done.Provides, err = c.addDistroPair(name); err != nil {
			return err
		}
		done.Description, err = c.addDistroDescription(name, description)
		return err
	})
	return done, err
}

var anyPair = regexp.MustCompile(`^lib([A-Za-z0-9_]+)[ \t]*([=<])[ \t]*(\S*%\S+)$`)

// wellKnown reports whether nearly every rdma-core has had a package of a provider: a list
// with one of them is one of providers.
func wellKnown(name string) bool {
	return slices.Contains([]string{"mlx4", "mlx5", "cxgb4", "hfi1", "rxe", "hns", "irdma", "efa"}, name)
}

// distroPair is a pair and the value that follows = and <.
type distroPair struct {
	entry

	value string
}

// distroPairs returns the pairs of a section; providers says that one is well known.
func (s *Spec) distroPairs(sec section) (pairs []distroPair, providers bool) {
	for _, t := range s.tags(sec) {
		m := anyPair.FindStringSubmatch(t.value)
		if m == nil {
			continue
		}
		n := len(pairs)
		switch {
		case t.name == "provides" && m[2] == "=":
			pairs = append(pairs, distroPair{entry: entry{name: m[1], first: t.line, last: t.line, space: t.space}, value: m[3]})
		case t.name == "obsoletes" && m[2] == "<" && n > 0 && pairs[n-1].name == m[1] && pairs[n-1].value == m[3]:
			pairs[n-1].last = t.line
			providers = providers || wellKnown(m[1])
		}
	}
	return pairs, providers
}

func (s *Spec) addDistroPair(name string) (bool, error) {
	for _, sec := range append(s.all(packageSection, verbsPackage), s.sections[0]) {
		pairs, providers := s.distroPairs(sec)
		if !providers {
			continue
		}
		var list []entry
		value, space := "", ""
		for _, p := range pairs {
			if p.name == name {
				return true, nil
			}
			if p.last != p.first {
				list = append(list, p.entry)
				value, space = p.value, p.space
			}
		}
		space = max(space, " ")
		obsoletes := "Obsoletes:" + align("Provides:"+space, "Obsoletes:", space)
		return true, s.insertEntry(sec, list, name,
			"Provides:"+space+"lib"+name+" = "+value, obsoletes+"lib"+name+" < "+value)
	}
	return false, nil
}

func (s *Spec) addDistroDescription(name, description string) (bool, error) {
	for _, sec := range s.all("description", verbsPackage) {
		list := s.described(sec)
		for _, e := range list {
			if e.name == name {
				return true, nil
			}
		}
		if len(list) > 0 {
			return true, s.insertEntry(sec, list, name, "- lib"+name+": "+description)
		}
	}
	return false, nil
}

// described returns the lines "- libNAME: text" of a section.
func (s *Spec) described(sec section) []entry {
	var list []entry
	for i := sec.body(); i < sec.end; i++ {
		m := describedLib.FindStringSubmatch(s.lines[i].text)
		if m == nil || !s.lines[i].start {
			continue
		}
		e := entry{name: m[1], first: i, last: i}
		for e.last+1 < sec.end && continued(s.lines[e.last+1].text) {
			e.last++
		}
		list = append(list, e)
	}
	return list
}

var (
	fileAttribute = regexp.MustCompile(`%(?:attr|config|verify|lang|caps|doc)(?:\([^)]*\))?`)
	macroPart     = regexp.MustCompile(`%\{[^{}]*\}|%[A-Za-z_]\w*`)
)

// Packs checks that packages contain the files of a provider: its module in the directory
// libibverbs and its NAME.driver in libibverbs.d. With a distro's spec that lists each
// provider's files by name, rpmbuild would fail because of files in no package. Macros in
// %files can match anything, and %files -f any file.
//
// Errors: *PlaceError, at the last %files.
func (s *Spec) Packs(name string) error {
	last := -1
	for _, sec := range s.sections {
		if sec.kind != "files" {
			continue
		}
		last = sec.head
		if slices.Contains(strings.Fields(sec.args), "-f") {
			return nil
		}
	}
	for _, want := range []struct{ folder, file string }{
		{"libibverbs", "lib" + name + "-rdmav34.so"}, {"libibverbs.d", name + ".driver"},
	} {
		if !s.packs(want.folder, want.file) {
			return s.place(last, "a line in %files that covers "+want.folder+"/"+want.file+" (such as %{_libdir}/libibverbs/*.so)",
				"none: the distro lists each provider's files")
		}
	}
	return nil
}

func (s *Spec) packs(folder, file string) bool {
	for _, sec := range s.sections {
		if sec.kind != "files" {
			continue
		}
		for i := sec.body(); i < sec.end; i++ {
			for _, word := range filePatterns(s.lines[i].text) {
				if takes(word, folder, file) {
					return true
				}
			}
		}
	}
	return false
}

// takes reports whether a path of %files is that of the directory, of all that is beside it,
// or of the file in it.
func takes(word, folder, file string) bool {
	above, last := path.Split(strings.TrimSuffix(word, "/"))
	above = strings.TrimSuffix(above, "/")
	switch {
	case last == folder:
		return true
	case last == "*" && macroPart.FindString(above) == above:
		parent := map[string]string{"libibverbs": "_libdir", "libibverbs.d": "_sysconfdir"}[folder]
		return strings.Contains(above, parent)
	}
	return globs(path.Base(above), folder) && globs(macroPart.ReplaceAllString(last, "*"), file)
}

// filePatterns returns the paths of a line of %files that stand for what is in them.
func filePatterns(text string) []string {
	if strings.HasPrefix(strings.TrimSpace(text), "#") {
		return nil
	}
	var out []string
	for word := range strings.FieldsSeq(fileAttribute.ReplaceAllString(text, " ")) {
		switch {
		case word == "%dir", word == "%exclude", strings.HasPrefix(word, "%defattr"):
			return nil
		case strings.Contains(word, "/"):
			out = append(out, word)
		}
	}
	return out
}

func globs(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}
