// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// Provider describes a provider for debian/.
type Provider struct {
	Name        string // as its library is called
	Directory   string // below providers/; empty where it is the name
	Description string // one line
	// Copyright and License may be empty: then the release's paragraph of a replaced provider
	// applies, or else that of all files.
	Copyright   []string // each with years and holder, as in "2022, Microsoft Corporation."
	License     string   // in the words of debian/copyright, as in "BSD-MIT or GPL-2"
	Holders     []string // like Copyright, from the files' own lines: used if nothing else is stated
	CoherentDMA bool     // it is only built where there is coherent DMA
	// BuildDepends are additional packages for its build, as in "libnuma-dev (>= 2.0)".
	BuildDepends []string
	Release      string   // of rdma-core, as in "56.1": the first with its symbols
	Library      *Library // nil: a plug-in only
	ManPages     []ManPage
	Installed    []Installed
	// Replaced is the release's own provider of this name, nil where none is
	// replaced: its name, library, pages and installed files.
	Replaced *Provider
	// Files are those of its directory, needed where Replaced is there: copyright may
	// have paragraphs for some of them.
	Files []string
}

// directory is the provider's in the tree.
func (p *Provider) directory() string {
	if p.Directory != "" {
		return providersFolder + p.Directory
	}
	return providersFolder + p.Name
}

// Folder is the destination of a file that is neither code nor documentation.
type Folder string

// The directories, by what CMake calls them; rules says where they are.
const (
	UdevRules   Folder = "CMAKE_INSTALL_UDEV_RULESDIR"
	Modprobe    Folder = "CMAKE_INSTALL_MODPROBEDIR" // below the next, unless rules says otherwise
	EtcModprobe Folder = "CMAKE_INSTALL_SYSCONFDIR"  // in modprobe.d of it
	LibExec     Folder = "CMAKE_INSTALL_LIBEXECDIR"
)

// Installed is a udev rule, a modprobe file, or what one of them runs.
type Installed struct {
	Folder Folder
	Name   string
}

// Library is a direct-verbs library, which programs link to.
type Library struct {
	Name      string   // "mana": libmana.so
	SoMajor   string   // "1": libmana.so.1
	Nodes     []string // of its version map, in order: MANA_1.0
	Symbols   []Symbol // of its version map, in order
	Headers   []string // below usr/include/infiniband: manadv.h
	PkgConfig bool     // it has a libmana.pc
}

// Symbol is an exported function.
type Symbol struct{ Name, Node string }

// ManPage is a man page, also an alias, by its section and name.
type ManPage struct {
	Section int
	Name    string
}

// replacedPackage is the package name of the library that is replaced, "" where
// there is none, or the new one's has the same.
func (p *Provider) replacedPackage() string {
	if p.Replaced == nil || p.Replaced.Library == nil || p.Library == nil {
		return ""
	}
	if old := p.Replaced.Library.packageName(); old != p.Library.packageName() {
		return old
	}
	return ""
}

// soname is what the linker records: libmana.so.1.
func (l *Library) soname() string { return "lib" + l.Name + ".so." + l.SoMajor }

// packageName is the name that Debian's policy gives the package of a library
// (8.1): libmana1, and libmlx5-1 where the name ends in a digit.
func (l *Library) packageName() string {
	name := "lib" + inPackageName(l.Name)
	if last := name[len(name)-1]; last >= '0' && last <= '9' {
		name += "-"
	}
	return name + l.SoMajor
}

// inPackageName is a name in the letters that a package's name may have.
func inPackageName(name string) string { return strings.ReplaceAll(strings.ToLower(name), "_", "-") }

// versionWanted is what Debian takes as an upstream version (without a dash, since the
// packages have a revision).
const versionWanted = "a version that Debian's tools accept: a digit, then letters, digits and . + ~"

// Characters that need no quoting in a file: none is special in a shell, make, sed or a
// pattern.
var (
	plainName    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)
	plainSymbol  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	plainNode    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)
	plainFile    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.+@-]*$`)
	plainDepend  = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]*(?: \((?:<<|<=|=|>=|>>) [A-Za-z0-9.+~:-]+\))?$`)
	plainVersion = regexp.MustCompile(`^[0-9][A-Za-z0-9.+~]*$`)
	plainNumber  = regexp.MustCompile(`^[0-9]+(\.[0-9]+)*$`)
)

// check finds all invalid values.
func (p *Provider) check() error {
	var errs []error
	want := func(shape *regexp.Regexp, what, value, want string) {
		if !shape.MatchString(value) {
			errs = append(errs, &ValueError{What: what, Value: value, Want: want})
		}
	}
	const name, node, fileName = "letters, digits, _ and -", "letters, digits, _ and dots", "a file name of letters, digits and _ . + @ -"
	want(plainName, "provider name", p.Name, name)
	want(plainVersion, "release", p.Release, versionWanted)
	errs = append(errs, checkText("provider description", p.Description))
	if p.License != "" {
		errs = append(errs, checkText("license", p.License))
	}
	for _, c := range slices.Concat(p.Copyright, p.Holders) {
		errs = append(errs, checkText("copyright", c))
	}
	for _, d := range p.BuildDepends {
		want(plainDepend, "build dependency", d, "a package, optionally with (>= VERSION)")
	}
	for _, f := range p.Installed {
		want(plainFile, "installed file", f.Name, fileName)
	}
	for _, m := range p.ManPages {
		want(plainFile, "man page", m.Name, fileName)
	}
	if r := p.Replaced; r != nil && r.Library != nil {
		want(plainName, "replaced library's name", r.Library.Name, name)
		want(plainNumber, "replaced library's soname version", r.Library.SoMajor, "a number")
	}
	if l := p.Library; l != nil {
		want(plainName, "library name", l.Name, name)
		want(plainNumber, "soname version", l.SoMajor, "a number")
		for _, n := range l.Nodes {
			want(plainNode, "version node", n, node)
		}
		for _, s := range l.Symbols {
			want(plainSymbol, "symbol", s.Name, "a C name")
			want(plainNode, "version node", s.Node, node)
		}
		for _, h := range l.Headers {
			want(plainFile, "header", h, fileName)
		}
	}
	return errors.Join(errs...)
}
