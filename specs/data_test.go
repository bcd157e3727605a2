// SPDX-License-Identifier: Apache-2.0

package specs_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/resnics/verbsmith/specs"
	"github.com/resnics/verbsmith/specs/strictyaml"
)

var update = flag.Bool("update", false, "write the schemas anew")

// TestSchemas keeps schema/ equal to what the types say.
func TestSchemas(t *testing.T) {
	for file, v := range map[string]any{
		"releases.json": &specs.Releases{}, "distro.json": &specs.Distro{}, "suite.json": &specs.Suite{},
		"transplants.json": &specs.Transplants{}, "release.json": &specs.AddedRelease{}, "interfaces.json": &specs.Interfaces{},
		"strangers.json": &specs.Strangers{}, "libibverbs.json": &specs.Stock{}, "matrix.json": &specs.Matrix{},
	} {
		want, err := strictyaml.Schema(v)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("schema", file)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the types say: run go test ./specs -update", path)
		}
	}
}

// TestReleasesData asserts what the project relies on in releases.yaml.
func TestReleasesData(t *testing.T) {
	r, err := specs.LoadReleases(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	if r.Default != "56.1" {
		t.Errorf("default release %s, want 56.1", r.Default)
	}
	names := r.Names()
	if names[0] != "32.0" {
		t.Errorf("releases from %s on, want 32.0", names[0])
	}
	for major := 32; major <= 65; major++ {
		if _, err := r.Find(strconv.Itoa(major) + ".0"); err != nil {
			t.Error(err)
		}
	}
	sums := map[string]string{}
	for _, rel := range r.Releases {
		kinds := map[specs.OriginKind]specs.Origin{}
		for _, o := range rel.Origins {
			kinds[o.Kind] = o
			if o.URL != "" && !strings.Contains(o.URL, "/"+rel.Tag) {
				t.Errorf("%s: %s has the URL %s", rel.Version, o.Kind, o.URL)
			}
			if before, ok := sums[o.SHA256]; ok && before != rel.Version {
				t.Errorf("%s has a sum of %s", rel.Version, before)
			}
			if o.SHA256 != "" {
				sums[o.SHA256] = rel.Version
			}
		}
		if kinds[specs.ReleaseAsset].URL == "" || kinds[specs.GitHubArchive].URL == "" {
			t.Errorf("%s: want both of upstream's origins, got %v", rel.Version, rel.Origins)
		}
	}
	if len(sums) < 50 {
		t.Errorf("%d sums, want those of both public records", len(sums))
	}
	const asset = "63ce7f2baa7242c2dbc76375dac957c420187dd27f8c5e148efc07971ee522a8"
	rel, err := r.Find("56.1")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range rel.Origins {
		if same := o.SHA256 == asset; same != (o.Kind != specs.GitHubArchive) {
			t.Errorf("56.1: %s has the sum %s", o.Kind, o.SHA256)
		}
	}
}

// TestDistrosData asserts what the project relies on in distros/.
func TestDistrosData(t *testing.T) {
	ds, err := specs.LoadDistros(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(ds.Names(), " "), "centos-stream10 centos-stream9 fedora44 fedora45 rocky10 rocky8 rocky9"; got != want {
		t.Errorf("distros %s, want %s", got, want)
	}
	if ds.Default().Name != "rocky9" {
		t.Errorf("default distro %q", ds.Default().Name)
	}
	for _, tt := range []struct {
		name, dist, image, repository, standin string
	}{
		{"rocky8", ".el8", "rockylinux/rockylinux:8", "powertools", "bullseye"},
		{"rocky9", ".el9", "rockylinux/rockylinux:9", "crb", "bullseye"},
		{"rocky10", ".el10", "rockylinux/rockylinux:10", "crb", "trixie"},
		{"centos-stream9", ".el9", "quay.io/centos/centos:stream9", "crb", "bullseye"},
		{"centos-stream10", ".el10", "quay.io/centos/centos:stream10", "crb", "trixie"},
		{"fedora44", ".fc44", "quay.io/fedora/fedora:44", "", "sid"},
		{"fedora45", ".fc45", "quay.io/fedora/fedora:45", "", "sid"},
	} {
		d, err := ds.Find(tt.name)
		if err != nil {
			t.Error(err)
			continue
		}
		if d.Dist != tt.dist || d.Image != tt.image || d.Standin != tt.standin ||
			strings.Join(d.Repositories, " ") != tt.repository {
			t.Errorf("%s is %+v", tt.name, d)
		}
	}
}

// TestSuitesData asserts what the project relies on in suites/. What the script
// can bootstrap is in scripts/standin-bootstrap.sh.
func TestSuitesData(t *testing.T) {
	all, err := specs.LoadSuites(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(all.Names(), " "); got != "bookworm jammy noble resolute trixie" || all.Default().Name != "bookworm" {
		t.Errorf("suites %s, default %s", got, all.Default().Name)
	}
	for name, want := range map[string]struct{ image, userland string }{
		"bookworm": {"debian:bookworm-slim", "bookworm"},
		"trixie":   {"debian:trixie-slim", "trixie"},
		"jammy":    {"ubuntu:22.04", "bookworm"},
		"noble":    {"ubuntu:24.04", "trixie"},
		"resolute": {"ubuntu:26.04", "sid"},
	} {
		if s, err := all.Find(name); err != nil || s.Reference() != want.image || s.Userland() != want.userland {
			t.Errorf("%s is %+v (%v)", name, s, err)
		}
	}
}

// TestSumsData opens the committed file.
func TestSumsData(t *testing.T) {
	if _, err := specs.OpenSums("rdma-core.sum"); err != nil {
		t.Error(err)
	}
}

// TestTransplantsData asserts that each transplant can be found with what it takes.
func TestTransplantsData(t *testing.T) {
	all, err := specs.LoadTransplants(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"erdma", "mana", "siw", "efa", "ionic"} {
		if _, err := all.Find(want); err != nil {
			t.Error(err)
		}
	}
	for _, tr := range all.Transplants {
		if _, err := os.Stat(filepath.Join("..", "provider", "testdata", "transplants", tr.Name+".yaml")); err != nil {
			t.Error(err)
		}
	}
}

// TestTransplantsMistakes asserts that what cannot be is said with its place.
func TestTransplantsMistakes(t *testing.T) {
	const text = `takeOut:
  - {provider: fly, remove: [providers/fly], cuts: [{file: list, match: '(fly'}]}
transplants:
  - {name: fly, provider: fly, host: v42.0, files: {}}
  - {name: fly, provider: fly, host: v42.0, without: [ant, fly], files: {}}
  - {name: bee, provider: bee, host: v42.0, without: [fly], files: {}, reasons: [{files: [f], kinds: [extra], lines: '[', why: because it is not like that}]}
`
	_, err := specs.LoadTransplants(fstest.MapFS{"transplants.yaml": {Data: []byte(text)}})
	for _, want := range []string{
		"transplants.yaml:2:", "cuts[0].match: want a regular expression", "transplants[0]: want either upstream's commits",
		"transplants[1].name: want each name once", "transplants[1].without[0]: want a provider of takeOut, got ant",
		"transplants[2]: want either", "reasons[0].lines: want a regular expression",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q: %v", want, err)
		}
	}
}

// TestStrangersData asserts that each stranger has a manifest, and each manifest a stranger.
func TestStrangersData(t *testing.T) {
	all, err := specs.LoadStrangers(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"hbl", "ntrdma", "dtld", "bluerdma", "virtio", "cxi", "cxgb3", "nes", "i40iw"} {
		if _, err := all.Find(want); err != nil {
			t.Error(err)
		}
	}
	manifests := filepath.Join("..", "provider", "testdata", "strangers")
	for _, name := range all.Names() {
		if _, err := os.Stat(filepath.Join(manifests, name, "provider.yaml")); err != nil {
			t.Error(err)
		}
	}
	folders, err := os.ReadDir(manifests)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if _, err := all.Find(folder.Name()); err != nil {
			t.Error(err)
		}
	}
	if _, err := all.Find("nobody"); err == nil {
		t.Error("an unknown stranger is found")
	}
	if got := all.ReasonsFor("hbl"); len(got) == 0 || len(got) == len(all.Reasons) {
		t.Errorf("%d reasons of %d are for one stranger", len(got), len(all.Reasons))
	}
}

// TestStrangersMistakes asserts that what cannot be is said with its place, all at once.
func TestStrangersMistakes(t *testing.T) {
	load := func(text string) error {
		_, err := specs.LoadStrangers(fstest.MapFS{"strangers.yaml": {Data: []byte(text)}})
		return err
	}
	const commit = "53113c32625768afb70d765a31ab656b1bc12276"
	whole := "strangers:\n  - {name: fly, repository: a/b, ref: refs/heads/main, commit: " + commit + ", path: providers/fly"
	if err := load(whole + "}\n"); err != nil {
		t.Errorf("the least: %v", err)
	}
	for text, want := range map[string][]string{
		"strangers: []\n":         {"strangers.yaml:1:"},
		whole + ", color: red}\n": {"strangers.yaml:2:", "color"},
		"strangers:\n  - {name: Fly, repository: a, ref: main, commit: v1, path: p}\n": {
			"strangers.yaml:2:", "name", "repository", "ref", "commit",
		},
		whole + ", compare: {before: main, after: x}}\n": {"before", "after"},
		whole + "}\n  - {name: fly, repository: a/b, ref: refs/x, commit: " + commit + ", path: ../fly, files: {../x: y, z: /z}}\n": {
			"strangers.yaml:3:", "strangers[1].name: want each name once", "strangers[1].path: want a path below the top",
			"strangers[1].files: want a path below", "strangers[1].files.z: want a path below",
		},
		whole + ", compare: {before: v55.0, tree: other}}\nreasons:\n  - {strangers: [bee], files: [f], kinds: [extra], lines: '[', why: because it is not like that}\n": {
			"strangers[0].compare.tree: want a directory that has providers/fly", "reasons[0].lines: want a regular expression",
			"reasons[0].strangers[0]: want a stranger with something to compare, got bee",
		},
	} {
		err := load(text)
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s\nerror lacks %q: %v", text, w, err)
			}
		}
	}
}
