// SPDX-License-Identifier: Apache-2.0

package artifact

import "strings"

// Dist is a collected output directory.
type Dist struct {
	Dir      string
	Manifest Manifest
}

// Manifest is dist's manifest.json: what was made from what.
type Manifest struct {
	Distro         string   `json:"distro"`
	Suite          string   `json:"suite,omitempty"`     // of Debian
	Processor      string   `json:"processor,omitempty"` // of the packages, as RPM names it; "": x86_64
	Cross          string   `json:"cross,omitempty"`     // it, if they were cross-compiled
	Release        string   `json:"release"`
	Tag            string   `json:"tag,omitempty"`
	Commit         string   `json:"commit,omitempty"`
	Provider       string   `json:"provider,omitempty"`
	ProviderSHA256 string   `json:"providerSha256,omitempty"` // of its manifest and files
	DriverID       int      `json:"driverId,omitempty"`
	PrivateABI     int      `json:"privateAbi"`
	Base           string   `json:"base"`
	Standin        bool     `json:"standin"`
	Releasable     bool     `json:"releasable"`
	Payload        string   `json:"payload,omitempty"` // compression of RPMs if not the distro's: see Base.Payload
	Source         string   `json:"sourceSha256"`
	Package        *Origin  `json:"sourcePackage,omitempty"`
	Key            string   `json:"key"`
	Addon          *Addon   `json:"addon,omitempty"`
	Files          []Output `json:"files"`
}

// Label is that of the source: the release, or what names the distro's package of it.
func (m Manifest) Label() string {
	if m.Package == nil {
		return m.Release
	}
	return sourceLabel(strings.TrimSuffix(m.Package.File, ".src.rpm"))
}

// Origin is the distro's source package that was built with a provider in it.
type Origin struct {
	File    string   `json:"file"`              // NAME-VERSION-RELEASE.src.rpm
	Spec    string   `json:"spec"`              // its spec
	Tarball string   `json:"tarball"`           // its Source0
	Patches []string `json:"patches,omitempty"` // the distro's own that were applied before ours, in order
	Suffix  string   `json:"suffix,omitempty"`  // appended to its release
}

// The files that keep a distro's updates from replacing packages with a provider.
const (
	LockFolder  = "locks"
	ExcludeLock = LockFolder + "/excludepkgs.conf"
	VersionLock = LockFolder + "/versionlock.list" // of dnf 4
	FedorasLock = LockFolder + "/versionlock.toml" // of dnf 5
)

// Debian says whether the packages are Debian's.
func (d Dist) Debian() bool { return d.Manifest.Suite != "" }

// Output is one collected file.
type Output struct {
	Path   string `json:"path"` // slash separated, below the directory
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
	NEVRA  string `json:"nevra,omitempty"`
}
