// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"path"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/provider/internal/cmake"
)

// Reads lists every file of a release that Integrate looks at whatever else the
// release has, so that it can be run on a tree of those, and of what ReadsAlso
// names, alone.
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

// ReadsAlso reports whether Integrate looks at a file where a release has it: the
// CMakeLists.txt of other directories, for what they install under a name that the
// provider has too, and the directory of a provider that is replaced.
func (p *Provider) ReadsAlso(name string) bool {
	if p.Manifest.ReplacesUpstream && strings.HasPrefix(name, p.Manifest.Folder()+"/") {
		return true
	}
	return p.installsNames() && path.Base(name) == cmake.FileName
}

// ReadsTables reports whether Integrate has to see the match tables of a release's other
// providers, which are any of their C files: where enum rdma_driver_id of the release's
// DriverHeader has the provider's constant already, or an id of the provider's match
// tables. Another directory can only then have the same number, unless it writes the
// number itself.
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
