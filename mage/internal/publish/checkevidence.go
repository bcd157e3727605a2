// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/common"

	"github.com/resnics/verbsmith/mage/internal/attest"
	"github.com/resnics/verbsmith/mage/internal/signing"
)

// ForeignError is a document that is about something else.
type ForeignError struct{ Want, Got string }

// Error says what it is about and what was wanted.
func (e *ForeignError) Error() string {
	return fmt.Sprintf("it is about something else: want %s, got %s", e.Want, e.Got)
}

// about compares a document's subject with a package.
func about(p Package, name, version, sum string) error {
	if name == p.Name && version == p.Version && sum == p.SHA256 {
		return nil
	}
	text := func(name, version, sum string) string {
		return fmt.Sprintf("%s %s (SHA-256 %.16s…)", name, version, sum)
	}
	return &ForeignError{text(p.Name, p.Version, p.SHA256), text(name, version, sum)}
}

var errNoSubject = errors.New("it is about nothing")

// checkCycloneDX checks what a bill of materials is about.
func checkCycloneDX(data []byte, p Package) error {
	if data == nil {
		return nil // which was said
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(data), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		return fmt.Errorf("it is no CycloneDX document: %w", err)
	}
	if bom.Metadata == nil || bom.Metadata.Component == nil || bom.Metadata.Component.Hashes == nil {
		return errNoSubject
	}
	of := bom.Metadata.Component
	sum := ""
	for _, h := range *of.Hashes {
		if h.Algorithm == cdx.HashAlgoSHA256 {
			sum = h.Value
		}
	}
	return about(p, of.Name, of.Version, sum)
}

// checkSPDX checks what a bill of materials is about.
func checkSPDX(data []byte, p Package) error {
	if data == nil {
		return nil // which was said
	}
	doc, err := spdxjson.Read(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("it is no SPDX document: %w", err)
	}
	if len(doc.Packages) == 0 {
		return errNoSubject
	}
	of, sum := doc.Packages[0], ""
	for _, h := range of.PackageChecksums {
		if h.Algorithm == common.SHA256 {
			sum = h.Value
		}
	}
	return about(p, of.PackageName, of.PackageVersion, sum)
}

// provenance is what is read of a statement.
type provenance struct {
	PredicateType string    `json:"predicateType"`
	Subject       []subject `json:"subject"`
}

// subject is a file that a statement is about.
type subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// checkProvenance checks that a bundle is signed, and that each package of the build is a subject of it.
func (c *checker) checkProvenance(ctx context.Context, data []byte, b Build) error {
	if data == nil {
		return nil // which was said
	}
	var bundle attest.Bundle
	if err := json.Unmarshal(data, &bundle); err != nil || bundle.Envelope == nil || len(bundle.Envelope.Signatures) == 0 {
		return errNoBundle
	}
	verifier, err := dsse.NewEnvelopeVerifier(c.ring)
	if err != nil {
		return fmt.Errorf("check provenance: %w", err)
	}
	if _, err := verifier.Verify(ctx, bundle.Envelope); err != nil {
		return errAltered
	}
	payload, err := bundle.Envelope.DecodeB64Payload()
	if err != nil {
		return errNoBundle
	}
	var statement provenance
	if err := json.Unmarshal(payload, &statement); err != nil || statement.PredicateType != attest.PredicateType {
		return errNoBundle
	}
	for _, p := range b.Packages {
		i := slices.IndexFunc(statement.Subject, func(s subject) bool { return s.Name == p.Path })
		if i < 0 {
			return &ForeignError{p.Path, fmt.Sprintf("a build of %d other packages", len(statement.Subject))}
		}
		if got := statement.Subject[i].Digest["sha256"]; got != p.SHA256 {
			return &ForeignError{fmt.Sprintf("%s with SHA-256 %.16s…", p.Path, p.SHA256), fmt.Sprintf("%.16s…", got)}
		}
	}
	return nil
}

var (
	errNoBundle = errors.New("it is no bundle of SLSA provenance")
	errAltered  = errors.New(string(signing.Altered) + ", or made with another key")
)
