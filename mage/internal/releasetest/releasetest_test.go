// SPDX-License-Identifier: Apache-2.0

package releasetest_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	rpmutils "github.com/sassoftware/go-rpmutils"

	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/provider"
)

// A provider goes into the release, as into one of rdma-core's own.
func TestReleaseTakesAProvider(t *testing.T) {
	tree := filepath.Join(t.TempDir(), "tree")
	releasetest.Write(t, tree, releasetest.Files())
	for _, shared := range []bool{false, true} {
		fly := releasetest.Provider(t, "fly", shared, func(texts map[string]string) { texts["fly.c"] += "/* changed */\n" })
		if text, err := os.ReadFile(filepath.Join(fly.Dir, "fly.c")); err != nil || !strings.HasSuffix(string(text), "/* changed */\n") {
			t.Errorf("shared %t: the change is lost: %v", shared, err)
		}
	}
	if releasetest.Rib(t).Manifest.Name != "rib" || len(releasetest.Distros(t).Names()) == 0 {
		t.Error("the project's own data are not read")
	}
	info, err := os.Stat(filepath.Join(tree, "providers/gnat/tools/setup"))
	if err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("a script has the mode %v, %v", info, err)
	}
	opened, err := provider.OpenTree(tree)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	result, err := provider.Integrate(opened, releasetest.Rib(t))
	if err != nil || result.EnumConstant != "RDMA_DRIVER_RIB" {
		t.Errorf("got %+v, %v", result, err)
	}
}

// The clone has the files as v56.1.
func TestClone(t *testing.T) {
	clone := releasetest.Clone(t, map[string]string{"a/b": "text\n"})
	out, err := exec.CommandContext(t.Context(), "git", "-C", clone, "show", "v56.1:a/b").Output()
	if err != nil || string(out) != "text\n" {
		t.Errorf("got %q, %v", out, err)
	}
}

// A library that others wrote reads the package, and its tarball is a release.
func TestSourceRPM(t *testing.T) {
	files := releasetest.PackageFiles(t)
	f, err := os.Open(releasetest.SourceRPM(t, "a.src.rpm", files))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pkg, err := rpmutils.ReadRpm(f)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pkg.Header.GetStrings(rpmutils.BASENAMES)
	if want := slices.Sorted(maps.Keys(files)); err != nil || !slices.Equal(names, want) {
		t.Errorf("it has the files %q, %v, want %q", names, err, want)
	}
	zr, err := gzip.NewReader(strings.NewReader(files["rdma-core-56.1.tar.gz"]))
	if err != nil {
		t.Fatal(err)
	}
	var entries []string
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, h.Name)
	}
	if !slices.Equal(entries, []string{"rdma-core-56.1/CMakeLists.txt", "rdma-core-56.1/README"}) {
		t.Errorf("the tarball has %q", entries)
	}
}
