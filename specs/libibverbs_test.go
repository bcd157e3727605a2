// SPDX-License-Identifier: Apache-2.0

package specs_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/resnics/verbsmith/specs"
)

// TestStockData asserts what the add-ons' table relies on in libibverbs/: each distro and suite that packages can be built for
// has a release there.
func TestStockData(t *testing.T) {
	all, err := specs.LoadStock(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	families := map[string]bool{}
	versions := map[string]string{}
	for _, s := range all {
		for _, r := range s.Releases {
			families[r.Family()] = true
			for _, v := range r.Versions {
				versions[s.Name+" "+r.Release] += v.Release() + " "
			}
		}
	}
	distros, err := specs.LoadDistros(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range distros.Names() {
		if d, err := distros.Find(name); err != nil || !families[d.Dist] {
			t.Errorf("no release has the dist tag %s of the distro %s: %v", d.Dist, name, err)
		}
	}
	suites, err := specs.LoadSuites(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range suites.Names() {
		if !families[name] {
			t.Errorf("no release is the suite %s", name)
		}
	}
	for release, want := range map[string]string{
		"centos-stream 9": "", "el 9.4": "48.0 ", "el 9.7": "57.0 ", "el 10.0": "54.0 ", "debian 12": "44.0 ", "ubuntu 24.04": "50.0 50.0 ",
		"fedora 44": "61.0 61.1^20260812git975bdaf ",
	} {
		if versions[release] != want {
			t.Errorf("%s has %q, want %q", release, versions[release], want)
		}
	}
}

func TestStockMistakes(t *testing.T) {
	const good = "name: a\ntitle: A\npackage: libibverbs\nreleases:\n"
	const version = `{version: 56.1-1, source: here, seen: "2026-12-01"}`
	for _, tt := range []struct{ name, text, want string }{
		{
			"shape", good + "  - {release: \"9\", dist: el9, versions: [{version: \"56.1\", source: a, seen: today}]}\n",
			`specs/libibverbs/a.yaml:5:26: releases[0].dist: want rpm's dist tag such as .el9 or .fc44, got "el9"
specs/libibverbs/a.yaml:5:52: releases[0].versions[0].version: want VERSION-RELEASE of the package such as 57.0-2.el9, got "56.1"
specs/libibverbs/a.yaml:5:77: releases[0].versions[0].seen: want the day on which the source was read such as 2026-12-01, in quotes, got "today"`,
		},
		{"neither", good + "  - {release: \"9\"}\n", `specs/libibverbs/a.yaml:5:5: releases[0]: want one of dist and suite, got neither
specs/libibverbs/a.yaml:5:5: releases[0]: want one of versions and unknown, got neither`},
		{
			"both", good + "  - {release: \"9\", dist: .el9, suite: sid, unknown: why, versions: [" + version + "]}\n",
			`specs/libibverbs/a.yaml:5:5: releases[0]: want one of dist and suite, got both
specs/libibverbs/a.yaml:5:5: releases[0]: want one of versions and unknown, got both`,
		},
		{
			"twice", good + strings.Repeat("  - {release: \"9\", dist: .el9, unknown: why}\n", 2),
			`specs/libibverbs/a.yaml:6:15: releases[1].release: want each release once, got 9 again`,
		},
		{
			"update", good + "  - {release: \"9\", dist: .el9, versions: [" + version + ", " + strings.Replace(version, "56", "55", 1) + "]}\n",
			`specs/libibverbs/a.yaml:5:96: releases[0].versions[1]: want the update that brought it, as from, got none
specs/libibverbs/a.yaml:5:106: releases[0].versions[1].version: want versions in ascending order, got 55.1-1 after 56.1-1`,
		},
		{
			"name", strings.Replace(good, ": a", ": b", 1) + "  - {release: \"9\", dist: .el9, unknown: why}\n",
			`specs/libibverbs/a.yaml:1:7: name: want a, like the file, got b`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := specs.LoadStock(fstest.MapFS{"libibverbs/a.yaml": {Data: []byte(tt.text)}})
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	if _, err := specs.LoadStock(fstest.MapFS{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}

// The example in docs/addon.md is a file that can be loaded.
func TestStockExample(t *testing.T) {
	text, err := os.ReadFile("../docs/addon.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\nname: plum\n")
	example, _, ok := strings.Cut(rest, "```\n")
	if !ok {
		t.Fatal("docs/addon.md has no example of a file in libibverbs/")
	}
	all, err := specs.LoadStock(fstest.MapFS{"libibverbs/plum.yaml": {Data: []byte("name: plum\n" + example)}})
	if err != nil || len(all) != 1 || len(all[0].Releases) != 2 {
		t.Errorf("got %+v, %v", all, err)
	}
}
