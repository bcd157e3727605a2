// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/provider"
)

// held has a directory of outputs in which old files are recorded.
func held(t *testing.T, dist string, old ...string) *owned.Hold {
	t.Helper()
	h, err := owned.Lock(t.Context(), dist, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Release)
	if err := h.Add(old...); err != nil {
		t.Fatal(err)
	}
	return h
}

// TestCollectRefusesSomebodysDirectory: of a directory that has the output's name and
// is somebody else's nothing is lost.
func TestCollectRefusesSomebodysDirectory(t *testing.T) {
	dist, name := t.TempDir(), "rocky9/rdma-core-56.1"
	spec := filepath.Join(dist, name, "SPECS", "rdma-core.spec")
	write(t, spec, "mine")
	pkgs := made(t, map[string]string{"SPECS/rdma-core.spec": "spec"})
	rpmtest.Write(t, filepath.Join(pkgs.Dir, "RPMS", "noarch", "tiny-1-1.noarch.rpm"))
	_, err := collect(held(t, dist), artifact.Manifest{}, artifact.Record{}, pkgs.Dir, name, nil)
	if foreign, ok := errors.AsType[*owned.ForeignError](err); !ok || foreign.Path != spec {
		t.Errorf("got %v", err)
	}
	if data, err := os.ReadFile(spec); err != nil || string(data) != "mine" {
		t.Errorf("%q %v", data, err)
	}
}

func TestPlaceLeavesSomebodysFile(t *testing.T) {
	c := &Collector{Dir: t.TempDir()}
	from := filepath.Join(t.TempDir(), "x.patch")
	write(t, from, "ours")
	write(t, filepath.Join(c.Dir, "rdma-core-56.1", "x.patch"), "mine")
	if _, err := c.PlaceFile(t.Context(), job.Job{Provider: &provider.Provider{}}, "56.1", "x.patch", from); !errors.As(err, new(*owned.ForeignError)) {
		t.Errorf("got %v", err)
	}
	for range 2 {
		file, err := c.PlaceFile(t.Context(), job.Job{Provider: &provider.Provider{}}, "57.0", "x.patch", from)
		if data, _ := os.ReadFile(file); err != nil || string(data) != "ours" {
			t.Errorf("%q %v", data, err)
		}
	}
	if _, err := c.Place(t.Context(), filepath.Dir(c.Dir), "x", nil); err == nil {
		t.Error("an output outside the directory of outputs")
	}
}

// TestOutputsOfAnOlderVersionAreTakenOver: it kept no record, but manifests.
func TestOutputsOfAnOlderVersionAreTakenOver(t *testing.T) {
	c := &Collector{Dir: t.TempDir()}
	old := filepath.Join(c.Dir, "rocky9", "rdma-core-56.1")
	write(t, filepath.Join(old, "manifest.json"), `{"release":"56.1","key":"k","files":[{"path":"RPMS/a","size":1},{"path":"RPMS/b","size":1}]}`)
	write(t, filepath.Join(old, "RPMS", "a"), "a")
	write(t, filepath.Join(old, "RPMS", "b"), "longer")
	write(t, filepath.Join(old, "junit.xml"), "old")
	write(t, filepath.Join(c.Dir, "rocky9", "rdma-core-57.0", "manifest.json"), `{"name":"somebody's"}`)
	if _, err := c.Place(t.Context(), old, "junit.xml", []byte("new")); err != nil {
		t.Error(err)
	}
	h := held(t, c.Dir)
	for name, want := range map[string]bool{
		"rocky9/rdma-core-56.1/RPMS/a": true, "rocky9/rdma-core-56.1/RPMS/b": false, "rocky9/rdma-core-56.1/manifest.json": true,
		"rocky9/rdma-core-56.1/junit.xml": true, "rocky9/rdma-core-57.0/manifest.json": false,
	} {
		if h.Has(name) != want {
			t.Errorf("%s: recorded is %v", name, !want)
		}
	}
}

// PlaceFolder leaves a directory as it is where something in it is somebody else's, and
// where its filling fails.
func TestPlaceFolder(t *testing.T) {
	c := &Collector{Dir: t.TempDir()}
	dir := filepath.Join(c.Dir, "transplants", "fly")
	fill := func(text string) func(string) error {
		return func(dir string) error { return os.WriteFile(filepath.Join(dir, text), []byte(text), 0o600) }
	}
	has := func(names ...string) {
		t.Helper()
		found, err := filepath.Glob(filepath.Join(dir, "*"))
		for i, f := range found {
			found[i] = filepath.Base(f)
		}
		if err != nil || !slices.Equal(found, names) {
			t.Errorf("has %q, want %q: %v", found, names, err)
		}
	}
	for _, name := range []string{"a", "b"} {
		if err := c.PlaceFolder(t.Context(), dir, fill(name)); err != nil {
			t.Fatal(err)
		}
		has(name)
	}
	full := errors.New("disk full")
	if err := c.PlaceFolder(t.Context(), dir, func(string) error { return full }); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	has("b")
	write(t, filepath.Join(dir, "thesis"), "mine")
	if err := c.PlaceFolder(t.Context(), dir, fill("c")); !errors.As(err, new(*owned.ForeignError)) || !errors.As(err, new(*stage.AdviceError)) {
		t.Errorf("got %v", err)
	}
	has("b", "thesis")
	if err := c.PlaceFolder(t.Context(), filepath.Dir(c.Dir), fill("c")); err == nil {
		t.Error("an output outside the directory of outputs")
	}
}
