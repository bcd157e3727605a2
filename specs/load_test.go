// SPDX-License-Identifier: Apache-2.0

package specs_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/resnics/verbsmith/specs"
	"github.com/resnics/verbsmith/specs/strictyaml"
)

const hex0 = "0000000000000000000000000000000000000000000000000000000000000000"

func TestReleaseMistakes(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{
			"version as number", "default: 1.10\nreleases:\n  - version: 1.10\n    tag: v1.10\n    origins: [{kind: release-asset, file: a, url: \"https://a/b\"}]\n",
			`specs/releases.yaml:1:10: default: want the default release such as "56.1", in quotes (write "1.10"), got the number 1.10
specs/releases.yaml:3:14: releases[0].version: want a release number such as "56.1", in quotes (write "1.10"), got the number 1.10`,
		},
		{"no origin, http, short sum, odd file", `default: "1.0"
releases:
  - version: "1.0"
    tag: v1.0
    origins: []
  - version: "1.1"
    tag: v1.1
    origins:
      - {kind: mirror, file: "../a b", url: "http://a/b", sha256: abc}
`, `specs/releases.yaml:5:14: releases[0].origins: want at least 1 item, got 0 items
specs/releases.yaml:9:16: releases[1].origins[0].kind: want one of release-asset, github-archive, debian-source, got "mirror"
specs/releases.yaml:9:30: releases[1].origins[0].file: want the archive's file name, got "../a b"
specs/releases.yaml:9:45: releases[1].origins[0].url: want an https URL, got "http://a/b"
specs/releases.yaml:9:67: releases[1].origins[0].sha256: want a SHA-256: 64 lower-case hex digits, got "abc"`},
		{"order, tag, default", `default: "3.0"
releases:
  - version: "1.10"
    tag: v1.10
    origins: [{kind: release-asset, file: a, url: "https://a/b"}]
  - version: "1.9"
    tag: v1.8
    origins: [{kind: release-asset, file: a, url: "https://a/b"}]
`, `specs/releases.yaml:1:10: default: want one of the releases, got 3.0
specs/releases.yaml:6:14: releases[1].version: want releases in ascending order, each once, got 1.9 after 1.10
specs/releases.yaml:7:10: releases[1].tag: want v1.9, got v1.8`},
		{"origins", `default: "1.0"
releases:
  - version: "1.0"
    tag: v1.0
    origins:
      - {kind: release-asset, file: a}
      - {kind: release-asset, file: a, url: "https://a/b", suite: sid}
      - {kind: debian-source, file: b, url: "https://a/b", suite: sid, sha256: "` + hex0 + `"}
  - version: "1.1"
    tag: v1.1
    origins:
      - {kind: debian-source, file: b}
  - version: "1.2"
    tag: v1.2
    origins:
      - {kind: debian-source, file: b, suite: sid}
`, `specs/releases.yaml:6:9: releases[0].origins[0].url: want an https URL, got nothing
specs/releases.yaml:7:16: releases[0].origins[1].kind: want each kind of origin once, got release-asset again
specs/releases.yaml:7:37: releases[0].origins[1].file: want a different file name in each origin, got a again
specs/releases.yaml:7:67: releases[0].origins[1].suite: want nothing: it is only for debian-source, got sid
specs/releases.yaml:8:45: releases[0].origins[2].url: want nothing: apt locates the source package, got https://a/b
specs/releases.yaml:12:9: releases[1].origins[0].sha256: want a SHA-256: 64 lower-case hex digits, got nothing
specs/releases.yaml:12:9: releases[1].origins[0].suite: want the name of a Debian suite, got nothing
specs/releases.yaml:16:9: releases[2].origins[0].sha256: want a SHA-256: 64 lower-case hex digits, got nothing`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := specs.LoadReleases(fstest.MapFS{"releases.yaml": {Data: []byte(tt.text)}})
			if err == nil {
				t.Fatal("accepted")
			}
			if err.Error() != tt.want {
				t.Errorf("got:\n%v\nwant:\n%s", err, tt.want)
			}
		})
	}
}

// distro writes a distro file; change replaces one of its lines.
func distro(name string, change ...string) *fstest.MapFile {
	text := "name: " + name + "\ntitle: T\ndefault: true\nel: 9\ndist: .el9\nimage: r/i:9\nrepositories: [crb]\nstandin: bookworm\nstandinRPM: 4.18.0\nrpm: 4.16.1.3\n"
	return &fstest.MapFile{Data: []byte(strings.NewReplacer(change...).Replace(text))}
}

func TestDistroMistakes(t *testing.T) {
	for _, tt := range []struct {
		name string
		fsys fstest.MapFS
		want string
	}{
		{"two files, all mistakes", fstest.MapFS{
			"distros/a.yaml": distro("a", "el: 9", "el: nine", "image: r/i:9", "image: R/I"),
			"distros/b.yaml": distro("b", "dist: .el9", "dist: .el8", "standin: bookworm", "standin: sarge"),
		}, `specs/distros/a.yaml:4:5: el: want the EL release: 8, 9 or 10, got "nine"
specs/distros/a.yaml:6:8: image: want an image reference with a tag such as quay.io/centos/centos:stream9, got "R/I"
specs/distros/b.yaml:8:10: standin: want one of bullseye, bookworm, trixie, sid, got "sarge"`},
		{"name, dist, repositories", fstest.MapFS{
			"distros/a.yaml": distro("b", "dist: .el9", "dist: .el8", "[crb]", "[crb, x, crb]"),
		}, `specs/distros/a.yaml:1:7: name: want a, like the file, got b
specs/distros/a.yaml:5:7: dist: want .el9, like el, got .el8
specs/distros/a.yaml:7:24: repositories[2]: want each repository once, got crb again`},
		{"el and fedora", fstest.MapFS{
			"distros/a.yaml": distro("a", "el: 9\n", "el: 9\nfedora: 44\n"),
			"distros/b.yaml": distro("b", "el: 9\n", "", "default: true\n", ""),
			"distros/c.yaml": distro("c", "el: 9", "fedora: 44", "default: true\n", ""),
		}, `specs/distros/a.yaml:4:5: el: want one of el and fedora, got el 9 and fedora 44
specs/distros/b.yaml:1:1: el: want one of el and fedora, got el 0 and fedora 0
specs/distros/c.yaml:4:7: dist: want .fc44, like fedora, got .el9`},
		{
			"two defaults",
			fstest.MapFS{"distros/a.yaml": distro("a"), "distros/b.yaml": distro("b")},
			`specs/distros/b.yaml:3:10: default: want one default distro, got a second, after specs/distros/a.yaml`,
		},
		{
			"no default",
			fstest.MapFS{"distros/a.yaml": distro("a", "default: true\n", ""), "distros/b.yaml": distro("b", "default: true\n", "")},
			`specs/distros:1:1: default: want one file with "default: true", got none of 2`,
		},
		{
			"odd repository, digest",
			fstest.MapFS{"distros/a.yaml": distro("a", "[crb]", "[\"c b\"]", "standin:", "digest: sha256:abc\nstandin:")},
			`specs/distros/a.yaml:7:16: repositories[0]: want an item of a list of repository names such as crb, got "c b"
specs/distros/a.yaml:8:9: digest: want sha256: and 64 lower-case hex digits, got "sha256:abc"`,
		},
		{
			"another kind of file",
			fstest.MapFS{"distros/a.yaml": distro("a"), "distros/b.yml": distro("b")},
			`specs/distros/b.yml:1:1: want a file named NAME.yaml, got b.yml`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := specs.LoadDistros(tt.fsys)
			if err == nil {
				t.Fatal("accepted")
			}
			if err.Error() != tt.want {
				t.Errorf("got:\n%v\nwant:\n%s", err, tt.want)
			}
			if len(strictyaml.Mistakes(err)) == 0 {
				t.Error("no *strictyaml.Mistake in it")
			}
		})
	}
}

func TestSuiteMistakes(t *testing.T) {
	const good = "name: a\ntitle: A\ndefault: true\nimage: a:b\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"shape", map[string]string{"a.yaml": good + "digest: sha256:1\nel: 9\n"}, "specs/suites/a.yaml:5:9: digest: want sha256: and 64 lower-case hex digits, got \"sha256:1\"\nspecs/suites/a.yaml:6:1: el: "},
		{"name", map[string]string{"b.yaml": good}, "specs/suites/b.yaml:1:7: name: want b, like the file, got a"},
		{"two defaults", map[string]string{"a.yaml": good, "b.yaml": strings.Replace(good, ": a\n", ": b\n", 1)}, "specs/suites/b.yaml:3:10: default: want one default suite, got a second, after specs/suites/a.yaml"},
		{"no default", map[string]string{"a.yaml": strings.Replace(good, "true", "false", 1)}, "want one file with \"default: true\", got none of 1"},
		{"another file", map[string]string{"a.yaml": good, "b.txt": ""}, "specs/suites/b.txt:1:1: want a file named NAME.yaml, got b.txt"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fsys := fstest.MapFS{}
			for name, text := range tt.files {
				fsys["suites/"+name] = &fstest.MapFile{Data: []byte(text)}
			}
			_, err := specs.LoadSuites(fsys)
			var mistake *strictyaml.Mistake
			if err == nil || !errors.As(err, &mistake) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestMissingData(t *testing.T) {
	if _, err := specs.LoadReleases(fstest.MapFS{}); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "specs/releases.yaml") {
		t.Errorf("releases: %v", err)
	}
	if _, err := specs.LoadDistros(fstest.MapFS{}); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "specs/distros") {
		t.Errorf("distros: %v", err)
	}
}

func TestReference(t *testing.T) {
	d := specs.Distro{Image: "r/i:9", Digest: "sha256:" + hex0}
	if got := d.Reference(); got != "r/i:9@sha256:"+hex0 {
		t.Errorf("reference %s", got)
	}
}

func TestUnknown(t *testing.T) {
	many := []string{"1.0", "2.0", "2.1", "3.0", "4.0", "5.0", "6.0", "7.0", "8.0", "9.0", "10.0", "11.0", "12.0"}
	for _, tt := range []struct {
		err  specs.UnknownError
		want string
	}{
		{specs.UnknownError{Kind: "distro", Name: "arch", Known: []string{"a", "b"}}, `unknown distro "arch": known are a, b`},
		{
			specs.UnknownError{Kind: "release", Name: "x\n", Known: many},
			"unknown release \"x\\n\": known are\n  1.0\n  2.0 2.1\n  3.0\n  4.0\n  5.0\n  6.0\n  7.0\n  8.0\n  9.0\n  10.0\n  11.0\n  12.0",
		},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
	r := &specs.Releases{Releases: []specs.Release{{Version: "1.0"}}}
	_, err := r.Find("9.9")
	var unknown *specs.UnknownError
	if !errors.As(err, &unknown) || unknown.Name != "9.9" || unknown.Kind != "release" {
		t.Errorf("Find: %v", err)
	}
	_, err = (&specs.Distros{}).Find("x")
	if !errors.As(err, &unknown) || unknown.Kind != "distro" {
		t.Errorf("Find: %v", err)
	}
}

func TestUnknownNameIsCut(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, err := range []error{&specs.UnknownError{Kind: "distro", Name: long}} {
		if n := len(err.Error()); n > 500 {
			t.Errorf("%T: %d bytes", err, n)
		}
	}
}

func TestCompareVersions(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"9.0", "10.0", -1},
		{"32.10", "32.9", 1},
		{"56.1", "56.1", 0},
		{"56", "56.1", -1},
		{"a", "b", -1},
		{"1.x", "1.2", 1},
		{"1.01", "1.1", -1},
		{"59.2", "59.amzn0", -1},
		{"59.amzn0", "60.0", -1},
		{"56.1", "56.1+acme", -1},
		{"56.1+acme", "56.10", -1},
		{"9mlnx1", "10.0", -1},
		{"57.0~rc1", "57.0", -1},
		{"57.0~rc1", "56.9", 1},
	} {
		if got := specs.CompareVersions(tt.a, tt.b); got != tt.want {
			t.Errorf("CompareVersions(%s, %s) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
