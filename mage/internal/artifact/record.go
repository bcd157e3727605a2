// SPDX-License-Identifier: Apache-2.0

package artifact

// RecordFormat names the format of a record, and its version.
const RecordFormat = "verbsmith-buildinfo/1"

const (
	// Dirty ends the version of a verbsmith with changes that no commit has.
	Dirty = "-dirty"
	// UnknownVersion is that of a verbsmith in a directory that git does not know.
	UnknownVersion = "(devel)"
)

// RecordFile is the name of the record next to packages of a release.
func RecordFile(release string) string { return "rdma-core-" + release + ".buildinfo" }

// Kind is a kind of packages.
type Kind string

// The kinds.
const (
	RPMs     Kind = "rpm"
	Debs     Kind = "deb"
	RPMAddon Kind = "rpm:addon"
	DebAddon Kind = "deb:addon"
)

// Record is a .buildinfo: everything that packages were made from, and what they are. It has no time, host or directory of the
// machine, so the same build has the same record.
type Record struct {
	Format    string `json:"format"`
	Verbsmith string `json:"verbsmith"` // version or commit of verbsmith, "" if that is not known
	Kind      Kind   `json:"kind"`
	Distro    string `json:"distro,omitempty"`    // of RPMs
	Suite     string `json:"suite,omitempty"`     // of Debian's packages
	Processor string `json:"processor,omitempty"` // of the packages, as RPM names it; "": x86_64
	Cross     string `json:"cross,omitempty"`     // it, if they were cross-compiled
	Release   string `json:"release"`             // of rdma-core
	Suffix    string `json:"suffix,omitempty"`    // of the packages' release, as given
	Standin   bool   `json:"standin"`

	Source      RecordedSource    `json:"source"`
	Provider    *RecordedProvider `json:"provider,omitempty"`
	Inputs      []Digest          `json:"inputs"` // files that the build read, as the container has them; scripts/ are verbsmith's own
	Base        RecordedImage     `json:"base"`
	Toolchain   RecordedImage     `json:"toolchain"`
	BuildRoot   BuildRoot         `json:"buildRoot"`
	Environment map[string]string `json:"environment"`
	Outputs     []Digest          `json:"outputs"` // packages, by their paths next to the record
}

// RecordedSource is the release, or the distro's source package.
type RecordedSource struct {
	Name   string `json:"name"`   // of the tarball or source package
	Digest string `json:"digest"` // of the verified archive
	Tag    string `json:"tag,omitempty"`
	Commit string `json:"commit,omitempty"`
	Trust  string `json:"trust,omitempty"` // what vouches for the digest, as Source has it; not an input
}

// RecordedProvider is the provider.
type RecordedProvider struct {
	Name   string   `json:"name"`
	SHA256 string   `json:"sha256"` // of its manifest and files, as in manifest.json
	Files  []Digest `json:"files"`
}

// RecordedImage is an image. IDs differ between engines that make the same image.
type RecordedImage struct {
	Name string `json:"name"` // with its digest in the registry, if it is from one
	ID   string `json:"id"`
}

// BuildRoot is what a toolchain has installed.
type BuildRoot struct {
	RPM    []Installed       `json:"rpm,omitempty"`  // by NEVRA, with the SHA-256 of the header
	Dpkg   []Installed       `json:"dpkg,omitempty"` // as PACKAGE=VERSION, with the SHA-256 of the list of its files' sums
	Macros map[string]string `json:"macros"`         // rpm's macros or dpkg-buildflags' variables with their values
}

// Installed is an installed package.
type Installed struct {
	Package string `json:"package"`
	SHA256  string `json:"sha256,omitempty"`
}

// Digest is a file with its SHA-256, in hexadecimal digits.
type Digest struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// Debian says whether the packages are Debian's.
func (k Kind) Debian() bool { return k == Debs || k == DebAddon }

// Addon says whether they contain a provider alone.
func (k Kind) Addon() bool { return k == RPMAddon || k == DebAddon }

// Known says whether it is one of the kinds.
func (k Kind) Known() bool { return k == RPMs || k == Debs || k.Addon() }
