// SPDX-License-Identifier: Apache-2.0

package artifact

import (
	"fmt"
	"strings"
	"time"
)

// Source is a verified, unpacked release.
type Source struct {
	Tree    string // directory rdma-core-VERSION, pristine
	Tarball string // rdma-core-VERSION.tar.gz, as rpmbuild will read it
	Version string
	Tag     string // upstream's tag, empty if unknown
	Commit  string // upstream's commit id, empty if unknown
	Epoch   time.Time
	Digest  string         // of the verified archive, or source package
	Trust   string         // how the archive was verified
	SumName string         // its name in the record of sums; not in the key
	Package *SourcePackage // the distro's, if it comes out of one; then Tree is what its %prep leaves
}

// Label names the source in directories: its version, or, for a source package, what
// tells it from the release and from the distro's other ones.
func (s Source) Label() string {
	if s.Package == nil {
		return s.Version
	}
	return sourceLabel(s.Package.Name)
}

func sourceLabel(nvr string) string { return strings.TrimPrefix(nvr, "rdma-core-") }

// StageKey implements stage.Keyed: what the source is and what it says of itself. The tag
// comes from how the archive was verified, so it is not the digest's alone.
func (s Source) StageKey() string {
	state := s.Digest
	if s.Package != nil {
		state += " read with " + s.Package.Macros
	}
	return fmt.Sprintf("%q %q %q %q %s", state, s.Version, s.Tag, s.Commit, s.Epoch.UTC().Format(time.RFC3339Nano))
}

// SourcePackage is a distro's source RPM that a source comes out of.
type SourcePackage struct {
	Name    string   `json:"name"`    // name-version-release, as its header has them
	Spec    string   `json:"spec"`    // file name of its spec
	Tarball string   `json:"tarball"` // file name of its Source0
	Files   []string `json:"files"`   // names of all its files
	Patches []string `json:"patches"` // file names of those that %prep applies, in order
	Macros  string   `json:"macros"`  // those that its spec was read with
	Dir     string   `json:"-"`       // directory with its files
}

// TarballName is the file name of a release's tarball.
func TarballName(version string) string { return "rdma-core-" + version + ".tar.gz" }
