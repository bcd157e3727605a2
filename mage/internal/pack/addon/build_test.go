// SPDX-License-Identifier: Apache-2.0

package addon

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// bench is a packer over an engine that records, and what it builds an add-on of.
type bench struct {
	*Packer

	engine *stagetest.Engine
	job    job.Job
	tree   artifact.Tree
	patch  artifact.Patch
	tc     artifact.Toolchain
}

// newBench has the repository's own provider, and rpmbuild leaves an object whose layout is
// that of no release.
func newBench(t *testing.T) *bench {
	t.Helper()
	pr, err := provider.Load(t.Context(), filepath.Join(root, "provider", "rib"))
	if err != nil {
		t.Fatal(err)
	}
	object, err := os.ReadFile("testdata/layout/shared.o")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"a.tar.gz", "a.patch", "common.patch"} {
		write(t, filepath.Join(dir, name), name)
	}
	b := &bench{
		Packer: knownData(t),
		engine: &stagetest.Engine{Answer: func(run stagetest.Run) (containers.Result, error) {
			for _, out := range run.Outputs {
				if out.Path == interfaceDir || out.Path == layoutOut {
					write(t, filepath.Join(out.Dir, interfaceObject), string(object))
				}
			}
			return containers.Result{}, nil
		}},
		job: job.Job{Target: job.RPM{Distro: specs.Distro{Name: "rocky9"}}, Provider: pr},
		tree: artifact.Tree{Dir: dir, Digest: "t", Source: artifact.Source{
			Version: "66.2", Tarball: filepath.Join(dir, "a.tar.gz"), Epoch: time.Unix(1, 0), Digest: "d",
		}},
		patch: artifact.Patch{File: filepath.Join(dir, "a.patch"), Name: "a.patch", Common: filepath.Join(dir, "common.patch")},
		tc:    artifact.Toolchain{ID: "sha256:tools", Base: artifact.Base{Folder: "rocky9"}},
	}
	b.tree.Result.PrivateABI = 65
	b.Runner = stagetest.NewRunner(t, b.engine)
	return b
}

// built counts the runs that built the add-on.
func (b *bench) built() int {
	return len(slices.DeleteFunc(b.engine.Runs(), func(run stagetest.Run) bool { return run.Name != artifact.AddonName }))
}

// Whatever rpmbuild reads is in the add-on's key, and what it has measured is in the add-on's
// record.
func TestBuild(t *testing.T) {
	b := newBench(t)
	built := 0
	build := func(what string, again bool) artifact.Packages {
		t.Helper()
		if again {
			built++
		}
		pkgs, err := b.Build(t.Context(), b.job, b.tree, b.patch, b.tc)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got := b.built(); got != built {
			t.Errorf("%s: %d runs of rpmbuild, want %d", what, got, built)
			built = got
		}
		return pkgs
	}
	first := build("the first time", true)
	if a := first.Addon; a == nil || a.Package != "rdma-core-provider-rib" || a.Module != "librib-rdmav65.so" || a.From != "66.0" || len(a.Layout) != 16 {
		t.Errorf("the record is %+v", a)
	}
	for _, name := range []string{"logs/rpm.log", "SPECS/rdma-core-provider-rib.spec", "SOURCES/a.patch"} {
		if _, err := os.Stat(filepath.Join(first.Dir, filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
	if same := build("the same again", false); same.Key != first.Key || same.Addon.Layout != first.Addon.Layout {
		t.Errorf("the same again: %+v", same)
	}
	for what, change := range map[string]func(){
		"another tarball":   func() { write(t, b.tree.Source.Tarball, "another") },
		"another patch":     func() { write(t, b.patch.File, "another") },
		"another suffix":    func() { b.job.Suffix = ".vendor.2" },
		"another toolchain": func() { b.tc.ID = "sha256:others" },
		"another date":      func() { b.tree.Source.Epoch = time.Unix(2, 0) },
		"a known interface": func() {
			b.Interfaces = &specs.Interfaces{List: []specs.Interface{{From: "66.0", Below: "68.0", PrivateABI: 65, Layout: first.Addon.Layout}}}
		},
		"another document": func() {
			b.job.Provider = copyProvider(t, b.job.Provider)
			write(t, filepath.Join(b.job.Provider.Dir, "README"), "text")
		},
		"another requirement": func() {
			b.job.Provider = copyProvider(t, b.job.Provider)
			b.job.Provider.Manifest.BuildRequires.RPM = []string{"flex"}
		},
	} {
		change()
		build(what, true)
	}
	released := *b.Releases
	released.Releases = append(slices.Clone(released.Releases), specs.Release{Version: "66.1"})
	b.Releases = &released
	if a := build("another release that it serves", false).Addon; !slices.Equal(a.Releases, []string{"66.1"}) {
		t.Errorf("it serves %q", a.Releases)
	}
	common, run := b.engine.Runs()[0], b.engine.Runs()[1]
	if got := common.Files[stage.Topdir+"/SOURCES/a.patch"].Data; common.Name != "common" || got != "common.patch" {
		t.Errorf("%s reads the patch %q, want the one with an empty provider", common.Name, got)
	}
	if run.Network || run.Root || run.User != stage.Builder {
		t.Errorf("rpmbuild runs as %q with network %t, root %t", run.User, run.Network, run.Root)
	}
	if f := run.Files[stage.Topdir+"/SOURCES/rdma-core-66.2.tar.gz"]; f.Data != "a.tar.gz" || f.Owner != stage.BuilderUID {
		t.Errorf("rpmbuild reads the tarball as %+v", f)
	}
}

// copyProvider is a provider in another directory.
func copyProvider(t *testing.T, pr *provider.Provider) *provider.Provider {
	t.Helper()
	other := *pr
	other.Dir = filepath.Join(t.TempDir(), filepath.Base(pr.Dir))
	if err := os.CopyFS(other.Dir, os.DirFS(pr.Dir)); err != nil {
		t.Fatal(err)
	}
	return &other
}

// A source whose structures are not those of its release's number is not such a release: there
// is no package of it, even if rpmbuild has built one.
func TestBuildRefusesAnotherLayout(t *testing.T) {
	b := newBench(t)
	b.tree.Source.Version, b.tree.Result.PrivateABI = "56.1", 34
	for range 2 {
		_, err := b.Build(t.Context(), b.job, b.tree, b.patch, b.tc)
		wrong, ok := errors.AsType[*LayoutError](err)
		if failed, named := errors.AsType[*stage.Error](err); !named || failed.Name != artifact.AddonName {
			t.Errorf("the stage has not failed: %v", err)
		}
		if !ok || wrong.Version != "56.1" || wrong.Measured == wrong.Known || !strings.Contains(wrong.Error(), "rdma-core 56.1: measured ") {
			t.Errorf("got %v", err)
		}
	}
	if n := b.built(); n != 1 {
		t.Errorf("rpmbuild ran %d times, want 1", n)
	}
	b.tree.Source.Epoch = time.Unix(2, 0)
	b.engine.Answer = func(stagetest.Run) (containers.Result, error) { return containers.Result{ExitCode: 1}, nil }
	if _, err := b.Build(t.Context(), b.job, b.tree, b.patch, b.tc); err == nil {
		t.Error("rpmbuild ended with 1, and nothing failed")
	}
}

// What is wrong with a provider is said before anything runs, as the stage's error.
func TestBuildNeedsALicence(t *testing.T) {
	b := newBench(t)
	b.job.Provider = folderProvider(t, nil)
	_, err := b.Build(t.Context(), b.job, b.tree, b.patch, b.tc)
	failed, ok := errors.AsType[*stage.Error](err)
	if _, licence := errors.AsType[*provider.SourceError](err); !ok || failed.Name != artifact.AddonName || !licence || len(b.engine.Runs()) > 0 {
		t.Errorf("got %v after %d runs", err, len(b.engine.Runs()))
	}
}

// One toolchain does for all releases, and for each provider that requires nothing else.
func TestToolsAreShared(t *testing.T) {
	b := newBench(t)
	tools := func(version string, needs ...string) (string, string) {
		t.Helper()
		j := b.job
		j.Version, j.Provider = version, folderProvider(t, nil)
		j.Provider.Manifest.BuildRequires.RPM = needs
		spec, err := b.Tools(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(spec.File)
		if err != nil {
			t.Fatal(err)
		}
		return spec.Digest, string(text)
	}
	key, text := tools("56.1")
	if other, _ := tools("65.0"); other != key {
		t.Error("two releases have two toolchains")
	}
	if strings.Contains(text, "provider_requires flex") || !strings.Contains(text, "%global provider_library 1\n%global provider_pages 1\n") {
		t.Errorf("got\n%s", text)
	}
	if other, text := tools("56.1", "flex"); other == key || !strings.Contains(text, "%global provider_requires flex\n") {
		t.Errorf("with flex the toolchain is made by\n%s", text)
	}
}

// A release that was added without an engine has an interface without a layout: its add-on is built, and not compared. The layout of a
// release alone is measured in a container of its own, once.
func TestBuildForAnAddedRelease(t *testing.T) {
	b := newBench(t)
	b.Interfaces = &specs.Interfaces{List: []specs.Interface{{From: "66.0", Below: "67.0", PrivateABI: 65}}}
	pkgs, err := b.Build(t.Context(), b.job, b.tree, b.patch, b.tc)
	if err != nil || pkgs.Addon.From != "66.0" || pkgs.Addon.Below != "67.0" || len(pkgs.Addon.Layout) != 16 {
		t.Fatalf("%+v, %v", pkgs.Addon, err)
	}
	b.tree.Source.Tree = t.TempDir()
	for range 2 {
		layout, err := b.ReleaseLayout(t.Context(), b.job, b.tree.Source, b.tc)
		if err != nil || layout != pkgs.Addon.Layout {
			t.Errorf("layout %q, %v, want that of the add-on's build, %s", layout, err, pkgs.Addon.Layout)
		}
	}
	runs := slices.DeleteFunc(b.engine.Runs(), func(run stagetest.Run) bool { return run.Name != layoutName })
	if len(runs) != 1 || runs[0].Network || runs[0].Root || runs[0].User != stage.Builder {
		t.Errorf("measured in %+v, want one run without a network", runs)
	}
}
