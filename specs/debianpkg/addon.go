// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Addon is the source package of one provider for use with an unpatched libibverbs1.
type Addon struct {
	Package     string // see AddonPackage
	Provider    string
	Folders     string // its directories with a CMakeLists.txt, separated by blanks
	Description string // one line
	Name, Email string // the maintainer
	Release     string // of rdma-core that it is compiled in
	PrivateABI  int
	From        string // the first release that it works with
	Below       string // the first later one that it is not known to work with
	Suite       string
	Suffix      string // of the version's revision
	Pages       bool   // it has manual pages
	Library     *Library
	// OneArchitecture is whether it has files that no two architectures' packages can share.
	OneArchitecture bool
	BuildDepends    []string // in addition to those of all
	Date            time.Time
	Copyright       []byte // debian/copyright of the patched release
	Patch           string // file name in debian/patches
}

// AddonPackage is the name of a provider's own package.
func AddonPackage(provider string) string {
	return "rdma-core-provider-" + inPackageName(provider)
}

// Version is the package's. The add-on for a newer libibverbs1, and the one for a newer suite, are newer packages.
func (a *Addon) Version() string {
	return fmt.Sprintf("%s-1+abi%d%s", a.Release, a.PrivateABI, a.Suffix)
}

// Files are those of debian/, by name, that differ between add-ons.
//
// Errors: *ValueError for what no file of debian/ can say.
func (a *Addon) Files() (map[string][]byte, error) {
	if err := checkText("description", a.Description); err != nil {
		return nil, err
	}
	entry := Changelog{
		Release: a.Release, Suffix: a.Suffix, Distribution: a.Suite, Name: a.Name, Email: a.Email, Date: a.Date,
		Items: []string{
			fmt.Sprintf("The provider %s of rdma-core %s, for libibverbs with the private ABI %d.", a.Provider, a.Release, a.PrivateABI),
		},
	}
	if err := entry.check(); err != nil {
		return nil, err
	}
	return map[string][]byte{
		"control":           linesOf(slices.Concat(a.source(), []string{""}, a.binaries())...),
		"changelog":         linesOf(entry.lines(a.Package, a.Version())...),
		"copyright":         append(slices.Clone(a.Copyright), ownCopyright...),
		"source/format":     linesOf("3.0 (quilt)"),
		"patches/series":    linesOf(a.Patch),
		"shlibs.local":      linesOf("libibverbs 1 " + a.depends()),
		a.Package + ".docs": linesOf("debian/doc/*"),
		"addon.mk": linesOf(
			"PACKAGE = "+a.Package, "FOLDERS = "+a.Folders, "PAGES = "+oneIf(a.Pages), "LIBRARY = "+oneIf(a.Library != nil),
		),
	}, nil
}

// depends is the relation that no symbol of libibverbs1 states: the private ABI's number says neither where a range of releases
// with one layout begins nor where it ends.
func (a *Addon) depends() string {
	return fmt.Sprintf("libibverbs1 (>= %s), libibverbs1 (<< %s~)", a.From, a.Below)
}

// Control is the source paragraph of an add-on with all optional parts, for a toolchain.
func (a *Addon) Control() []byte { return linesOf(a.source()...) }

func (a *Addon) source() []string {
	requires := []string{
		"cmake", "debhelper-compat (= 13)", "libnl-3-dev", "libnl-route-3-dev", "libsystemd-dev", "libudev-dev", "ninja-build",
		"pkg-config", "python3", "valgrind-if-available",
	}
	if a.Pages {
		requires = append(requires, "pandoc", "python3-docutils")
	}
	lines := []string{
		"Source: " + a.Package, "Section: net", "Priority: optional", fmt.Sprintf("Maintainer: %s <%s>", a.Name, a.Email),
	}
	lines = append(lines, column("Build-Depends: ", append(requires, a.BuildDepends...))...)
	return append(lines, "Standards-Version: 4.6.2", "Rules-Requires-Root: no", "Homepage: https://github.com/linux-rdma/rdma-core")
}

func (a *Addon) binaries() []string {
	lines := []string{"Package: " + a.Package, "Architecture: linux-any"}
	if !a.OneArchitecture {
		lines = append(lines, "Multi-Arch: same")
	}
	lines = append(lines, "Depends: ${misc:Depends}, ${shlibs:Depends}", "Enhances: libibverbs1")
	if a.Library != nil {
		// A package with the same library has the same files, and so has ibverbs-providers with the provider inside.
		lines = append(lines, "Provides: "+a.Library.packageName(), "Conflicts: "+a.Library.packageName())
	}
	lines = append(lines, fmt.Sprintf("Description: provider %s for libibverbs with the private ABI %d", a.Provider, a.PrivateABI))
	lines = append(lines, wrapItem(" ", "The userspace provider "+a.Provider+
		" as a plug-in of libibverbs, beside the libibverbs1 and the ibverbs-providers of the distribution.")...)
	lines = append(lines, " .")
	lines = append(lines, wrapItem(" ", "lib"+a.Provider+": "+a.Description)...)
	if a.Library == nil {
		return lines
	}
	lines = append(lines, "", "Package: "+a.Package+"-dev", "Section: libdevel", "Architecture: linux-any", "Multi-Arch: same",
		"Depends: "+a.Package+" (= ${binary:Version}), libibverbs-dev, ${misc:Depends}",
		"Description: headers and manual pages of lib"+a.Library.Name)
	return append(lines, " What programs need to be compiled with lib"+a.Library.Name+".")
}

// ownCopyright is the paragraph of what is verbsmith's in debian/.
const ownCopyright = `
Files: debian/addon.sh
       debian/rules
Copyright: the authors of verbsmith
License: Apache-2.0
 On Debian systems, the text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
`

func linesOf(lines ...string) []byte { return []byte(strings.Join(lines, "\n") + "\n") }

// oneIf formats a bool for a shell.
func oneIf(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
