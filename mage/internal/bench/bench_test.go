// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// fixture is a bench over an engine that records, and what a guest is made of.
type fixture struct {
	*Bench

	engine *stagetest.Engine
	dir    string
	job    job.Job
	tree   artifact.Tree
	tc     artifact.Toolchain
	dist   artifact.Dist
	lab    artifact.Lab
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	dir, engine := t.TempDir(), &stagetest.Engine{}
	for _, name := range []string{"fly/lab/Kbuild", "fly/lab/fly.c", "tree/CMakeLists.txt"} {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), name)
	}
	f := &fixture{
		Bench: &Bench{Runner: stagetest.NewRunner(t, engine), Module: filepath.Join("..", "..", "..")}, engine: engine, dir: dir,
		job: job.Job{Target: job.RPM{Distro: specs.Distro{Name: "rocky9"}}, Provider: &provider.Provider{
			Dir: filepath.Join(dir, "fly"), Manifest: provider.Manifest{Name: "fly"},
		}},
		tree: artifact.Tree{Dir: filepath.Join(dir, "tree"), Digest: "t", Source: artifact.Source{Version: "56.1", Epoch: time.Unix(1, 0)}},
		tc:   artifact.Toolchain{ID: "sha256:tools", Base: artifact.Base{ID: "sha256:base", Minimal: "sha256:minimal", Folder: "rocky9"}},
		lab:  artifact.Lab{ID: "sha256:lab", Kernel: "6.12"},
	}
	f.dist = f.packages(t, "56.1")
	return f
}

// packages are a directory with one RPM.
func (f *fixture) packages(t *testing.T, release string) artifact.Dist {
	t.Helper()
	const file = "RPMS/noarch/tiny-1-1.noarch.rpm"
	dir := t.TempDir()
	rpmtest.Write(t, filepath.Join(dir, filepath.FromSlash(file)))
	return artifact.Dist{Dir: dir, Manifest: artifact.Manifest{Release: release, Source: "d", Files: []artifact.Output{{Path: file}}}}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Each stage runs again for what it reads and for nothing else, with no network and no
// root.
func TestStagesRunAgainForWhatIsRead(t *testing.T) {
	type change struct {
		what string
		make func(f *fixture)
		runs bool
	}
	for name, stage := range map[string]struct {
		run     func(ctx context.Context, f *fixture) error
		user    string
		files   []string // that go in
		changes []change
	}{
		"fixture": {func(ctx context.Context, f *fixture) error {
			_, err := f.Fixture(ctx, f.job, f.lab)
			return err
		}, labUser, []string{"/home/lab/fixture/Kbuild", "/home/lab/fixture/fly.c"}, []change{
			{"a source", func(f *fixture) { write(t, filepath.Join(f.dir, "fly", "lab", "fly.c"), "changed") }, true},
			{"a new source", func(f *fixture) { write(t, filepath.Join(f.dir, "fly", "lab", "new.c"), "") }, true},
			{"the lab's image", func(f *fixture) { f.lab.ID = "sha256:other" }, true},
			{"the kernel", func(f *fixture) { f.lab.Kernel = "6.13" }, true},
			{"the toolchain", func(f *fixture) { f.tc.ID = "sha256:others" }, false},
		}},
		"exercise": {func(ctx context.Context, f *fixture) error {
			_, err := f.Exercise(ctx, f.job, f.dist, f.tc)
			return err
		}, "builder", []string{"/builder/in/rpms/tiny-1-1.noarch.rpm", "/builder/in/source/main.c"}, []change{
			{"the release", func(f *fixture) { f.dist.Manifest.Source = "e" }, true},
			{"the toolchain", func(f *fixture) { f.tc.ID = "sha256:others" }, true},
			{"the provider", func(f *fixture) { f.job.Provider = nil }, true},
			{"the packages' own bytes", func(f *fixture) {
				rpmtest.Write(t, filepath.Join(f.dist.Dir, "RPMS", "noarch", "tiny-1-1.noarch.rpm"), "/a")
			}, false},
		}},
		"debug": {func(ctx context.Context, f *fixture) error {
			_, err := f.DebugModule(ctx, f.job, f.tree, f.tc)
			return err
		}, "builder", []string{"/builder/src/rdma-core-56.1/CMakeLists.txt"}, []change{
			{"the tree", func(f *fixture) { f.tree.Digest = "u" }, true},
			{"the date", func(f *fixture) { f.tree.Source.Epoch = time.Unix(2, 0) }, true},
			{"the toolchain", func(f *fixture) { f.tc.ID = "sha256:others" }, true},
			{"the lab's image", func(f *fixture) { f.lab.ID = "sha256:other" }, false},
		}},
	} {
		f := newFixture(t)
		want := 1
		changes := append([]change{{"nothing", func(*fixture) {}, false}}, stage.changes...)
		for i := range len(changes) + 1 {
			what := "the first time"
			if i > 0 {
				changes[i-1].make(f)
				if what = changes[i-1].what; changes[i-1].runs {
					want++
				}
			}
			if err := stage.run(t.Context(), f); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := len(f.engine.Runs()); got != want {
				t.Errorf("%s, %s has changed: %d runs, want %d", name, what, got, want)
				want = got
			}
		}
		for _, r := range f.engine.Runs() {
			for _, file := range stage.files {
				if _, there := r.Files[file]; !there {
					t.Errorf("%s has no %s: %v", name, file, slices.Sorted(maps.Keys(r.Files)))
				}
			}
			if r.Network || r.Root || r.User != stage.user || len(r.Devices) > 0 {
				t.Errorf("%s runs as %q with network %t, root %t, devices %q", name, r.User, r.Network, r.Root, r.Devices)
			}
		}
	}
}

// The disk of a guest is made of all packages together, once, and again for others.
func TestGuestIsMadeOfItsPackages(t *testing.T) {
	f := newFixture(t)
	addon := f.packages(t, "57.0")
	addon.Manifest.Files[0].Path = "RPMS/noarch/addon-1-1.noarch.rpm"
	rpmtest.Write(t, filepath.Join(addon.Dir, filepath.FromSlash(addon.Manifest.Files[0].Path)))
	dists := []artifact.Dist{f.dist, addon}
	guest := func(want int) artifact.Guest {
		t.Helper()
		before := len(f.engine.Runs())
		g, err := f.Guest(t.Context(), f.job, f.tc.Base, dists, f.lab)
		if err != nil {
			t.Fatal(err)
		}
		runs := f.engine.Runs()[before:]
		if len(runs) != want {
			t.Fatalf("%d runs, want %d", len(runs), want)
		}
		g.Release()
		return g
	}
	first := guest(2)
	guest(0)
	install, disk := f.engine.Runs()[0], f.engine.Runs()[1]
	for _, name := range []string{"/rpms/tiny-1-1.noarch.rpm", "/rpms/addon-1-1.noarch.rpm", "/verbsmith/dnf-install.sh"} {
		if _, there := install.Files[name]; !there {
			t.Errorf("dnf has no %s: %v", name, slices.Sorted(maps.Keys(install.Files)))
		}
	}
	if !install.Network || install.Image != "sha256:minimal" || disk.Network || disk.Image != "sha256:lab" || disk.User != labUser {
		t.Errorf("dnf runs in %s with network %t, the disk is made in %s with %t", install.Image, install.Network, disk.Image, disk.Network)
	}
	rpmtest.Write(t, filepath.Join(addon.Dir, filepath.FromSlash(addon.Manifest.Files[0].Path)), "/a")
	if again := guest(2); again.Volume != first.Volume {
		t.Errorf("the add-on has changed, and the disk is in %s, not %s", again.Volume, first.Volume)
	}
	f.lab.ID = "sha256:other"
	guest(2)
	f.tc.Base.Minimal, f.tc.Base.Local = "sha256:standin", true
	guest(2)
	if runs := f.engine.Runs(); runs[len(runs)-2].Network {
		t.Error("a stand-in fetches packages")
	}
	dists = dists[:1]
	if alone := guest(2); alone.Volume == first.Volume {
		t.Error("a guest without the add-on shares the volume of one with it")
	}
}

// A guest that cannot be installed has no disk.
func TestGuestFailsWithItsInstaller(t *testing.T) {
	f := newFixture(t)
	f.engine.Answer = func(stagetest.Run) (containers.Result, error) { return containers.Result{ExitCode: 1}, nil }
	_, err := f.Guest(t.Context(), f.job, f.tc.Base, []artifact.Dist{f.dist}, f.lab)
	if _, ok := errors.AsType[*containers.RunError](err); !ok || len(f.engine.Runs()) != 1 {
		t.Errorf("%d runs, %v", len(f.engine.Runs()), err)
	}
}

// boot boots a guest whose console says the records, where KVM works or not.
func boot(t *testing.T, f *fixture, kvm bool, records ...lab.Record) (lab.Outcome, error) {
	t.Helper()
	f.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		if run.Name == "kvm" && !kvm {
			return containers.Result{ExitCode: 1}, nil
		}
		if run.Name == "kernel" {
			for _, r := range records {
				if err := r.Write(run.Stdout); err != nil {
					return containers.Result{}, err
				}
			}
		}
		return containers.Result{}, nil
	}
	exercise := filepath.Join(f.dir, "exercise")
	write(t, exercise, "program")
	plan := lab.Plan{Provider: "fly", Devices: lab.Devices("fly", 0), Cases: []string{"claimed"}}
	return f.Boot(t.Context(), Setup{
		Lab: f.lab, Guest: artifact.Guest{Volume: "guest"}, Exercise: artifact.Exercise{File: exercise},
		Fixture: artifact.Fixture{Dir: filepath.Join(f.dir, "fly", "lab")},
	}, plan)
}

// A guest boots with KVM only where a probe says that it works, and where it has failed
// nobody asks again.
func TestBoot(t *testing.T) {
	ended := []lab.Record{{Kind: lab.KindStart, Case: "claimed"}, {Kind: lab.KindCase, Case: "claimed"}, {Kind: lab.KindEnd}}
	f := newFixture(t)
	for i, step := range []struct {
		kvm    bool
		runs   []string
		user   string
		accel  string
		device []string
	}{
		{true, []string{"kvm", "kernel"}, "0:0", "kvm", []string{"/dev/kvm"}},
		{false, []string{"kvm", "kernel"}, "lab", "tcg", nil},
		{true, []string{"kernel"}, "lab", "tcg", nil},
	} {
		before := len(f.engine.Runs())
		outcome, err := boot(t, f, step.kvm, ended...)
		if err != nil || !outcome.Answered() {
			t.Fatalf("got %+v, %v", outcome, err)
		}
		var names []string
		for _, r := range f.engine.Runs()[before:] {
			names = append(names, r.Name)
		}
		run := f.engine.Runs()[before+len(names)-1]
		if !slices.Equal(names, step.runs) || run.User != step.user || run.Argv[len(run.Argv)-1] != step.accel || !slices.Equal(run.Devices, step.device) {
			t.Errorf("step %d: ran %q, as %s with %q and the devices %q", i, names, run.User, run.Argv, run.Devices)
		}
		if run.Network || len(run.Volumes) != 1 || !run.Volumes[0].ReadOnly {
			t.Errorf("the guest has network %t and the volumes %+v", run.Network, run.Volumes)
		}
		for name, mode := range map[string]fs.FileMode{"init": 0o755, lab.Exercise[1:]: 0o755, lab.PlanFile[1:]: 0o644, path.Join(lab.FixtureFolder[1:], "Kbuild"): 0} {
			if file, there := run.Files[path.Join(bootTree, name)]; !there || mode != 0 && file.Mode.Perm() != mode {
				t.Errorf("%s is %t there, with %v: %v", name, there, file.Mode, slices.Sorted(maps.Keys(run.Files)))
			}
		}
	}
}

// A guest that stops before its end is an error, with what it has said.
func TestBootThatDoesNotEnd(t *testing.T) {
	f := newFixture(t)
	outcome, err := boot(t, f, false, lab.Record{Kind: lab.KindStart, Case: "claimed"})
	if _, ok := errors.AsType[*lab.GuestError](err); !ok || outcome.Running.Case != "claimed" {
		t.Errorf("got %+v, %v", outcome, err)
	}
	f.Module = t.TempDir()
	if _, err := boot(t, f, false); err == nil || !strings.Contains(err.Error(), "lab/guest for amd64") {
		t.Errorf("a guest without a program: %v", err)
	}
}
