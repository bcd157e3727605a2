// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// AddSUSEPayload adds to suse/rdma-core.spec what upstream adds there for what a provider
// installs. A library has a package of its own, whose name comes from two macros; the
// devel package and libibverbs require it, in the condition for coherent DMA where the
// provider is built under that. Manual pages and other files go where AddPayload puts
// them. The package's form is that of the release's own: ldconfig by %post and %postun,
// or by %ldconfig_scriptlets, or not at all. Errors are those of AddPayload.
func (s *Spec) AddSUSEPayload(p Payload) error {
	if err := p.check(); err != nil {
		return err
	}
	return s.edit(func(c *Spec) error {
		if err := c.dropReplaced(p); err != nil {
			return err
		}
		if p.SoMajor != "" {
			for _, add := range []func(Payload) error{
				c.suseMacros, c.suseRequires, c.susePackage, c.suseScriptlets, c.suseFiles,
			} {
				if err := add(p); err != nil {
					return err
				}
			}
		}
		return c.addShared(p)
	})
}

// suseCore are the libraries in SUSE's lists that belong to no provider.
func suseCore(name string) bool { return slices.Contains([]string{"verbs", "rdmacm", "umad"}, name) }

var (
	soMajorLine = regexp.MustCompile(`^%define([ \t]+)([a-z0-9_]+)_so_major([ \t]+)(\S+)[ \t]*$`)
	lnameLine   = regexp.MustCompile(`^%define([ \t]+)([a-z0-9_]+)_lname([ \t]+)(\S+)[ \t]*$`)
	lnamePkg    = regexp.MustCompile(`^%\{?([a-z0-9_]+)_lname\}?$`)
	lnameNeeds  = regexp.MustCompile(`^Requires:([ \t]+)%\{([a-z0-9_]+)_lname\} = %\{version\}-%\{release\}[ \t]*$`)
	scriptlets  = regexp.MustCompile(`^%ldconfig_scriptlets[ \t]+-n[ \t]+%\{?([a-z0-9_]+)_lname\}?[ \t]*$`)
)

// suseMacros adds "%define NAME_so_major N" and "%define NAME_lname libNAMEN".
func (s *Spec) suseMacros(p Payload) error {
	dash := ""
	if last := p.Name[len(p.Name)-1]; last >= '0' && last <= '9' {
		dash = "-" // libmlx5-1, but libefa1
	}
	value := fmt.Sprintf("lib%s%s%%{%s_so_major}", p.Name, dash, p.Name)
	if err := s.suseMacro(p, soMajorLine, "_so_major", p.SoMajor); err != nil {
		return err
	}
	return s.suseMacro(p, lnameLine, "_lname", value)
}

func (s *Spec) suseMacro(p Payload, form *regexp.Regexp, suffix, value string) error {
	var list []entry
	var model []string
	for i := range s.lines {
		m := form.FindStringSubmatch(s.lines[i].text)
		if m == nil || !s.lines[i].start {
			continue
		}
		if m[2] == p.Name {
			return s.sameMacro(p, i, suffix, m[4], value)
		}
		if !suseCore(m[2]) {
			list, model = append(list, entry{name: m[2], first: i, last: i}), m
		}
	}
	if len(list) == 0 {
		return s.place(-1, "lines \"%define NAME"+suffix+" VALUE\" of providers", "none")
	}
	column := len(model[2]) + len(suffix) + len(model[3])
	name := p.Name + suffix
	text := "%define" + model[1] + name + strings.Repeat(" ", max(1, column-len(name))) + value
	return s.insertAmong(list, p.Name, text)
}

// sameMacro answers for a spec that has the macro. The name of a package is the
// release's own to choose; the library's number is not.
func (s *Spec) sameMacro(p Payload, i int, suffix, have, want string) error {
	switch {
	case have == want || suffix == "_lname":
		return nil
	case p.Replaced == nil:
		return s.place(i, p.Name+suffix+" "+want, have)
	}
	text := strings.TrimRight(s.lines[i].text, " \t")
	s.lines[i].text = strings.TrimSuffix(text, have) + want
	return s.index()
}

// suseRequires adds the library to what devel and libibverbs require.
func (s *Spec) suseRequires(p Payload) error {
	text := "%{" + p.Name + "_lname} = %{version}-%{release}"
	for _, pkg := range []string{"-devel", verbsPackage} {
		sec, err := s.one(packageSection, pkg)
		if err != nil {
			return err
		}
		inCoherent := s.coherent()
		var all, coherent []entry
		space, has := " ", false
		for i := sec.body(); i < sec.end; i++ {
			m := lnameNeeds.FindStringSubmatch(s.lines[i].text)
			if m == nil || !s.lines[i].start {
				continue
			}
			space, has = m[1], has || m[2] == p.Name
			e := entry{name: m[2], first: i, last: i}
			if inCoherent[i] {
				coherent = append(coherent, e)
			} else {
				all = append(all, e)
			}
		}
		line := "Requires:" + space + text
		switch {
		case has:
		case p.Coherent && len(coherent) > 0:
			err = s.insertAmong(coherent, p.Name, line)
		case len(all) > 0: // after the last: rdmacm, umad and verbs stand apart
			err = s.insert(s.after(all[len(all)-1].last, s.lines[all[0].first].depth), line)
		case len(coherent) > 0:
			err = s.insert(s.before(coherent[0].first, s.lines[sec.head].depth), line)
		default:
			err = s.place(sec.head, "lines \"Requires: %{NAME_lname} = …\" in this section", "none")
		}
		if err != nil {
			return err
		}
	}
	return nil
}
