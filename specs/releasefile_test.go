// SPDX-License-Identifier: Apache-2.0

package specs_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/resnics/verbsmith/specs"
)

const someReleases = `default: "65.0"
releases:
  - version: "65.0"
    tag: v65.0
    origins:
      - {kind: release-asset, file: a, url: "https://github.com/linux-rdma/rdma-core/releases/download/v65.0/rdma-core-65.0.tar.gz", sha256: "` + hex0 + `"}
      - {kind: github-archive, file: b, url: "https://github.com/linux-rdma/rdma-core/archive/v65.0.tar.gz"}
`

const someInterfaces = `interfaces:
  - {privateABI: 65, from: "65.0", below: "66.0", layout: 0123456789abcdef}
`

// withFiles are specs with files of releases.
func withFiles(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{"releases.yaml": {Data: []byte(someReleases)}, "interfaces.yaml": {Data: []byte(someInterfaces)}}
	for name, text := range files {
		fsys["releases/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

// added is the text of a release's file as releases:add writes it.
func added(t *testing.T, version string, i *specs.Interface, sums ...specs.Sum) string {
	t.Helper()
	rel, err := specs.Upstream(version)
	if err != nil {
		t.Fatal(err)
	}
	text, err := (&specs.AddedRelease{Release: rel, Interface: i, Sums: sums}).Text("written by a test")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestAddedRelease: a file adds its release, its interface and its sums to those that are known; a stable update of it needs no
// interface, and another file may have the same one.
func TestAddedRelease(t *testing.T) {
	next := &specs.Interface{PrivateABI: 65, From: "66.0", Below: "67.0", Layout: "0123456789abcdef"}
	unmeasured := &specs.Interface{PrivateABI: 65, From: "66.0", Below: "67.0"}
	fsys := withFiles(map[string]string{
		"66.0.yaml": added(t, "66.0", next, specs.Sum{Name: "git:v66.0", SHA256: hex0}, specs.Sum{Name: "a.tar", SHA256: hex0}),
		"66.1.yaml": added(t, "66.1", unmeasured), "66.10.yaml": added(t, "66.10", nil), "65.2.yaml": added(t, "65.2", nil),
	})
	r, err := specs.LoadReleases(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.Names(), " "); got != "65.0 65.2 66.0 66.1 66.10" {
		t.Errorf("releases %s", got)
	}
	if file := r.File("66.1"); file != "specs/releases/66.1.yaml" || r.File("65.0") != "specs/releases.yaml" {
		t.Errorf("66.1 is in %s, 65.0 in %s", file, r.File("65.0"))
	}
	if file := r.InterfaceFile("66.10"); file != "specs/releases/66.0.yaml" || r.InterfaceFile("65.0") != "specs/interfaces.yaml" {
		t.Errorf("the interface of 66.10 is in %s, that of 65.0 in %s", file, r.InterfaceFile("65.0"))
	}
	l, err := specs.LoadInterfaces(fsys, r)
	if err != nil {
		t.Fatal(err)
	}
	if i, ok := l.Of("66.10"); !ok || i.From != "66.0" || i.Layout != next.Layout {
		t.Errorf("66.10 has %+v, %v", i, ok)
	}
	// The same private ABI and layout as before, but nobody has compared the functions.
	if got := l.For(func(string) bool { return false }); len(got) != 2 {
		t.Errorf("interfaces %+v, want two", got)
	}
	pins := map[string]string{}
	for _, p := range r.Pins() {
		pins[p.Name] = string(p.Data)
	}
	want := map[string]string{"specs/releases/66.0.yaml": "66.0 a.tar sha256:" + hex0 + "\n66.0 git:v66.0 sha256:" + hex0 + "\n"}
	if !maps.Equal(pins, want) {
		t.Errorf("pins %q", pins)
	}
	if _, err := specs.OpenSums(t.TempDir()+"/none", r.Pins()...); err != nil {
		t.Error(err)
	}
}

func TestAddedReleaseMistakes(t *testing.T) {
	good := added(t, "66.0", &specs.Interface{PrivateABI: 66, From: "66.0", Below: "67.0"})
	for _, tt := range []struct{ name, text, want string }{
		{"66.1.yaml", good, `specs/releases/66.1.yaml:4:10: version: want 66.1, like the file, got 66.0`},
		{
			"65.0.yaml", withSum(added(t, "65.0", nil), strings.Repeat("a", 64)),
			`origins[0].sha256: want ` + hex0 + `, which specs/releases.yaml has, got aaaa`,
		},
		{
			"65.0.yaml", added(t, "65.0", &specs.Interface{PrivateABI: 66, From: "65.0", Below: "66.0"}),
			`interface: want releases that no other interface has: from 65.0 to below 66.0 private ABI 65 is known`,
		},
		{"66.0.yaml", added(t, "66.0", nil), `specs/releases/66.0.yaml:4:1: interface: want the interface of 66.0, which no other file has, got nothing`},
		{"66.0.yml", good, `specs/releases/66.0.yml:1:1: want a file named NAME.yaml, got 66.0.yml`},
		{"66.0.yaml", good + "colour: red\n", `specs/releases/66.0.yaml:10:1: colour: want one of the fields`},
		{"66.0.yaml", strings.Replace(good, "privateABI: 66", "privateABI: none", 1), `specs/releases/66.0.yaml:9:25: interface.privateABI: want`},
		{
			"66.0.yaml", strings.Replace(good, `from: "66.0"`, `from: "65.1"`, 1),
			`specs/releases/66.0.yaml:9:12: interface: want releases that no other interface has: from 65.0 to below 66.0 private ABI 65 is known, got 65.1 to below 67.0`,
		},
		{
			"66.0.yaml", strings.Replace(good, `from: "66.0"`, `from: "66.1"`, 1),
			`specs/releases/66.0.yaml:9:12: interface: want from and below with 66.0 between them, got 66.1 and 67.0`,
		},
		{
			"66.0.yaml", good + "sums: [{name: a, sha256: " + strings.Repeat("a", 64) + "}, {name: a, sha256: " + strings.Repeat("b", 64) + "}]\n",
			`sums[1].name: want each archive once, got a again`,
		},
	} {
		fsys := withFiles(map[string]string{tt.name: tt.text})
		r, err := specs.LoadReleases(fsys)
		if err == nil {
			_, err = specs.LoadInterfaces(fsys, r)
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
}

// withSum gives the file's first origin a sum.
func withSum(file, sum string) string {
	return strings.Replace(file, `"}`, `", sha256: "`+sum+`"}`, 1)
}

// A file of a release that is known can name a mirror, which comes first and has to have the same archive.
func TestMirrorOfRelease(t *testing.T) {
	const mirror = `version: "65.0"
tag: v65.0
origins: [{kind: release-asset, file: a, url: "https://mirror.example/a"}]
`
	r, err := specs.LoadReleases(withFiles(map[string]string{"65.0.yaml": mirror}))
	if err != nil {
		t.Fatal(err)
	}
	rel, err := r.Find("65.0")
	if err != nil || len(rel.Origins) != 3 {
		t.Fatalf("got %+v, %v", rel, err)
	}
	if first := rel.Origins[0]; first.URL != "https://mirror.example/a" || first.SHA256 != hex0 || !strings.HasPrefix(rel.Origins[1].URL, "https://github.com/") {
		t.Errorf("got %+v", rel.Origins)
	}
	if names := r.Needless(); len(names) > 0 {
		t.Errorf("needless: %q", names)
	}
}

// The sum that releases:add has recorded counts where releases.yaml has none.
func TestSumOfKnownRelease(t *testing.T) {
	rel, err := specs.Upstream("65.0")
	if err != nil {
		t.Fatal(err)
	}
	sum := strings.Repeat("b", 64)
	rel.Origins[1].SHA256 = sum
	text, err := (&specs.AddedRelease{Release: rel}).Text("written by a test")
	if err != nil {
		t.Fatal(err)
	}
	r, err := specs.LoadReleases(withFiles(map[string]string{"65.0.yaml": string(text)}))
	if err != nil {
		t.Fatal(err)
	}
	known, err := r.Find("65.0")
	if err != nil || len(known.Origins) != 2 || known.Origins[0].SHA256 != hex0 || known.Origins[1].SHA256 != sum || len(r.Needless()) > 0 {
		t.Errorf("got %+v, %v, needless %q", known, err, r.Needless())
	}
}

// A later verbsmith knows a release that a repository has added: its own entries count, and the file is said to be needless.
func TestAddedReleaseKnownByNow(t *testing.T) {
	sums := "sums: [{name: a, sha256: " + strings.Repeat("a", 64) + "}]\n"
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"the release alone":         {added(t, "65.0", nil), []string{"specs/releases/65.0.yaml"}},
		"its interface too":         {added(t, "65.0", &specs.Interface{PrivateABI: 65, From: "65.0", Below: "66.0"}), []string{"specs/releases/65.0.yaml"}},
		"a part of its interface":   {added(t, "65.0", &specs.Interface{PrivateABI: 65, From: "65.0", Below: "65.1"}), []string{"specs/releases/65.0.yaml"}},
		"the sum of an archive too": {added(t, "65.0", nil) + sums, nil},
	} {
		fsys := withFiles(map[string]string{"65.0.yaml": tt.text})
		r, err := specs.LoadReleases(fsys)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		interfaces, err := specs.LoadInterfaces(fsys, r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := r.Needless(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v", name, got)
		}
		if got := r.Names(); !slices.Equal(got, []string{"65.0"}) || r.File("65.0") != "specs/releases.yaml" {
			t.Errorf("%s: %v, in %s", name, got, r.File("65.0"))
		}
		if i, ok := interfaces.Of("65.0"); !ok || i.Layout == "" {
			t.Errorf("%s: got %+v", name, i)
		}
	}
}

func TestReleaseNumbers(t *testing.T) {
	for _, version := range []string{"", "66", "v66.0", "66.0.1", "66.x", "../66.0", "66.0-rc1"} {
		if _, err := specs.Upstream(version); err == nil {
			t.Errorf("%q is taken for a release", version)
		}
	}
}
