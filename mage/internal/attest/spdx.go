// SPDX-License-Identifier: Apache-2.0

package attest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spdx/tools-golang/spdx"
	"github.com/spdx/tools-golang/spdx/v2/common"
)

const spdxNone = "NOASSERTION"

// SPDX is a package's bill of materials: what it was made from.
func (b Build) SPDX(p Package) ([]byte, error) {
	subject := b.spdxPackage(material{name: p.Name, version: p.Version, purl: b.purl(p), digest: p.SHA256}, "Package")
	subject.PackageComment = propertyBuilt + ": " + p.Built
	if p.License != "" {
		subject.PackageLicenseComments = "The package says: " + p.License
	}
	return b.spdx(subject, b.sources())
}

// SPDXOfBuild is the bill of materials of a whole build: its sources, its packages, and all that was installed where it was made.
func (b Build) SPDXOfBuild() ([]byte, error) {
	subject := b.spdxPackage(material{name: b.Name, version: b.Record.Release}, "Build")
	all := b.sources()
	for _, p := range b.Packages {
		all = append(all, material{name: p.Name, version: p.Version, purl: b.purl(p), digest: p.SHA256})
	}
	return b.spdx(subject, append(all, b.buildRoot()...))
}

func (b Build) spdx(subject *spdx.Package, of []material) ([]byte, error) {
	id := func(e common.ElementID) common.DocElementID { return common.DocElementID{ElementRefID: e} }
	doc := spdx.Document{
		SPDXVersion: spdx.Version, DataLicense: spdx.DataLicense, SPDXIdentifier: "DOCUMENT", DocumentName: subject.PackageName,
		DocumentNamespace: home + "/spdx/" + strings.TrimPrefix(serial(b.Name, subject.PackageName, b.Record.Source.Digest), "urn:uuid:"),
		CreationInfo: &spdx.CreationInfo{
			Creators: []common.Creator{{CreatorType: "Tool", Creator: toolName + "-" + b.Record.Verbsmith}},
			Created:  b.Epoch.UTC().Format(time.RFC3339),
		},
		Packages:      []*spdx.Package{subject},
		Relationships: []*spdx.Relationship{{RefA: id("DOCUMENT"), RefB: id(subject.PackageSPDXIdentifier), Relationship: "DESCRIBES"}},
	}
	if len(b.Allowed) > 0 {
		doc.DocumentComment = propertyAllowed + ": " + strings.Join(b.Allowed, ", ")
	}
	for i, m := range of {
		p := b.spdxPackage(m, common.ElementID("Material-"+strconv.Itoa(i+1)))
		doc.Packages = append(doc.Packages, p)
		from, to, how := subject.PackageSPDXIdentifier, p.PackageSPDXIdentifier, "GENERATED_FROM"
		if m.tool {
			from, to, how = to, from, "BUILD_TOOL_OF"
		}
		link := &spdx.Relationship{RefA: id(from), RefB: id(to), Relationship: how}
		doc.Relationships = append(doc.Relationships, link)
	}
	text, err := json.MarshalIndent(&doc, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the SPDX document of %s: %w", subject.PackageName, err)
	}
	return append(text, '\n'), nil
}

func (b Build) spdxPackage(m material, id common.ElementID) *spdx.Package {
	p := &spdx.Package{
		PackageName: m.name, PackageSPDXIdentifier: id, PackageVersion: m.version, PackageDownloadLocation: spdxNone,
		PackageLicenseConcluded: spdxNone, PackageLicenseDeclared: spdxNone, PackageCopyrightText: spdxNone,
	}
	if m.digest != "" {
		p.PackageChecksums = []common.Checksum{{Algorithm: common.SHA256, Value: m.digest}}
	}
	if m.purl != "" {
		p.PackageExternalReferences = []*spdx.PackageExternalReference{
			{Category: common.CategoryPackageManager, RefType: common.TypePackageManagerPURL, Locator: m.purl},
		}
	}
	return p
}
