// SPDX-License-Identifier: Apache-2.0

package attest

import (
	"bytes"
	"fmt"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// The properties of packages and of builds that CycloneDX has no field for.
const (
	propertyBuilt   = "verbsmith:sha256-before-signing"
	propertyAllowed = "verbsmith:released-in-spite-of"
)

// CycloneDX is a package's bill of materials: what it was made from.
func (b Build) CycloneDX(p Package) ([]byte, error) {
	subject := cdx.Component{
		BOMRef: b.purl(p), Type: cdx.ComponentTypeLibrary, Name: p.Name, Version: p.Version, PackageURL: b.purl(p),
		Hashes: sha256Hash(p.SHA256), Licenses: licenses(p.License),
		Properties: &[]cdx.Property{{Name: propertyBuilt, Value: p.Built}},
	}
	return b.cycloneDX(subject, b.sources())
}

// CycloneDXOfBuild is the bill of materials of a whole build: its sources, its packages, and all that was installed where it was
// made, which has the scope "excluded".
func (b Build) CycloneDXOfBuild() ([]byte, error) {
	subject := cdx.Component{BOMRef: b.Name, Type: cdx.ComponentTypeApplication, Name: b.Name, Version: b.Record.Release}
	all := b.sources()
	for _, p := range b.Packages {
		all = append(all, material{name: p.Name, version: p.Version, purl: b.purl(p), digest: p.SHA256, license: p.License})
	}
	return b.cycloneDX(subject, append(all, b.buildRoot()...))
}

func (b Build) cycloneDX(subject cdx.Component, of []material) ([]byte, error) {
	bom := cdx.NewBOM()
	bom.SerialNumber = serial(b.Name, subject.BOMRef, b.Record.Source.Digest)
	properties := []cdx.Property{}
	for _, a := range b.Allowed {
		properties = append(properties, cdx.Property{Name: propertyAllowed, Value: a})
	}
	bom.Metadata = &cdx.Metadata{
		Tools: &cdx.ToolsChoice{Components: &[]cdx.Component{
			{Type: cdx.ComponentTypeApplication, Name: toolName, Version: b.Record.Verbsmith},
		}},
		Component: &subject, Properties: &properties,
	}
	var components []cdx.Component
	var needs []string
	for _, m := range of {
		c := cdx.Component{
			BOMRef: m.purl, Type: cdx.ComponentTypeLibrary, Name: m.name, Version: m.version, PackageURL: m.purl,
			Hashes: sha256Hash(m.digest), Licenses: licenses(m.license),
		}
		if m.tool {
			c.Scope = cdx.ScopeExcluded
		} else {
			needs = append(needs, m.purl)
		}
		components = append(components, c)
	}
	bom.Components = &components
	bom.Dependencies = &[]cdx.Dependency{{Ref: subject.BOMRef, Dependencies: &needs}}
	var out bytes.Buffer
	encoder := cdx.NewBOMEncoder(&out, cdx.BOMFileFormatJSON).SetPretty(true)
	if err := encoder.EncodeVersion(bom, cdx.SpecVersion1_6); err != nil {
		return nil, fmt.Errorf("write the CycloneDX document of %s: %w", subject.Name, err)
	}
	return out.Bytes(), nil
}

func sha256Hash(digest string) *[]cdx.Hash {
	if digest == "" {
		return nil
	}
	return &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: digest}}
}

// licenses has the package's own words, which need not be an SPDX expression.
func licenses(text string) *cdx.Licenses {
	if text == "" {
		return nil
	}
	return &cdx.Licenses{{License: &cdx.License{Name: text}}}
}
