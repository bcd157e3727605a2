// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
)

func TestIntegrate(t *testing.T) {
	p, tree := smallProvider(t), providertest.Release()
	r, err := Integrate(tree, p)
	providertest.WantError(t, err)
	if r.DriverID != 3 || r.EnumConstant != "RDMA_DRIVER_FLY" || r.PrivateABI != 34 {
		t.Errorf("result %+v", r)
	}
	added := map[string]string{
		TopCMake:     "\nadd_subdirectory(providers/ant) # NO SPARSE\nadd_subdirectory(providers/fly)\nadd_subdirectory(providers/wasp)\n",
		DriverHeader: "\tRDMA_DRIVER_WASP,\n\tRDMA_DRIVER_FLY,\n};",
		VerbsHeader:  "verbs_provider_fly;",
		Maintainers:  "\nFLY USERSPACE PROVIDER (for fly.ko)\nM:\tFlo <flo@host.example>\nS:\tSupported\nF:\tproviders/fly/\n\nWASP",
		Readme:       "\n - ant.ko\n - fly.ko\n - wasp.ko\n",
	}
	for file, want := range added {
		if strings.Count(tree[file], want) != 1 {
			t.Errorf("%s lacks %q:\n%s", file, want, tree[file])
		}
	}
	if n := strings.Count(tree[HeadersCMake], "  rdma/ant-abi.h\n  rdma/fly-abi.h\n  rdma/wasp-abi.h\n"); n != 2 {
		t.Errorf("%d of 2 lists:\n%s", n, tree[HeadersCMake])
	}
	for to, want := range map[string]string{"providers/fly/fly.c": "int fly;\n", "kernel-headers/rdma/fly-abi.h": "/* abi */\n"} {
		providertest.WantText(t, tree[to], want)
	}
	for _, none := range []string{"providers/fly/fly-abi.h", "providers/fly/README.md", "providers/fly/" + ManifestName} {
		if _, ok := tree[none]; ok {
			t.Errorf("%s was copied", none)
		}
	}

	once := maps.Clone(tree)
	again, err := Integrate(tree, p)
	providertest.WantError(t, err)
	if !maps.Equal(tree, once) {
		t.Error("a second integration changed the tree")
	}
	if len(again.Edits) != len(r.Edits) || again.DriverID != r.DriverID {
		t.Errorf("second result %+v", again)
	}
	for i := range r.Edits {
		if r.Edits[i].Already || !again.Edits[i].Already || r.Edits[i].What != again.Edits[i].What {
			t.Errorf("edit %+v, then %+v", r.Edits[i], again.Edits[i])
		}
	}
}

func TestIntegrateSubdirectoriesAndOutside(t *testing.T) {
	tree := providertest.Release()
	dir := providertest.Folder(t, map[string]string{
		ManifestName:         strings.Replace(providertest.Manifest, "coherentDMA: true", "coherentDMA: false\n  subdirectories: [man]", 1),
		"man/CMakeLists.txt": "# pages\n",
	})
	p, err := Load(t.Context(), dir)
	providertest.WantError(t, err)
	_, err = Integrate(tree, p)
	providertest.WantError(t, err)
	want := "endif()\n\nadd_subdirectory(providers/fly)\nadd_subdirectory(providers/fly/man)\nadd_subdirectory(providers/gnat)\n"
	if !strings.Contains(tree[TopCMake], want) {
		t.Errorf("got:\n%s", tree[TopCMake])
	}
}

// A place that is missing anywhere leaves the whole tree as it was, and each
// missing place is named.
func TestIntegrateAllOrNothing(t *testing.T) {
	for file := range providertest.Release() {
		t.Run(filepath.Base(file), func(t *testing.T) {
			for _, breakIt := range []func(providertest.Tree){
				func(m providertest.Tree) { delete(m, file) },
				func(m providertest.Tree) { m[file] = "" },
				func(m providertest.Tree) { m[file] += m[file] },
			} {
				tree := providertest.Release()
				breakIt(tree)
				if file == Maintainers && strings.Count(tree[file], "Who") == 2 {
					continue // sections may repeat
				}
				before := maps.Clone(tree)
				r, err := Integrate(tree, smallProvider(t))
				if file == Maintainers || file == Readme {
					wantSkipped(t, r, err, file)
					continue
				}
				providertest.WantError(t, err, "integrate provider fly", file)
				var place *PlaceError
				if !errors.As(err, &place) || !maps.Equal(tree, before) {
					t.Errorf("changed, or no *PlaceError: %v", err)
				}
			}
		})
	}
	_, err := Integrate(providertest.Tree{}, smallProvider(t))
	providertest.WantError(t, err, TopCMake, HeadersCMake, DriverHeader, VerbsHeader)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cause is lost: %v", err)
	}
	if n := strings.Count(err.Error(), "kernel-headers/CMakeLists.txt"); n != 1 {
		t.Errorf("a missing file is reported %d times", n)
	}
}

// wantSkipped wants all edits but that of one file.
func wantSkipped(t *testing.T, r *Result, err error, file string) {
	t.Helper()
	providertest.WantError(t, err)
	if len(r.Skipped) != 1 || r.Skipped[0].File != file || !strings.HasPrefix(r.Skipped[0].Why, file) {
		t.Errorf("skipped %+v, want %s alone", r.Skipped, file)
	}
	for _, e := range r.Edits {
		if e.File == file {
			t.Errorf("%s is in the list of edits", file)
		}
	}
}

func TestIntegrateDriverID(t *testing.T) {
	r, err := Integrate(providertest.Release(), smallProvider(t, "policy: next", "policy: explicit\n  value: 50"))
	providertest.WantError(t, err)
	if r.DriverID != 50 {
		t.Errorf("driver id %d, want 50", r.DriverID)
	}
	_, err = Integrate(providertest.Release(), smallProvider(t, "policy: next", "policy: explicit\n  value: 2"))
	var taken *TakenError
	if !errors.As(err, &taken) || taken.By != "RDMA_DRIVER_WASP" {
		t.Errorf("got %v, want a *TakenError", err)
	}
}

func TestIntegrateConflict(t *testing.T) {
	tree := providertest.Release()
	tree["providers/fly/fly.c"] = "somebody else's"
	before := maps.Clone(tree)
	_, err := Integrate(tree, smallProvider(t))
	var conflict *ConflictError
	if !errors.As(err, &conflict) || conflict.File != "providers/fly/fly.c" || !maps.Equal(tree, before) {
		t.Errorf("got %v, want a *ConflictError and nothing changed", err)
	}
}

func TestIntegrateExecutable(t *testing.T) {
	dir := providertest.Folder(t, nil)
	if err := os.Chmod(filepath.Join(dir, "fly.c"), 0o700); err != nil {
		t.Fatal(err)
	}
	p, err := Load(t.Context(), dir)
	providertest.WantError(t, err)
	tree := providertest.Release()
	before := maps.Clone(tree)
	_, err = Integrate(tree, p)
	providertest.WantError(t, err, "providers/fly/fly.c", "executable")
	if !maps.Equal(tree, before) {
		t.Error("the tree was changed")
	}
}
