// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/pkgrepo"
)

// contents are what of a package those notice who install it.
type contents struct {
	head               pkgrepo.Package
	files              []pkgfile.File
	sonames, versions  []string // of shared libraries, and of their symbols
	symbols            []string // SONAME: NAME@VERSION
	provides, requires []string
	scripts            map[string]string
}

// soname is what rpm says of a shared library: its name, the version of symbols if there is one, the word size.
var soname = regexp.MustCompile(`^[^()]+\.so[^()]*\(([^()]*)\)`)

// contentsOf are those of an RPM. Libraries and the versions of their symbols are among what it provides.
func contentsOf(p pkgfile.RPM) contents {
	c := contents{head: headOf(p), files: p.Files, requires: p.Requires, scripts: p.Scripts}
	for _, name := range p.Provides {
		switch m := soname.FindStringSubmatch(name); {
		case m == nil:
			c.provides = append(c.provides, name)
		case m[1] == "":
			c.sonames = append(c.sonames, name)
		default:
			c.versions = append(c.versions, name)
		}
	}
	return c
}

// contentsOfDeb are those of a Debian package, whose libraries say what they are.
func contentsOfDeb(d pkgfile.Deb) contents {
	c := contents{head: headOfDeb(d), files: d.Files, provides: d.Provides, requires: d.Depends, scripts: d.Scripts}
	for _, lib := range d.Libraries {
		c.sonames = append(c.sonames, lib.Soname)
		for _, version := range lib.Versions {
			c.versions = append(c.versions, lib.Soname+"("+version+")")
		}
	}
	c.symbols = symbols(d.Libraries)
	return c
}

// symbols are those of libraries, each with the library's soname.
func symbols(libraries []pkgfile.Library) []string {
	var all []string
	for _, lib := range libraries {
		for _, name := range lib.Symbols {
			all = append(all, lib.Soname+": "+name)
		}
	}
	return all
}

// title names a package: NAME-[EPOCH:]VERSION-RELEASE.ARCH, or NAME_VERSION_ARCH.
func title(p pkgrepo.Package) string {
	if !strings.HasSuffix(p.Source, ".src.rpm") {
		return p.Name + "_" + p.Version + "_" + p.Arch
	}
	return p.Name + "-" + withoutZero(p) + "." + p.Arch
}

// withoutZero is the version, which leaves out an epoch of 0.
func withoutZero(p pkgrepo.Package) string { return strings.TrimPrefix(p.Version, "0:") }

// changesOf compares two states of one package.
func (k packaging) changesOf(old, now contents) []Change {
	c := changeList{name: now.head.Name}
	c.value("version", withoutZero(old.head), withoutZero(now.head))
	if !k.debug(now.head.Name) {
		c.set("file", paths(old), paths(now))
		c.links(old, now)
		c.set("soname", old.sonames, now.sonames)
		c.set("symbol version", old.versions, now.versions)
		c.set("symbol", old.symbols, now.symbols)
		c.set("provides", old.provides, now.provides)
		c.set("requires", old.ownRequires(), now.ownRequires())
		for _, section := range slices.Sorted(maps.Keys(union(old.scripts, now.scripts))) {
			if was, is := old.scripts[section], now.scripts[section]; was != is {
				c.add("scriptlet", section+" "+lines(was), section+" "+lines(is))
			}
		}
	}
	// The package's own size depends on its signature. 0 is a list that does not say.
	if was, is := old.head.Installed, now.head.Installed; was != is && was > 0 && is > 0 {
		c.add("size", strconv.FormatInt(was, 10), strconv.FormatInt(is, 10))
	}
	return c.all
}

// ownRequires are the requirements, in which a version that is the package's own is only called that: it is another one each time.
func (c contents) ownRequires() []string {
	own, list := withoutZero(c.head), slices.Clone(c.requires)
	for i, text := range list {
		name, ok := strings.CutSuffix(strings.TrimSuffix(text, ")"), "= "+own)
		if ok && !strings.HasSuffix(name, ">") && !strings.HasSuffix(name, "<") {
			list[i] = strings.TrimSuffix(name, "(") + "= the same version"
		}
	}
	return list
}

func lines(script string) string {
	if script == "" {
		return "(none)"
	}
	return fmt.Sprintf("(%d lines)", strings.Count(script, "\n"))
}

func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	return all
}

// paths are the files of a package, without build-id links, which name the bytes of a binary.
func paths(c contents) []string {
	var list []string
	for _, f := range c.files {
		if !strings.Contains(f.Path, buildID) {
			list = append(list, f.Path)
		}
	}
	return list
}

// changeList collects the changes of one package.
type changeList struct {
	name string
	all  []Change
}

func (c *changeList) add(what, was, is string) {
	c.all = append(c.all, Change{Package: c.name, What: what, Was: was, Is: is})
}

func (c *changeList) value(what, was, is string) {
	if was != is {
		c.add(what, was, is)
	}
}

// set compares two lists as sets.
func (c *changeList) set(what string, old, now []string) {
	for _, gone := range missingIn(old, now) {
		c.add(what, gone, "")
	}
	for _, fresh := range missingIn(now, old) {
		c.add(what, "", fresh)
	}
}

// missingIn is what of a list another one lacks, each once, in order.
func missingIn(list, other []string) []string {
	have := map[string]bool{}
	for _, name := range other {
		have[name] = true
	}
	lacks := slices.DeleteFunc(slices.Clone(list), func(name string) bool { return have[name] })
	slices.Sort(lacks)
	return slices.Compact(lacks)
}

// links compares where the links lead that both have.
func (c *changeList) links(old, now contents) {
	was := map[string]string{}
	for _, f := range old.files {
		was[f.Path] = f.Link
	}
	for _, f := range now.files {
		if before, ok := was[f.Path]; ok && before != f.Link && !strings.Contains(f.Path, buildID) {
			c.add("link", f.Path+" -> "+before, f.Path+" -> "+f.Link)
		}
	}
}
