// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

// update makes a package of a release of the packages, with a changelog.
func update(t *testing.T, release string, changes ...rpmtest.Change) Candidate {
	t.Helper()
	c := candidate(t, "rocky9/rdma-core-56.1-"+release, artifact.RPMs, nil)
	c.RecordSum, c.Record.Outputs = strings.Repeat("0", 63)+release, nil
	file := "RPMS/libibverbs-" + release + ".rpm"
	to := filepath.Join(c.Dist.Dir, filepath.FromSlash(file))
	rpmtest.Package{Name: "libibverbs", Release: release, Files: []string{"/usr/lib64/libibverbs.so.1"}, Changes: changes}.Write(t, to)
	sum, err := stage.Sum(to)
	if err != nil {
		t.Fatal(err)
	}
	c.Record.Outputs = append(c.Record.Outputs, artifact.Digest{Path: file, SHA256: sum})
	return c
}

func TestChangelog(t *testing.T) {
	key := keyOf(t, 0)
	into := filepath.Join(t.TempDir(), "release")
	const author = "Flo <flo@host.example> - 56.1-"
	if _, err := order(t, into, key, nil, update(t, "1", rpmtest.Change{Author: author + "1", Text: "- Begin"})); err != nil {
		t.Fatal(err)
	}
	out, err := order(t, into, key, nil, update(t, "2", rpmtest.Change{Time: 1 << 30, Author: author + "2", Text: "- Add the rib provider"}))
	if err != nil {
		t.Fatal(err)
	}
	texts := tree(t, into)
	first, second := texts["builds/rocky9/rdma-core-56.1-1/"+changelogFile], texts["builds/rocky9/rdma-core-56.1-2/"+changelogFile]
	for _, want := range []string{"libibverbs 1-1, new here\n", "- Begin\n"} {
		if !strings.Contains(first, want) {
			t.Errorf("want %q in %s", want, first)
		}
	}
	want := `rib, rdma-core 56.1 for Test
rdma-core with the provider in it.

Versions:
  libibverbs from 1-1 to 1-2

What the provider adds:
  libibverbs: /usr/lib64/libibverbs/librib-rdmav34.so

The packages' own changelog, at most 10 entries:

* Sat Jan 10 2004 Flo <flo@host.example> - 56.1-2
- Add the rib provider
`
	if second != want {
		t.Errorf("got %s, want %s", second, want)
	}
	for _, b := range out.Index.Builds {
		if b.Changelog != b.changelogOf() || !strings.Contains(texts[PageFile], `href="`+b.Changelog+`"`) || !strings.Contains(texts[SumsFile], b.Changelog) ||
			!strings.Contains(texts[IndexFile], `"changelog": "`+b.Changelog+`"`) {
			t.Errorf("%s is not everywhere: %q", b.Name, b.Changelog)
		}
	}
	// What was released before there were changelogs has none.
	x := out.Index
	x.Builds[0].Changelog = ""
	if page, err := x.page("Flo"); err != nil || strings.Count(string(page), changelogFile+"<") != 1 {
		t.Errorf("a build without a changelog: %v\n%s", err, page)
	}
}

// A package whose changelog cannot be read is not released.
func TestChangelogOfDamagedPackage(t *testing.T) {
	c := debs(t)
	name := filepath.Join(c.Dist.Dir, "rdma-core_56.1-1.debian.tar.xz")
	if err := os.WriteFile(name, []byte("not an archive"), 0o600); err != nil {
		t.Fatal(err)
	}
	sum, err := stage.Sum(name)
	if err != nil {
		t.Fatal(err)
	}
	c.Record.Outputs = append(c.Record.Outputs, artifact.Digest{Path: filepath.Base(name), SHA256: sum})
	into := filepath.Join(t.TempDir(), "release")
	if _, err := order(t, into, keyOf(t, 0), nil, c); err == nil || !strings.Contains(err.Error(), "debian/changelog") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(into); err == nil {
		t.Error("it was released")
	}
}
