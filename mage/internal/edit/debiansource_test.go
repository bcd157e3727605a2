// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
	"github.com/resnics/verbsmith/specs/debianpkg"
)

// debianTree writes a pristine and an integrated tree: two files differ, one of
// them in debian/.
func debianTree(t *testing.T) (artifact.Tree, job.Job) {
	t.Helper()
	tree := artifact.Tree{Dir: t.TempDir(), Source: artifact.Source{
		Tree: t.TempDir(), Version: "56.1", Tag: "v56.1", Epoch: time.Date(2025, 2, 3, 4, 5, 6, 0, time.UTC),
	}}
	files := map[string]string{
		"debian/control":       "\nSource: rdma-core\nBuild-Depends: x\n\nPackage: a\n",
		"debian/source/format": "3.0 (quilt)\n",
		"debian/changelog":     "rdma-core (56.1-1) unstable; urgency=low\n\n  * x\n\n -- A <a@b.c>  Tue, 21 Jan 2025 12:50:59 +0100\n",
		"README":               "old\n",
	}
	releasetest.Write(t, tree.Source.Tree, files)
	files["README"], files["debian/control"] = "new\n", "Source: rdma-core\nBuild-Depends: x\n\nPackage: a\nDescription: b\n"
	releasetest.Write(t, tree.Dir, files)
	j := job.Job{Target: job.Deb{Suite: specs.Suite{Name: "bookworm"}}, Provider: &provider.Provider{Manifest: provider.Manifest{
		Name: "big_crab", Description: "Sideways", Maintainer: provider.Maintainer{Name: "Sea", Email: "sea@shore.example"},
	}}}
	return tree, j
}

// stage is a stage that shows nothing.
func logStage(t *testing.T) *ui.Stage {
	t.Helper()
	u := ui.New(ui.Options{LogDir: t.TempDir()})
	t.Cleanup(u.Close)
	return u.Stage("debian", 1, 1)
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func makeDebian(t *testing.T, j job.Job, tree artifact.Tree, dir string) error {
	t.Helper()
	return newDebianInput(j, tree).Make(t.Context(), &stage.Work{Stage: logStage(t), Dir: dir})
}

func TestDebianSource(t *testing.T) {
	tree, j := debianTree(t)
	dir := t.TempDir()
	if err := makeDebian(t, j, tree, dir); err != nil {
		t.Fatal(err)
	}
	if got := read(t, dir, "version"); got != "56.1-1+by.big.crab1" {
		t.Errorf("version %s", got)
	}
	if got := read(t, dir, "control"); got != "Source: rdma-core\nBuild-Depends: x\n" {
		t.Errorf("the toolchain's control is %q", got)
	}
	if got := read(t, dir, "debian/control"); !strings.Contains(got, "Description: b") {
		t.Errorf("debian/control is not the integrated tree's: %q", got)
	}
	if got := read(t, dir, "debian/changelog"); !strings.HasPrefix(got, "rdma-core (56.1-1+by.big.crab1) bookworm; urgency=medium\n\n  * Add the provider big_crab: Sideways\n") {
		t.Errorf("changelog\n%s", got)
	}
	if got := read(t, dir, "debian/patches/series"); got != "rdma-core-big_crab.patch\n" {
		t.Errorf("series %q", got)
	}
	patch := read(t, dir, "debian/patches/rdma-core-big_crab.patch")
	if !strings.Contains(patch, "\n+new\n") || strings.Contains(patch, "debian/") {
		t.Errorf("patch\n%s", patch)
	}
}

func TestDebianSourceKeepsPatchesAndTakesASuffix(t *testing.T) {
	tree, j := debianTree(t)
	j.Suffix = "~test2"
	releasetest.Write(t, tree.Dir, map[string]string{"debian/patches/series": "first.patch"})
	dir := t.TempDir()
	if err := makeDebian(t, j, tree, dir); err != nil {
		t.Fatal(err)
	}
	if got := read(t, dir, "debian/patches/series"); got != "first.patch\nrdma-core-big_crab.patch\n" {
		t.Errorf("series %q", got)
	}
	if got := read(t, dir, "version"); got != "56.1-1~test2" {
		t.Errorf("version %s", got)
	}
}

func TestDebianSourceWithoutAProviderIsUpstreams(t *testing.T) {
	tree, j := debianTree(t)
	j.Provider = nil
	dir := t.TempDir()
	if err := makeDebian(t, j, tree, dir); err != nil {
		t.Fatal(err)
	}
	if got := read(t, dir, "version"); got != "56.1-1" {
		t.Errorf("version %s", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "debian", "patches")); !os.IsNotExist(err) {
		t.Errorf("a patch of nothing: %v", err)
	}
}

func TestDebianSourceNeedsDebian(t *testing.T) {
	tree, j := debianTree(t)
	releasetest.Write(t, tree.Dir, map[string]string{"debian/source/format": "3.0 (native)\n"})
	var place *debianpkg.PlaceError
	if err := makeDebian(t, j, tree, t.TempDir()); !errors.As(err, &place) {
		t.Errorf("another format: %v", err)
	}
	if err := os.Remove(filepath.Join(tree.Dir, "debian/control")); err != nil {
		t.Fatal(err)
	}
	var advice *stage.AdviceError
	if err := makeDebian(t, j, tree, t.TempDir()); !errors.As(err, &advice) || !errors.Is(err, errNoDebian) {
		t.Errorf("no debian/: %v", err)
	}
}

func TestDebName(t *testing.T) {
	for file, want := range map[string][2]string{
		"ibverbs-providers_56.1-1+by.rib1_amd64.deb":   {"ibverbs-providers", "56.1-1+by.rib1"},
		"dist/x/libibverbs1-dbgsym_56.1-1_riscv64.deb": {"libibverbs1-dbgsym", "56.1-1"},
	} {
		if name, version := pkgfile.DebName(file); name != want[0] || version != want[1] {
			t.Errorf("%s: got %s %s", file, name, version)
		}
	}
	if !pkgfile.IsDebugDeb("libibverbs1-dbgsym_56.1-1_amd64.deb") || pkgfile.IsDebugDeb("libibverbs1_56.1-1_amd64.deb") {
		t.Error("debug packages are not told from others")
	}
}
