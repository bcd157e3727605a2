// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
)

// withFiles is a directory with one package, tiny, that has the files.
func withFiles(t *testing.T, files ...string) artifact.Dist {
	t.Helper()
	dir := t.TempDir()
	rpmtest.Write(t, filepath.Join(dir, "RPMS", "tiny.rpm"), files...)
	return artifact.Dist{Dir: dir, Manifest: artifact.Manifest{Files: []artifact.Output{{Path: "RPMS/tiny.rpm"}, {Path: "logs/x.log"}}}}
}

const (
	driver   = "/etc/libibverbs.d/rib.driver"
	module   = "/usr/lib64/libibverbs/librib-rdmav34.so"
	link     = "/usr/lib/.build-id/a1/b2"
	verbs    = "/usr/lib64/libibverbs.so.1"
	onlyOld  = "/usr/share/doc/old"
	notOurs  = "/etc/libibverbs.d/mlx5.driver"
	tinyName = "tiny-1-1.noarch"
)

// Without stock packages a file's name says whose it is.
func TestInspectKnowsAProviderByName(t *testing.T) {
	found, err := Inspect(withFiles(t, driver, module, verbs, notOurs), nil, "rib")
	if err != nil {
		t.Fatal(err)
	}
	if got := found.OwnedFiles(); !slices.Equal(got, []string{driver, module}) || found.Owners[driver] != tinyName || found.Stock != "" {
		t.Errorf("got %v of %v", got, found)
	}
	if added, missing := found.Packages[0].Difference(); !slices.Equal(added, []string{driver, module}) || len(missing) > 0 {
		t.Errorf("got %v and %v", added, missing)
	}
	if found, err = Inspect(withFiles(t, driver), nil, ""); err != nil || len(found.Owners) > 0 {
		t.Errorf("nobody's files: got %v, %v", found.Owners, err)
	}
}

// Beside stock packages what they do not have is added, whoever's it is; build-id links
// count for nothing.
func TestInspectComparesWithStock(t *testing.T) {
	stock := withFiles(t, verbs, onlyOld, link+"c")
	found, err := Inspect(withFiles(t, driver, notOurs, verbs, link), &stock, "rib")
	if err != nil {
		t.Fatal(err)
	}
	added, missing := found.Packages[0].Difference()
	if !slices.Equal(added, []string{notOurs, driver}) || !slices.Equal(missing, []string{onlyOld}) || found.Stock != stock.Dir {
		t.Errorf("got %v and %v, compared with %s", added, missing, found.Stock)
	}
	if !found.Packages[0].Added[link] {
		t.Error("the link of the build id is not marked")
	}
}

func TestInspectNeedsItsPackages(t *testing.T) {
	none := artifact.Dist{Dir: t.TempDir(), Manifest: artifact.Manifest{Files: []artifact.Output{{Path: "a.rpm"}}}}
	if _, err := Inspect(none, nil, "rib"); err == nil {
		t.Error("a package that is not there was read")
	}
	if _, err := Inspect(withFiles(t), &none, "rib"); err == nil {
		t.Error("a stock package that is not there was read")
	}
	if err := errors.Join(SameFiles(none, withFiles(t)), SameFiles(withFiles(t), none)); err == nil {
		t.Error("packages that are not there were compared")
	}
}

// Two builds have the same files, byte by byte.
func TestSameBytes(t *testing.T) {
	outputs := func(pairs ...string) (m artifact.Manifest) {
		for i := 0; i < len(pairs); i += 2 {
			m.Files = append(m.Files, artifact.Output{Path: pairs[i], SHA256: pairs[i+1]})
		}
		return m
	}
	for _, tt := range []struct {
		name          string
		first, second artifact.Manifest
		want          string
	}{
		{"the same", outputs("a", "1", "b", "2", "logs/a", "1"), outputs("logs/a", "2", "b", "2", "a", "1"), ""},
		{"another", outputs("a", "1", "b", "2"), outputs("a", "1", "b", "3"), `b: the first build has the SHA-256 "2", the second "3"`},
		{"one more", outputs("a", "1"), outputs("a", "1", "b", "2"), `b: the first build has the SHA-256 "", the second "2"`},
		{"one less", outputs("a", "1", "b", "2"), outputs("a", "1"), `b: the first build has the SHA-256 "2", the second ""`},
	} {
		err := SameBytes(tt.first, tt.second)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// A rebuild has the same packages with the same files, and every difference is named.
func TestSameFiles(t *testing.T) {
	if err := SameFiles(withFiles(t, driver, verbs), withFiles(t, verbs, driver)); err != nil {
		t.Errorf("the same: %v", err)
	}
	a, b := withFiles(t, driver, verbs), withFiles(t, verbs, module)
	err := SameFiles(a, b)
	for _, want := range []string{driver + `" is in ` + a.Dir + " only", module + `" is in ` + b.Dir + " only"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if err := SameFiles(a, artifact.Dist{Dir: "none"}); err == nil || !strings.Contains(err.Error(), "1 packages in "+a.Dir+", 0 in none") {
		t.Errorf("no package at all: %v", err)
	}
}
