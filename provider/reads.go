// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"path"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/provider/internal/cmake"
)

// Reads lists the files that Integrate reads in every release. With those of ReadsAlso they are
// enough to run it on.
func (p *Provider) Reads() []string {
	names := []string{TopCMake, VerbsHeader, Maintainers}
	if p.hasIDs() {
		names = append(names, DriverHeader)
	}
	if len(p.Manifest.KernelHeaders()) > 0 {
		names = append(names, HeadersCMake)
	}
	if p.Manifest.KernelModule != "" {
		names = append(names, Readme)
	}
	for _, c := range p.CopyPlan() {
		names = append(names, path.Clean(c.To))
	}
	return names
}

// ReadsAlso reports whether Integrate reads a file if the release has it: the CMakeLists.txt of
// other directories, which may install files of the same name, and the directory of a replaced
// provider.
func (p *Provider) ReadsAlso(name string) bool {
	if p.Manifest.ReplacesUpstream && strings.HasPrefix(name, p.Manifest.Folder()+"/") {
		return true
	}
	return p.installsNames() && path.Base(name) == cmake.FileName
}

// ReadsTables reports whether Integrate reads the match tables of a release's other providers,
// which can be in any of their C files: if enum rdma_driver_id of the release's DriverHeader
// already has the provider's constant, or an id of the provider's match tables. Only then can
// another directory have the same number, unless it uses the number itself.
func (p *Provider) ReadsTables(header []byte) bool {
	if !p.hasIDs() {
		return false
	}
	def, err := ReadDriverIDs(DriverHeader, header)
	if err != nil {
		return false
	}
	if p.Manifest.DriverID.Shared || def.Find(p.Manifest.DriverID.Constant) >= 0 {
		return true
	}
	return slices.ContainsFunc(p.claims(def, 0), func(src claim) bool {
		return slices.ContainsFunc(def.Consts, func(e c.Constant) bool { return e.Values.Has(src.value) })
	})
}

// IsTable reports whether a file of a release may hold a match table.
func IsTable(name string) bool {
	return strings.HasPrefix(name, providersFolder) && (path.Ext(name) == ".c" || path.Ext(name) == ".h")
}

// installsNames reports whether the provider installs files into directories that it
// shares with others.
func (p *Provider) installsNames() bool {
	return len(p.manPages)+len(p.installed) > 0 || p.library != nil && len(p.library.Headers) > 0
}
