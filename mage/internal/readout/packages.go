// SPDX-License-Identifier: Apache-2.0

package readout

import (
	"path"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/page"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
)

// packageOf is a file of the manifest as a package; false if it is none.
func packageOf(f artifact.Output) (page.Package, bool) {
	base := path.Base(f.Path)
	p := page.Package{File: f.Path, Name: base, Size: f.Size, Files: -1}
	switch {
	case f.NEVRA != "":
		p.Name, p.Version = splitNEVRA(f.NEVRA)
		if strings.HasSuffix(base, ".src.rpm") {
			p.Name += " (source)"
		}
	case pkgfile.IsDeb(base):
		p.Name, p.Version = pkgfile.DebName(base)
	case strings.HasSuffix(base, ".dsc"):
		p.Name, p.Version = pkgfile.DebName(strings.TrimSuffix(base, ".dsc") + ".deb")
		p.Name += " (source)"
	default:
		return p, false
	}
	return p, true
}

// splitNEVRA divides NAME-[EPOCH:]VERSION-RELEASE.ARCH.
func splitNEVRA(nevra string) (name, version string) {
	rest := nevra
	if dot := strings.LastIndexByte(rest, '.'); dot >= 0 {
		rest = rest[:dot]
	}
	parts := strings.Split(rest, "-")
	if len(parts) < 3 {
		return nevra, ""
	}
	n := len(parts) - 2
	return strings.Join(parts[:n], "-"), strings.Join(parts[n:], "-")
}
