// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"regexp"
	"slices"
	"strings"
)

// block is what SUSE's spec has in one place for one library: from its first
// line to after its last.
type block struct {
	name       string
	first, end int
}

// blocks returns the blocks that begin with a section of one kind and end with
// the section of another, for the same library.
func (s *Spec) blocks(kind, last string) []block {
	var out []block
	for _, sec := range s.sections {
		m := lnamePkg.FindStringSubmatch(sec.pkg())
		if sec.kind != kind || m == nil {
			continue
		}
		b := block{name: m[1], first: sec.head, end: s.contentEnd(sec)}
		for _, other := range s.all(last, sec.pkg()) {
			b.end = max(b.end, s.contentEnd(other))
		}
		out = append(out, b)
	}
	return out
}

// insertBlock puts lines before the first provider's block that sorts after
// name, after the last one, or after libibverbs' where there is none.
func (s *Spec) insertBlock(all []block, name string, texts ...string) error {
	list := slices.DeleteFunc(slices.Clone(all), func(b block) bool { return suseCore(b.name) })
	if len(list) == 0 {
		list = slices.DeleteFunc(slices.Clone(all), func(b block) bool { return b.name != "verbs" })
	} else {
		for _, b := range list {
			if b.name > name {
				return s.insert(b.first, append(slices.Clone(texts), "")...)
			}
		}
	}
	if len(list) == 0 {
		return s.place(-1, "the sections of %verbs_lname, to insert those of %"+name+"_lname after them", "none")
	}
	return s.insert(list[len(list)-1].end, append([]string{""}, texts...)...)
}

func hasBlock(all []block, name string) bool {
	return slices.ContainsFunc(all, func(b block) bool { return b.name == name })
}

// susePackage adds the library's %package and %description.
func (s *Spec) susePackage(p Payload) error {
	all := s.blocks(packageSection, "description")
	if hasBlock(all, p.Name) {
		return nil
	}
	space := " "
	for _, sec := range s.sections {
		if sec.kind == packageSection && lnamePkg.MatchString(sec.pkg()) {
			if tags := s.tags(sec); len(tags) > 0 && tags[0].name == "summary" {
				space = tags[0].space
				break
			}
		}
	}
	return s.insertBlock(all, p.Name,
		"%package -n %"+p.Name+"_lname",
		"Summary:"+space+strings.ToUpper(p.Name)+" runtime library",
		"Group:"+align("Summary:", "Group:", space)+"System/Libraries",
		"",
		"%description -n %"+p.Name+"_lname",
		"This package contains the "+p.Name+" runtime library.")
}

// suseScriptlets has ldconfig run as for the other libraries.
func (s *Spec) suseScriptlets(p Payload) error {
	var list, core []entry
	for i := range s.lines {
		m := scriptlets.FindStringSubmatch(s.lines[i].text)
		switch {
		case m == nil || !s.lines[i].start:
		case m[1] == p.Name:
			return nil
		case suseCore(m[1]):
			core = append(core, entry{name: m[1], first: i, last: i})
		default:
			list = append(list, entry{name: m[1], first: i, last: i})
		}
	}
	switch {
	case len(list) > 0:
		return s.insertAmong(list, p.Name, "%ldconfig_scriptlets -n %"+p.Name+"_lname")
	case len(core) > 0:
		return s.insert(s.after(core[0].last, s.lines[core[0].first].depth), "%ldconfig_scriptlets -n %"+p.Name+"_lname")
	}
	return s.suseSections(p)
}

var ldconfigSection = regexp.MustCompile(`-p[ \t]+(/\S*ldconfig)[ \t]*$`)

// suseSections is suseScriptlets for a spec that has %post and %postun.
func (s *Spec) suseSections(p Payload) error {
	all := s.blocks("post", "postun")
	if len(all) == 0 || hasBlock(all, p.Name) {
		return nil // none of the libraries has any: rpm's file triggers do it
	}
	m := ldconfigSection.FindStringSubmatch(s.lines[all[0].first].text)
	if m == nil {
		return s.place(all[0].first, "-p /sbin/ldconfig", s.lines[all[0].first].text)
	}
	rest := " -n %" + p.Name + "_lname -p " + m[1]
	return s.insertBlock(all, p.Name, "%post"+rest, "%postun"+rest)
}

// suseFiles adds the library's %files, in the condition for coherent DMA where
// the provider is built under that.
func (s *Spec) suseFiles(p Payload) error {
	all := s.blocks("files", "files")
	if hasBlock(all, p.Name) {
		return nil
	}
	texts := []string{"%files -n %" + p.Name + "_lname"}
	if attr := s.defattr(all); attr != "" {
		texts = append(texts, attr)
	}
	texts = append(texts, "%{_libdir}/lib"+p.Name+".so.*")
	inCoherent := s.coherent()
	coherent := slices.DeleteFunc(slices.Clone(all), func(b block) bool { return !inCoherent[b.first] })
	if p.Coherent && len(coherent) > 0 {
		return s.insertBlock(coherent, p.Name, texts...)
	}
	return s.insertBlock(slices.DeleteFunc(all, func(b block) bool { return inCoherent[b.first] }), p.Name, texts...)
}

// defattr returns the %defattr line that most of the libraries' %files have.
func (s *Spec) defattr(all []block) string {
	text, n := "", 0
	for _, b := range all {
		if b.first+1 < len(s.lines) && strings.HasPrefix(s.lines[b.first+1].text, "%defattr") {
			text, n = s.lines[b.first+1].text, n+1
		}
	}
	if 2*n <= len(all) {
		return ""
	}
	return text
}
