// SPDX-License-Identifier: Apache-2.0

package attest

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	packageurl "github.com/package-url/packageurl-go"

	"github.com/resnics/verbsmith/mage/internal/artifact"
)

// Build is a released build.
type Build struct {
	Name     string // of its directory, such as rocky9/rdma-core-56.1
	Record   artifact.Record
	Epoch    time.Time // of its sources
	Packages []Package // binary and source ones
	Allowed  []string  // what it was released in spite of
}

// Package is a released package.
type Package struct {
	Path    string // in the released directory
	SHA256  string // of the released file
	Built   string // SHA-256 of the file before it was signed, as in the build's record
	Name    string
	Epoch   string // "" is none
	Version string // with its release, without its epoch
	Arch    string // "src" or "source" for a source package
	License string // as the package says it, "" if it does not
}

// Source says whether it is a source package.
func (p Package) Source() bool { return p.Arch == "src" || p.Arch == "source" }

// place is where packages are installed, as purls name it.
type place struct{ kind, vendor, distro string }

// placeOf is that of a build: rocky9 is rocky and rocky-9, centos-stream10 centos and centos-10, bookworm debian and bookworm.
func placeOf(rec artifact.Record) place {
	if rec.Kind.Debian() {
		return place{packageurl.TypeDebian, "debian", rec.Suite}
	}
	name := strings.TrimRight(rec.Distro, "0123456789")
	vendor, _, _ := strings.Cut(name, "-")
	return place{packageurl.TypeRPM, vendor, vendor + "-" + rec.Distro[len(name):]}
}

// purl is a package's, as the purl specification has it: the epoch and the processor are qualifiers.
func (p place) purl(name, epoch, version, arch string) string {
	qualifiers := map[string]string{"distro": p.distro}
	if arch != "" {
		qualifiers["arch"] = arch
	}
	if epoch != "" && epoch != "0" {
		if p.kind == packageurl.TypeDebian {
			version = epoch + ":" + version
		} else {
			qualifiers["epoch"] = epoch
		}
	}
	return packageurl.NewPackageURL(p.kind, p.vendor, name, version, packageurl.QualifiersFromMap(qualifiers), "").ToString()
}

func (b Build) purl(p Package) string {
	return placeOf(b.Record).purl(p.Name, p.Epoch, p.Version, p.Arch)
}

// material is something that a build was made from.
type material struct {
	name, version string
	purl          string
	digest        string // SHA-256, "" if there is none
	license       string
	tool          bool // of the build root: nothing of it need be in the packages
}

// sources are the release and the provider.
func (b Build) sources() []material {
	rec := b.Record
	all := []material{{
		name: "rdma-core", version: rec.Release, digest: sha256Only(rec.Source.Digest),
		purl: packageurl.NewPackageURL(packageurl.TypeGithub, "linux-rdma", "rdma-core", b.revision(), nil, "").ToString(),
	}}
	if p := rec.Provider; p != nil {
		all = append(all, material{
			name: p.Name, version: p.SHA256[:min(len(p.SHA256), shortDigest)], digest: p.SHA256,
			purl: packageurl.NewPackageURL(packageurl.TypeGeneric, "", p.Name, "",
				packageurl.QualifiersFromMap(map[string]string{"checksum": "sha256:" + p.SHA256}), "").ToString(),
		})
	}
	return all
}

const shortDigest = 12

// sha256Only is a SHA-256, "" for a commit, which is a git clone's own digest.
func sha256Only(digest string) string {
	if len(digest) != hex.EncodedLen(sha256.Size) {
		return ""
	}
	return digest
}

// revision is upstream's name of the source.
func (b Build) revision() string {
	src := b.Record.Source
	switch {
	case src.Tag != "":
		return src.Tag
	case src.Commit != "":
		return src.Commit
	}
	return "v" + b.Record.Release
}

// buildRoot is what was installed where it was built.
func (b Build) buildRoot() []material {
	var all []material
	at, root := placeOf(b.Record), b.Record.BuildRoot
	for _, i := range root.RPM {
		name, epoch, version, arch := splitNEVRA(i.Package)
		all = append(all, material{
			name: name, version: version, digest: i.SHA256, tool: true,
			purl: place{packageurl.TypeRPM, at.vendor, at.distro}.purl(name, epoch, version, arch),
		})
	}
	for _, i := range root.Dpkg {
		full, version, _ := strings.Cut(i.Package, "=")
		name, arch, _ := strings.Cut(full, ":")
		all = append(all, material{
			name: name, version: version, digest: i.SHA256, tool: true,
			purl: place{packageurl.TypeDebian, "debian", at.distro}.purl(name, "", version, arch),
		})
	}
	slices.SortStableFunc(all, func(a, b material) int { return strings.Compare(a.purl, b.purl) })
	return slices.CompactFunc(all, func(a, b material) bool { return a.purl == b.purl })
}

// splitNEVRA splits name-[epoch:]version-release.arch. What is no such name is all name.
func splitNEVRA(nevra string) (name, epoch, version, arch string) {
	dot := strings.LastIndex(nevra, ".")
	dash := strings.LastIndex(nevra, "-")
	before := -1
	if dash > 0 {
		before = strings.LastIndex(nevra[:dash], "-")
	}
	if before <= 0 || dot < dash {
		return nevra, "", "", ""
	}
	name, version, arch = nevra[:before], nevra[before+1:dot], nevra[dot+1:]
	if e, rest, ok := strings.Cut(version, ":"); ok {
		epoch, version = e, rest
	}
	return name, epoch, version, arch
}

// serial is a UUID that follows from what a document is about.
func serial(about ...string) string {
	return "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceURL, []byte(strings.Join(about, "\n"))).String()
}

// toolName names us in documents.
const toolName = "verbsmith"

// home is where we are documented.
const home = "https://github.com/resnics/verbsmith"
