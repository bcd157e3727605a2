// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// withObjects has the containers of common objects leave some.
func (b *bench) withObjects(t *testing.T) {
	t.Helper()
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		if run.Name == "common" {
			write(t, filepath.Join(run.Outputs[0].Dir, "made.tar.zst"), "objects of "+run.Files[stage.Topdir+"/SOURCES/a.patch"].Data)
		}
		return containers.Result{}, nil
	}
}

// Packages are built with common objects that are made of the patch with an empty provider, once for all states of the
// provider.
func TestPackagesHaveCommonObjects(t *testing.T) {
	b := newBench(t)
	b.withObjects(t)
	build := func(what, objects string, commons int) {
		t.Helper()
		if err := b.rpm(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(b.runs("common")); got != commons {
			t.Errorf("%s: %d runs for common objects, want %d", what, got, commons)
		}
		runs := b.runs("rpm")
		run := runs[len(runs)-1]
		if got := run.Files[stage.CommonFolder+"/made.tar.zst"]; got.Data != objects || got.Owner != stage.BuilderUID {
			t.Errorf("%s: got the objects %+v, want %q", what, got, objects)
		}
		if !slices.Contains(run.Argv, stage.CommonFolder) || run.Files[stage.ScriptDir+"/common-objects.sh"].Data == "" {
			t.Errorf("%s: %q cannot restore them", what, run.Argv)
		}
	}
	build("the first time", "objects of common/a.patch", 1)
	write(t, b.patch.File, "another line of the provider")
	build("another line of the provider", "objects of common/a.patch", 1)
	write(t, b.patch.Common, "another ABI header")
	write(t, b.patch.File, "another ABI header, and another line")
	build("another ABI header", "objects of another ABI header", 2)

	common := b.runs("common")[0]
	if common.Network || common.User != stage.Builder || common.Files[stage.Topdir+"/SPECS/rdma-core.spec"].Data != "a.spec" {
		t.Errorf("common objects are made by %+v", common.RunSpec)
	}
}

// Those of Debian's packages are of the same source package with the other patch.
func TestDebianPackagesHaveCommonObjects(t *testing.T) {
	b := newBench(t)
	patch, common := filepath.Join(b.debian.Dir, "patches", "a.patch"), filepath.Join(b.dir, "common", "a.patch")
	write(t, patch, "all")
	b.debian.Patch = artifact.Patch{Name: "debian/patches/a.patch", File: patch, Common: common}
	for range 2 {
		if _, err := b.Deb(t.Context(), b.job, b.src, b.debian, b.tc); err != nil {
			t.Fatal(err)
		}
		write(t, patch, "all, and another line")
	}
	if commons, debs := len(b.runs("common")), len(b.runs("deb")); commons != 1 || debs != 2 {
		t.Fatalf("%d runs for common objects, %d for packages, want 1 and 2", commons, debs)
	}
	run, want := b.runs("common")[0], "common/a.patch"
	if got := run.Files[stage.DebIn+"/debian/patches/a.patch"].Data; got != want || run.Files[stage.DebIn+"/debian/control"].Data != "debian/control" {
		t.Errorf("common objects are made of the patch %q, want %q", got, want)
	}
	if run := b.runs("deb")[1]; run.Files[stage.DebIn+"/debian/patches/a.patch"].Data != "all, and another line" || !slices.Contains(run.Argv, stage.CommonFolder) {
		t.Errorf("packages are made of %+v by %q", run.Files[stage.DebIn+"/debian/patches/a.patch"], run.Argv)
	}
}

// Damaged objects are not used.
func TestDamagedObjectsAreMadeAgain(t *testing.T) {
	b := newBench(t)
	b.withObjects(t)
	if err := b.rpm(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept, err := filepath.Glob(filepath.Join(b.Cache.Dir(), "*", "common", "*", "out", "made.tar.zst"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("got %q, %v: want one", kept, err)
	}
	write(t, kept[0], "poison")
	write(t, b.patch.File, "another line of the provider")
	if err := b.rpm(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.runs("rpm")[1].Files[stage.CommonFolder+"/made.tar.zst"].Data; got != "objects of common/a.patch" || len(b.runs("common")) != 2 {
		t.Errorf("built with the objects %q after %d runs for them", got, len(b.runs("common")))
	}
}

// Without a provider there is nothing but common objects: the packages are built at once.
func TestStockPackagesHaveNoCommonObjects(t *testing.T) {
	b := newBench(t)
	b.job.Provider, b.patch = nil, artifact.Patch{}
	if err := b.rpm(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(b.runs("common")); got != 0 || slices.Contains(b.runs("rpm")[0].Argv, stage.CommonFolder) {
		t.Errorf("%d runs for common objects, and %q", got, b.runs("rpm")[0].Argv)
	}
}
