// SPDX-License-Identifier: Apache-2.0

package attest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	provenance "github.com/in-toto/attestation/go/predicates/provenance/v1"
	intoto "github.com/in-toto/attestation/go/v1"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
)

// The types of what a bundle has in it.
const (
	StatementType = "application/vnd.in-toto+json"
	PredicateType = "https://slsa.dev/provenance/v1"
	bundleType    = "application/vnd.dev.sigstore.bundle.v0.3+json"

	buildType = home + "/blob/main/docs/release.md#build-type-v1"
	// localBuilder is the builder of what was made on somebody's machine, which claims no more than SLSA's build level 1.
	localBuilder = home + "/blob/main/docs/release.md#local-builder"
)

// Bundle is a Sigstore bundle without a log's entry: a DSSE envelope and a hint at its key.
type Bundle struct {
	MediaType    string `json:"mediaType"`
	Verification struct {
		PublicKey struct {
			Hint string `json:"hint"`
		} `json:"publicKey"`
	} `json:"verificationMaterial"`
	Envelope *dsse.Envelope `json:"dsseEnvelope"`
}

// Provenance is the signed statement of what a build's packages were made from, as a bundle.
func (b Build) Provenance(ctx context.Context, key dsse.Signer) ([]byte, error) {
	statement, err := b.statement()
	if err != nil {
		return nil, fmt.Errorf("describe the provenance of %s: %w", b.Name, err)
	}
	signer, err := dsse.NewEnvelopeSigner(key)
	if err != nil {
		return nil, fmt.Errorf("sign the provenance of %s: %w", b.Name, err)
	}
	bundle := Bundle{MediaType: bundleType}
	if bundle.Envelope, err = signer.SignPayload(ctx, StatementType, statement); err != nil {
		return nil, fmt.Errorf("sign the provenance of %s: %w", b.Name, err)
	}
	if bundle.Verification.PublicKey.Hint, err = key.KeyID(); err != nil {
		return nil, fmt.Errorf("sign the provenance of %s: %w", b.Name, err)
	}
	text, err := json.MarshalIndent(bundle, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the provenance of %s: %w", b.Name, err)
	}
	return append(text, '\n'), nil
}

// statement is the in-toto statement, as JSON that is the same each time.
func (b Build) statement() ([]byte, error) {
	rec := b.Record
	external := map[string]any{"kind": string(rec.Kind), "release": rec.Release}
	for name, value := range map[string]string{
		"distro": rec.Distro, "suite": rec.Suite, "suffix": rec.Suffix, "processor": rec.Processor, "cross": rec.Cross,
	} {
		if value != "" {
			external[name] = value
		}
	}
	if rec.Provider != nil {
		external["provider"] = rec.Provider.Name
	}
	internal := map[string]any{"standin": rec.Standin, "environment": anyMap(rec.Environment), "macros": anyMap(rec.BuildRoot.Macros)}
	if len(b.Allowed) > 0 {
		allowed := make([]any, 0, len(b.Allowed))
		for _, a := range b.Allowed {
			allowed = append(allowed, a)
		}
		internal["releasedInSpiteOf"] = allowed
	}
	given, err := structpb.NewStruct(external)
	if err != nil {
		return nil, err //nolint:wrapcheck // of the caller
	}
	own, err := structpb.NewStruct(internal)
	if err != nil {
		return nil, err //nolint:wrapcheck // of the caller
	}
	predicate := &provenance.Provenance{
		BuildDefinition: &provenance.BuildDefinition{
			BuildType: buildType, ExternalParameters: given, InternalParameters: own, ResolvedDependencies: b.dependencies(),
		},
		RunDetails: &provenance.RunDetails{
			Builder: &provenance.Builder{Id: localBuilder, Version: map[string]string{toolName: rec.Verbsmith}},
		},
	}
	about, err := asStruct(predicate)
	if err != nil {
		return nil, err
	}
	statement := &intoto.Statement{Type: intoto.StatementTypeUri, PredicateType: PredicateType, Predicate: about}
	for _, p := range b.Packages {
		statement.Subject = append(statement.Subject, &intoto.ResourceDescriptor{
			Name: p.Path, Uri: b.purl(p), Digest: map[string]string{"sha256": p.SHA256},
			Annotations: &structpb.Struct{Fields: map[string]*structpb.Value{"sha256BeforeSigning": structpb.NewStringValue(p.Built)}},
		})
	}
	if err := statement.Validate(); err != nil {
		return nil, err //nolint:wrapcheck // of the caller
	}
	text, err := protojson.Marshal(statement)
	if err != nil {
		return nil, err //nolint:wrapcheck // of the caller
	}
	var out bytes.Buffer // protojson puts spaces in by chance
	if err := json.Compact(&out, text); err != nil {
		return nil, err //nolint:wrapcheck // of the caller
	}
	return out.Bytes(), nil
}

// dependencies are all that a build was made from and with.
func (b Build) dependencies() []*intoto.ResourceDescriptor {
	var all []*intoto.ResourceDescriptor
	for _, m := range b.sources() {
		all = append(all, dependency(m.name, m.purl, m.digest))
	}
	if p := b.Record.Provider; p != nil {
		for _, f := range p.Files {
			all = append(all, dependency("provider/"+f.Path, "", f.SHA256))
		}
	}
	for _, in := range b.Record.Inputs {
		all = append(all, dependency("inputs/"+in.Path, "", in.SHA256))
	}
	all = append(all, image(b.Record.Base.Name, b.Record.Base.ID), image(b.Record.Toolchain.Name, b.Record.Toolchain.ID))
	for _, m := range b.buildRoot() {
		all = append(all, dependency(m.name, m.purl, m.digest))
	}
	return all
}

func dependency(name, uri, digest string) *intoto.ResourceDescriptor {
	d := &intoto.ResourceDescriptor{Name: name, Uri: uri}
	if digest != "" {
		d.Digest = map[string]string{"sha256": digest}
	}
	return d
}

// image is an image by its id, "sha256:" and digits.
func image(name, id string) *intoto.ResourceDescriptor {
	return dependency(name, "", trimAlgorithm(id))
}

func trimAlgorithm(id string) string {
	_, digits, ok := bytes.Cut([]byte(id), []byte(":"))
	if !ok {
		return id
	}
	return string(digits)
}

func anyMap(m map[string]string) map[string]any {
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out[name] = m[name]
	}
	return out
}

// asStruct is a message as the JSON object that it is.
func asStruct(m *provenance.Provenance) (*structpb.Struct, error) {
	text, err := protojson.Marshal(m)
	if err != nil {
		return nil, err //nolint:wrapcheck // of the caller
	}
	var out structpb.Struct
	return &out, protojson.Unmarshal(text, &out) //nolint:wrapcheck // of the caller
}
