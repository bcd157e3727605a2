// SPDX-License-Identifier: Apache-2.0

package specs_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/resnics/verbsmith/specs"
)

// matrix loads a matrix against the real names.
func matrix(t *testing.T, text string) (*specs.Matrix, error) {
	t.Helper()
	data := os.DirFS(".")
	releases, err := specs.LoadReleases(data)
	if err != nil {
		t.Fatal(err)
	}
	distros, err := specs.LoadDistros(data)
	if err != nil {
		t.Fatal(err)
	}
	suites, err := specs.LoadSuites(data)
	if err != nil {
		t.Fatal(err)
	}
	if text == "" {
		return specs.LoadMatrix(data, specs.MatrixFile, "", releases, distros, suites)
	}
	fsys := fstest.MapFS{"m.yaml": &fstest.MapFile{Data: []byte(text)}}
	return specs.LoadMatrix(fsys, "m.yaml", "m.yaml", releases, distros, suites)
}

func cellNames(m *specs.Matrix) []string {
	var out []string
	for _, c := range m.Cells() {
		out = append(out, strings.Join([]string{c.Target(), string(c.Processor), c.Provider, c.Packages, c.Release, string(c.Depth)}, " "))
	}
	return out
}

func TestMatrixCells(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"defaults": {"distros: [rocky9]\n", []string{"rocky9 x86_64  patched 56.1 package"}},
		"product": {
			"releases: [\"55.4..56.1\", default]\ndistros: [rocky9]\nsuites: [bookworm]\nproviders: [rib, ../x/fly]\ndepth: edit\n" +
				"exclude:\n  - {suites: [bookworm], providers: [rib]}\n  - {releases: [\"56.0\", \"56.1\"], providers: [../x/fly]}\n",
			[]string{
				"rocky9 x86_64 rib patched 55.4 edit", "rocky9 x86_64 rib patched 56.0 edit", "rocky9 x86_64 rib patched 56.1 edit",
				"rocky9 x86_64 ../x/fly patched 55.4 edit", "bookworm x86_64 ../x/fly patched 55.4 edit",
			},
		},
		"include is not excluded, and deeper wins": {
			"distros: [rocky9, rocky10]\ndepth: compile\nexclude:\n  - {distros: [rocky10]}\n" +
				"include:\n  - {distros: [rocky10], packages: [addon]}\n  - {distros: [rocky9], depth: proven}\n" +
				"  - {distros: [rocky9], depth: edit}\n  - {suites: [trixie]}\n",
			[]string{
				"rocky9 x86_64  patched 56.1 proven", "rocky10 x86_64  addon 56.1 compile", "trixie x86_64  patched 56.1 compile",
			},
		},
	} {
		m, err := matrix(t, tt.text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := cellNames(m); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

func TestMatrixData(t *testing.T) {
	m, err := matrix(t, "")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(m.Cells()); n != 14 {
		t.Errorf("specs/matrix.yaml has %d cells", n)
	}
	all, err := matrix(t, "releases: [all]\ndistros: [all]\nsuites: [all]\n")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(all.Cells()); n < 3000 {
		t.Errorf("all releases for everything are %d cells", n)
	}
}

func TestMatrixMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"depth: edit\n":                                                    "m.yaml:1:1: want distros or suites, got neither",
		"distros: [rocky9, rocky7]\n":                                      "m.yaml:1:19: distros[1]: want one of centos-stream10",
		"distros: [rocky9]\nreleases: [\"56.9\"]\n":                        "m.yaml:2:12: releases[0]: want a release from 32.0 to",
		"distros: [rocky9]\nreleases: [\"56.1..50.0\"]\n":                  "want FROM..TO, the older release first",
		"distros: [rocky9, rocky9]\n":                                      "distros[1]: want each value once",
		"suites: [bookworm]\ndepth: kernel\npackages: [addon]\n":           "patched packages of suites at depth kernel",
		"distros: [rocky9]\nprocessors: [sparc]\n":                         "x86_64, aarch64",
		"distros: [rocky9]\nexclude:\n  - {depth: edit}\n":                 "exclude[0].depth: want no depth",
		"distros: [rocky9]\ninclude:\n  - {}\n":                            "include[0]: want an axis or a depth at least",
		"distros: [rocky9]\nexclude:\n  - {distros: [rocky9]}\n":           "want a cell at least, got none that is not excluded",
		"distros: [rocky9]\ndepht: edit\n":                                 "depht",
		"distros: [rocky9]\nproviders: [\" \"]\n":                          "providers[0]: want a name or a path",
		"distros: [all]\nreleases: [all]\nproviders: [a, b, c, d, e, f]\n": "want at most 10000 cells",
		"distros: [all]\nreleases: [all]\nproviders: [a, b, c, d, e, f]\nexclude: [{providers: [a], releases: [\"56.1\"]}]\n": "want at most 10000 cells",
	} {
		_, err := matrix(t, text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}
