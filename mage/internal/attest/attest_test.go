// SPDX-License-Identifier: Apache-2.0

package attest

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	packageurl "github.com/package-url/packageurl-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
	spdxjson "github.com/spdx/tools-golang/json"

	"github.com/resnics/verbsmith/mage/internal/artifact"
)

func build() Build {
	return Build{
		Name: "rocky9/rdma-core-56.1", Epoch: time.Date(2025, 4, 3, 0, 0, 0, 0, time.UTC), Allowed: []string{"standin"},
		Record: artifact.Record{
			Verbsmith: "v1.0.0", Kind: artifact.RPMs, Distro: "rocky9", Release: "56.1", Standin: true,
			Source:    artifact.RecordedSource{Name: "rdma-core-56.1.tar.gz", Digest: strings.Repeat("a", 64), Tag: "v56.1"},
			Provider:  &artifact.RecordedProvider{Name: "rib", SHA256: strings.Repeat("b", 64), Files: []artifact.Digest{{Path: "rib.c", SHA256: strings.Repeat("d", 64)}}},
			Inputs:    []artifact.Digest{{Path: "SPECS/rdma-core.spec", SHA256: strings.Repeat("e", 64)}},
			Base:      artifact.RecordedImage{Name: "rockylinux/rockylinux:9", ID: "sha256:" + strings.Repeat("1", 64)},
			Toolchain: artifact.RecordedImage{Name: "toolchain", ID: "sha256:" + strings.Repeat("2", 64)},
			BuildRoot: artifact.BuildRoot{
				RPM: []artifact.Installed{
					{Package: "bash-5.1-2.el9.x86_64", SHA256: strings.Repeat("c", 64)}, {Package: "dbus-1:1.12-1.el9.x86_64"},
				},
				Macros: map[string]string{"optflags": "-O2"},
			},
			Environment: map[string]string{"TZ": "UTC"},
		},
		Packages: []Package{{
			Path: "rpm/rocky9/x86_64/libibverbs.rpm", SHA256: strings.Repeat("3", 64), Built: strings.Repeat("4", 64),
			Name: "libibverbs", Epoch: "2", Version: "56.1-1.el9", Arch: "x86_64", License: "GPLv2 or BSD",
		}},
	}
}

func TestPURLs(t *testing.T) {
	deb := artifact.Record{Kind: artifact.Debs, Suite: "bookworm"}
	stream := artifact.Record{Kind: artifact.RPMs, Distro: "centos-stream10"}
	for got, want := range map[string]string{
		build().purl(build().Packages[0]):                                          "pkg:rpm/rocky/libibverbs@56.1-1.el9?arch=x86_64&distro=rocky-9&epoch=2",
		placeOf(deb).purl("libibverbs1", "", "56.1-1+by.rib1", "amd64"):            "pkg:deb/debian/libibverbs1@56.1-1%2Bby.rib1?arch=amd64&distro=bookworm",
		placeOf(stream).purl("rdma-core", "0", "57.0-1.el10", "src"):               "pkg:rpm/centos/rdma-core@57.0-1.el10?arch=src&distro=centos-10",
		placeOf(artifact.Record{Distro: "fedora44"}).purl("a", "", "1-1.fc44", ""): "pkg:rpm/fedora/a@1-1.fc44?distro=fedora-44",
	} {
		if got != want {
			t.Errorf("want %s, got %s", want, got)
		}
		if _, err := packageurl.FromString(got); err != nil {
			t.Errorf("%s: %v", got, err)
		}
	}
}

// TestDigestOfCommit: what is no SHA-256 is not called one.
func TestDigestOfCommit(t *testing.T) {
	b := build()
	b.Record.Source.Digest = strings.Repeat("a", 40)
	if got := b.sources()[0].digest; got != "" {
		t.Errorf("a commit as the SHA-256 %s", got)
	}
}

func TestSplitNEVRA(t *testing.T) {
	for nevra, want := range map[string][4]string{
		"bash-5.1-2.el9.x86_64":          {"bash", "", "5.1-2.el9", "x86_64"},
		"dbus-1:1.12-1.el9.x86_64":       {"dbus", "1", "1.12-1.el9", "x86_64"},
		"python3-libs-3.9.18-1.el9.i686": {"python3-libs", "", "3.9.18-1.el9", "i686"},
		"odd":                            {"odd", "", "", ""},
	} {
		name, epoch, version, arch := splitNEVRA(nevra)
		if got := [4]string{name, epoch, version, arch}; got != want {
			t.Errorf("%s: want %q, got %q", nevra, want, got)
		}
	}
}

// TestCycloneDX also compares with the schema that the library carries.
func TestCycloneDX(t *testing.T) {
	schema := cycloneSchema(t)
	b := build()
	whole, errWhole := b.CycloneDXOfBuild()
	one, err := b.CycloneDX(b.Packages[0])
	if err != nil || errWhole != nil {
		t.Fatal(err, errWhole)
	}
	for _, text := range [][]byte{whole, one} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err == nil {
			err = schema.Validate(doc)
		}
		if err != nil {
			t.Errorf("%v in %s", err, text)
		}
	}
	var bom cdx.BOM
	if err := json.Unmarshal(whole, &bom); err != nil {
		t.Fatal(err)
	}
	tools := 0
	for _, c := range *bom.Components {
		if c.Scope == cdx.ScopeExcluded {
			tools++
		}
	}
	if want := len(b.Record.BuildRoot.RPM); tools != want {
		t.Errorf("want %d packages of the build root, got %d", want, tools)
	}
	if got := (*bom.Metadata.Properties)[0]; got.Name != propertyAllowed || got.Value != "standin" {
		t.Errorf("the document does not say that it was made on a stand-in: %v", got)
	}
	again, err := b.CycloneDXOfBuild()
	if err != nil || !bytes.Equal(whole, again) {
		t.Error("the document differs the second time", err)
	}
}

func cycloneSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil || len(bytes.TrimSpace(dir)) == 0 {
		t.Fatalf("find the library's schemas: %v", err)
	}
	folder := filepath.Join(strings.TrimSpace(string(dir)), "schema")
	compiler := jsonschema.NewCompiler()
	for name, file := range map[string]string{
		"http://cyclonedx.org/schema/bom-1.6.schema.json":  "bom-1.6.schema.json",
		"http://cyclonedx.org/schema/spdx.schema.json":     "spdx.schema.json",
		"http://cyclonedx.org/schema/jsf-0.82.schema.json": "jsf-0.82.schemax.json",
	} {
		loader := jsonschema.FileLoader{}
		doc, err := loader.Load("file://" + filepath.Join(folder, file))
		if err == nil {
			err = compiler.AddResource(name, doc)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	schema, err := compiler.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestSPDX(t *testing.T) {
	b := build()
	whole, errWhole := b.SPDXOfBuild()
	one, err := b.SPDX(b.Packages[0])
	if err != nil || errWhole != nil {
		t.Fatal(err, errWhole)
	}
	for _, text := range [][]byte{whole, one} {
		doc, err := spdxjson.Read(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{"DOCUMENT": true}
		for _, p := range doc.Packages {
			if id := string(p.PackageSPDXIdentifier); ids[id] {
				t.Errorf("%s is there twice", id)
			} else {
				ids[id] = true
			}
		}
		for _, r := range doc.Relationships {
			if !ids[string(r.RefA.ElementRefID)] || !ids[string(r.RefB.ElementRefID)] {
				t.Errorf("a relationship of nothing: %v", r)
			}
		}
		if doc.SPDXVersion != "SPDX-2.3" || !strings.Contains(doc.DocumentComment, "standin") {
			t.Errorf("got %s, %q", doc.SPDXVersion, doc.DocumentComment)
		}
	}
}

// noKey signs with nothing.
type noKey struct{}

func (noKey) Sign(context.Context, []byte) ([]byte, error) { return []byte("signature"), nil }
func (noKey) KeyID() (string, error)                       { return "key", nil }

func TestProvenance(t *testing.T) {
	b := build()
	text, err := b.Provenance(context.Background(), noKey{})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 { // a library writes JSON with spaces by chance
		again, err := b.Provenance(context.Background(), noKey{})
		if err != nil || !bytes.Equal(text, again) {
			t.Fatal("the provenance differs the second time", err)
		}
	}
	var bundle Bundle
	if err := json.Unmarshal(text, &bundle); err != nil {
		t.Fatal(err)
	}
	payload, err := bundle.Envelope.DecodeB64Payload()
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Type    string `json:"_type"` //nolint:tagliatelle // in-toto's
		Subject []struct {
			Digest map[string]string `json:"digest"`
		} `json:"subject"`
		Predicate struct {
			BuildDefinition struct {
				ResolvedDependencies []struct {
					Name   string            `json:"name"`
					Digest map[string]string `json:"digest"`
				} `json:"resolvedDependencies"`
			} `json:"buildDefinition"`
		} `json:"predicate"`
	}
	if err := json.Unmarshal(payload, &s); err != nil {
		t.Fatal(err)
	}
	if s.Type != "https://in-toto.io/Statement/v1" || len(s.Subject) != 1 || s.Subject[0].Digest["sha256"] != b.Packages[0].SHA256 {
		t.Errorf("got %s", payload)
	}
	digests := map[string]string{}
	for _, d := range s.Predicate.BuildDefinition.ResolvedDependencies {
		digests[d.Name] = d.Digest["sha256"]
	}
	for name, want := range map[string]string{
		"rdma-core": strings.Repeat("a", 64), "rib": strings.Repeat("b", 64), "provider/rib.c": strings.Repeat("d", 64), "bash": strings.Repeat("c", 64),
		"inputs/SPECS/rdma-core.spec": strings.Repeat("e", 64), "rockylinux/rockylinux:9": strings.Repeat("1", 64), "toolchain": strings.Repeat("2", 64),
	} {
		if digests[name] != want {
			t.Errorf("%s: want %s, got %q", name, want, digests[name])
		}
	}
}
