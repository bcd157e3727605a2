// SPDX-License-Identifier: Apache-2.0

package artifact

import "strings"

// StandinSuffix ends the name of a stand-in's folder, its dist tag, and the versions of the packages that are built on it.
const StandinSuffix = ".standin"

// Base is the image that toolchains start from and the minimal one that the
// proof starts from; with a real distro image both are the same.
type Base struct {
	ID      string // image ID for toolchains
	Minimal string // image ID for clean containers
	Ref     string // its usual name, wherever it was taken from
	Digest  string // in the registry that it was taken from; "": from none
	Standin bool   // never releasable
	Local   bool   // its repositories are in the image
	Folder  string // below dist/
	// Site says that dnf reads a site's repositories in place of the image's.
	Site bool `key:"-"`
}

// Network says whether dnf or apt in the image needs a network.
func (b Base) Network() bool { return !b.Local || b.Site }

// VersionSuffix is what ends the version of Debian's packages that are built on it.
func (b Base) VersionSuffix() string {
	if b.Standin {
		return StandinSuffix
	}
	return ""
}

// Name is the reference with the digest.
func (b Base) Name() string {
	if b.Digest == "" || strings.Contains(b.Ref, "@") {
		return b.Ref
	}
	return b.Ref + "@" + b.Digest
}

// Payload is the compression of the payloads of RPMs, in rpm's notation, or "" for the distro's own. Packages of a stand-in
// are never released, and the distro's compression would take most of the time of a build after an edit.
func (b Base) Payload() string {
	if b.Local {
		return "w1.zstdio"
	}
	return ""
}

// Toolchain is the image in which a spec's BuildRequires are installed.
type Toolchain struct {
	ID   string
	Ref  string
	Base Base
}
