// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"regexp"
	"strings"
)

// verbsPackage is the package that all providers without a library of their own are in.
const verbsPackage = "libibverbs"

var providerName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_]*$`)

// AddProvider adds to redhat/rdma-core.spec, or a spec derived from it, what upstream adds
// for a provider: in "%package -n libibverbs" the pair
//
//	Provides: libNAME = %{version}-%{release}
//	Obsoletes: libNAME < %{version}-%{release}
//
// and in its %description the line "- libNAME: DESCRIPTION", each before the first entry
// whose name sorts after it. *ValueError says that name or description cannot be written
// into a spec; *PlaceError that the section or its list is missing or there twice, or that
// the list has the provider with another description.
func (s *Spec) AddProvider(name, description string) error {
	description, err := providerValues(name, description)
	if err != nil {
		return err
	}
	return s.edit(func(c *Spec) error {
		if err := c.addPair(name); err != nil {
			return err
		}
		return c.describe(name, description)
	})
}

// AddSUSEProvider adds to suse/rdma-core.spec what a provider without a library of its own
// has there: the line "- libNAME: DESCRIPTION". The entries "Obsoletes: libNAME-rdmav2" in
// that spec are for providers that were packages of their own before there was rdma-core;
// upstream took irdma's out again for that reason ("suse: drop libirdma-rdmav2 obsolete").
// Errors are those of AddProvider.
func (s *Spec) AddSUSEProvider(name, description string) error {
	description, err := providerValues(name, description)
	if err != nil {
		return err
	}
	return s.edit(func(c *Spec) error { return c.describe(name, description) })
}

// Describe is AddProvider or AddSUSEProvider for a provider that replaces the release's
// own: where the spec has its line with another description, that becomes this one.
// Errors are those of AddProvider.
func (s *Spec) Describe(name, description string) error {
	description, err := providerValues(name, description)
	if err != nil {
		return err
	}
	return s.edit(func(c *Spec) error { return c.redescribe(name, description) })
}

// redescribe gives a provider's item another text, if there is such an item.
func (s *Spec) redescribe(name, description string) error {
	sec, err := s.one("description", verbsPackage)
	if err != nil {
		return err
	}
	for i := sec.body(); i < sec.end; i++ {
		m := describedLib.FindStringSubmatch(s.lines[i].text)
		if m == nil || !s.lines[i].start || m[1] != name || m[2] == description {
			continue
		}
		last := i
		for last+1 < sec.end && continued(s.lines[last+1].text) {
			last++
		}
		s.lines[i].text = "- lib" + name + ": " + description
		s.lines = append(s.lines[:i+1:i+1], s.lines[last+1:]...)
		return s.index()
	}
	return nil
}

func providerValues(name, description string) (string, error) {
	if !providerName.MatchString(name) {
		return "", &ValueError{What: "provider name", Value: name, Want: "letters, digits and underscores"}
	}
	return text("provider description", description)
}

var (
	providesLib  = regexp.MustCompile(`^lib(\S+) = %\{version\}-%\{release\}$`)
	obsoletesLib = regexp.MustCompile(`^lib(\S+) < %\{version\}-%\{release\}$`)
	describedLib = regexp.MustCompile(`^- lib([A-Za-z0-9_]+):[ \t]*(.*?)[ \t]*$`)
)

// entry is one provider in a list: its name, the lines that it takes, and the blanks
// after its tag.
type entry struct {
	name        string
	first, last int
	space       string
}

// pairs returns the Provides of a section, each with the Obsoletes after it.
func (s *Spec) pairs(sec section) []entry {
	var out []entry
	for _, t := range s.tags(sec) {
		value := strings.Join(strings.Fields(t.value), " ")
		if m := providesLib.FindStringSubmatch(value); t.name == "provides" && m != nil {
			out = append(out, entry{name: m[1], first: t.line, last: t.line, space: t.space})
		}
		m := obsoletesLib.FindStringSubmatch(value)
		if n := len(out); t.name == "obsoletes" && m != nil && n > 0 && out[n-1].name == m[1] {
			out[n-1].last = t.line
		}
	}
	return out
}

func (s *Spec) addPair(name string) error {
	sec, err := s.one(packageSection, verbsPackage)
	if err != nil {
		return err
	}
	list := s.pairs(sec)
	if len(list) == 0 {
		return s.place(sec.head, "lines \"Provides: libNAME = %{version}-%{release}\" in this section", "none")
	}
	for _, e := range list {
		switch {
		case e.name != name:
		case e.last == e.first:
			return s.place(e.first, "an Obsoletes of lib"+name+" behind this line", "none")
		default:
			return nil
		}
	}
	space := max(list[0].space, " ")
	obsoletes := "Obsoletes:" + align("Provides:"+space, "Obsoletes:", space)
	return s.insertEntry(sec, list, name,
		"Provides:"+space+"lib"+name+" = %{version}-%{release}",
		obsoletes+"lib"+name+" < %{version}-%{release}")
}

// describe adds the line of a provider to the %description of libibverbs.
func (s *Spec) describe(name, description string) error {
	sec, err := s.one("description", verbsPackage)
	if err != nil {
		return err
	}
	var list []entry
	for i := sec.body(); i < sec.end; i++ {
		m := describedLib.FindStringSubmatch(s.lines[i].text)
		if m == nil || !s.lines[i].start {
			continue
		}
		if m[1] == name {
			if m[2] == description {
				return nil
			}
			return s.place(i, "- lib"+name+": "+description, s.lines[i].text)
		}
		e := entry{name: m[1], first: i, last: i}
		for e.last+1 < sec.end && continued(s.lines[e.last+1].text) {
			e.last++
		}
		list = append(list, e)
	}
	if len(list) == 0 {
		return s.place(sec.head, "lines \"- libNAME: text\" in this section", "none")
	}
	return s.insertEntry(sec, list, name, "- lib"+name+": "+description)
}

// continued reports whether a line of a description goes on with the list item before it.
func continued(text string) bool {
	return strings.HasPrefix(text, " ") && strings.TrimSpace(text) != ""
}

// insertEntry puts lines before the first entry that sorts after name, or after the
// last one, outside conditionals that the section does not share.
func (s *Spec) insertEntry(sec section, list []entry, name string, texts ...string) error {
	depth := 0 // of the preamble
	if sec.head >= 0 {
		depth = s.lines[sec.head].depth
	}
	at := s.after(list[len(list)-1].last, depth)
	for _, e := range list {
		if e.name > name {
			at = s.before(e.first, depth)
			break
		}
	}
	if at < sec.body() || at > sec.end {
		return s.place(list[0].first, "a list within one section", "a conditional around it that leaves the section")
	}
	return s.insert(at, texts...)
}
