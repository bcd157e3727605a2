// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// engineBench is a pipeline over an engine that records, and what stages in containers take.
type engineBench struct {
	*Pipeline

	engine *stagetest.Engine
	dir    string
	job    job.Job
	src    artifact.Source
	tree   artifact.Tree
	patch  artifact.Patch
	spec   artifact.Spec
	debian artifact.DebianSource
	tc     artifact.Toolchain
	dist   artifact.Dist
}

func newEngineBench(t *testing.T) *engineBench {
	t.Helper()
	dir, engine := t.TempDir(), &stagetest.Engine{}
	for _, name := range []string{"a.tar.gz", "a.patch", "a.spec", "helper", "tree/build.sh", "debian/control", "control", "lab/Kbuild"} {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), name)
	}
	rpmtest.Write(t, filepath.Join(dir, "dist", "RPMS", "noarch", "tiny-1-1.noarch.rpm"))
	b := &engineBench{
		Pipeline: &Pipeline{Runner: stagetest.NewRunner(t, engine), Root: "../../..", DistDir: filepath.Join(dir, "dist")},
		engine:   engine, dir: dir,
		job: job.Job{Target: job.RPM{Distro: specs.Distro{Name: "rocky9"}}, Provider: &provider.Provider{
			Dir: dir, Manifest: provider.Manifest{Name: "fly", Device: provider.Device{Name: "fly0"}},
		}},
		src: artifact.Source{Version: "56.1", Tarball: filepath.Join(dir, "a.tar.gz"), Epoch: time.Unix(1, 0), Package: &artifact.SourcePackage{
			Dir: dir, Tarball: "a.tar.gz", Spec: "a.spec", Files: []string{"a.tar.gz", "a.spec", "helper"},
		}},
		patch:  artifact.Patch{File: filepath.Join(dir, "a.patch"), Name: "a.patch"},
		spec:   artifact.Spec{File: filepath.Join(dir, "a.spec"), SourceFile: "a.tar.gz"},
		debian: artifact.DebianSource{Dir: filepath.Join(dir, "debian"), Control: filepath.Join(dir, "control"), Key: "d"},
		tc:     artifact.Toolchain{ID: "sha256:tools", Base: artifact.Base{ID: "sha256:base", Minimal: "sha256:minimal", Folder: "rocky9"}},
		dist: artifact.Dist{Dir: filepath.Join(dir, "dist"), Manifest: artifact.Manifest{
			Release: "56.1", PrivateABI: 34, Files: []artifact.Output{{Path: "RPMS/noarch/tiny-1-1.noarch.rpm"}},
		}},
	}
	b.tree = artifact.Tree{Dir: filepath.Join(dir, "tree"), Key: "t", Source: b.src}
	return b
}

func (b *engineBench) rpm(ctx context.Context) error {
	_, err := b.RPM(ctx, b.job, b.src, b.patch, b.spec, b.tc)
	return err
}

// Whatever compiles or reads what a provider brings has no network, no capability and
// an unprivileged user.
func TestContainersAreHermetic(t *testing.T) {
	image := artifact.Lab{ID: "sha256:lab", Kernel: "6.12"}
	for name, run := range map[string]func(context.Context, *engineBench) error{
		"rpm": func(ctx context.Context, b *engineBench) error { return b.rpm(ctx) },
		"build": func(ctx context.Context, b *engineBench) error {
			_, err := b.Build(ctx, b.job, b.tree, b.tc)
			return err
		},
		"deb": func(ctx context.Context, b *engineBench) error {
			_, err := b.Deb(ctx, b.job, b.src, b.debian, b.tc)
			return err
		},
		"rebuild": func(ctx context.Context, b *engineBench) error {
			b.dist.Manifest.Files = []artifact.Output{{Path: "RPMS/noarch/tiny-1-1.noarch.rpm"}, {Path: "../a.src.rpm"}}
			write(t, filepath.Join(b.dir, "a.src.rpm"), "source")
			_, err := b.Rebuild(ctx, b.job, b.src, b.tc, b.dist, filepath.Join(b.dir, "out"))
			return err
		},
		"compile": func(ctx context.Context, b *engineBench) error {
			_, err := b.Walker().CompileProvider(ctx, b.job, b.tree, b.tc)
			return err
		},
		"debug": func(ctx context.Context, b *engineBench) error {
			_, err := b.DebugModule(ctx, b.job, b.tree, b.tc)
			return err
		},
		"fixture": func(ctx context.Context, b *engineBench) error {
			_, err := b.Fixture(ctx, b.job, image)
			return err
		},
		"exercise": func(ctx context.Context, b *engineBench) error {
			_, err := b.Exercise(ctx, b.job, b.dist, b.tc)
			return err
		},
		"update": func(ctx context.Context, b *engineBench) error {
			_, err := b.Update(ctx, b.tc, b.dist)
			return err
		},
	} {
		b := newEngineBench(t)
		if err := run(t.Context(), b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		runs := b.engine.Runs()
		if len(runs) == 0 {
			t.Errorf("%s runs nothing", name)
		}
		for _, r := range runs {
			if r.Network || r.Root || r.User != stage.Builder && r.User != "lab" || len(r.Devices) > 0 {
				t.Errorf("%s runs as %q with network %t, root %t, devices %q", name, r.User, r.Network, r.Root, r.Devices)
			}
		}
	}
}

// An interrupt ends a stage before it asks the engine for more.
func TestInterruptEndsAStage(t *testing.T) {
	b := newEngineBench(t)
	ctx, stop := context.WithCancelCause(t.Context())
	cause := errors.New("SIGTERM")
	stop(cause)
	if err := b.rpm(ctx); !errors.Is(err, cause) && !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if runs := b.engine.Runs(); len(runs) != 0 {
		t.Errorf("%d containers ran", len(runs))
	}
}

// Whatever rpmbuild reads is in its key, by name and content.
func TestRPMRunsAgainForWhatIsRead(t *testing.T) {
	b := newEngineBench(t)
	want := 0
	runs := func(what string, changed bool) {
		t.Helper()
		if changed {
			want++
		}
		if err := b.rpm(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(b.engine.Runs()); got != want {
			t.Errorf("%s: %d runs of rpmbuild, want %d", what, got, want)
			want = got
		}
	}
	runs("the first time", true)
	runs("the same again", false)
	for _, name := range []string{"a.tar.gz", "a.patch", "a.spec", "helper"} {
		write(t, filepath.Join(b.dir, name), name+" changed")
		runs("another "+name, true)
	}
	b.spec.SourceFile = "b.tar.gz"
	runs("another name of the tarball", true)
	b.tc.ID = "sha256:others"
	runs("another toolchain", true)
	b.src.Epoch = time.Unix(2, 0)
	runs("another date", true)
	files := b.engine.Runs()[0].Files
	for _, name := range []string{"SOURCES/a.tar.gz", "SOURCES/a.patch", "SOURCES/helper", "SPECS/rdma-core.spec"} {
		if f := files[path.Join(stage.Topdir, name)]; f.Data == "" || f.Owner != stage.BuilderUID {
			t.Errorf("rpmbuild reads %s as %+v", name, f)
		}
	}
}

// Only what changed travels into the build's volume, and the list of all last.
func TestBuildSendsWhatChanged(t *testing.T) {
	b := newEngineBench(t)
	list := path.Join(stage.TreeDir, listFile)
	sent := func() (names []string) {
		t.Helper()
		before := len(b.engine.Runs())
		build, err := b.Build(t.Context(), b.job, b.tree, b.tc)
		if err != nil {
			t.Fatal(err)
		}
		for _, run := range b.engine.Runs()[before:] {
			for name, f := range run.Files {
				if rel, ok := strings.CutPrefix(name, stage.TreeDir+"/"); ok {
					names = append(names, rel)
				}
				if name == list {
					b.engine.Put(build.Volume, list, f.Data)
				}
			}
		}
		slices.Sort(names)
		return names
	}
	for _, step := range []struct {
		what   string
		change func() error
		want   []string
	}{
		{"an empty volume", func() error { return os.Symlink("build.sh", filepath.Join(b.tree.Dir, "link")) }, []string{"files", "tree/build.sh", "tree/link"}},
		{"a volume with all of it", func() error { return nil }, nil},
		{"a new file", func() error { return os.WriteFile(filepath.Join(b.tree.Dir, "new"), nil, 0o644) }, []string{"files", "tree/new"}},
		{"a changed file", func() error { return os.WriteFile(filepath.Join(b.tree.Dir, "build.sh"), []byte("x"), 0o600) }, []string{"files", "tree/build.sh"}},
		{"one that has gone", func() error { return os.Remove(filepath.Join(b.tree.Dir, "new")) }, []string{"files"}},
	} {
		if err := step.change(); err != nil {
			t.Fatal(err)
		}
		b.tree.Key = step.what
		if got := sent(); !slices.Equal(got, step.want) {
			t.Errorf("%s gets %q, want %q", step.what, got, step.want)
		}
	}
}

// A refresh builds what is there too, and takes no layer of an earlier build.
func TestRefreshRebuilds(t *testing.T) {
	b := newEngineBench(t)
	for _, tt := range []struct {
		refresh bool
		built   int
	}{{false, 1}, {false, 1}, {true, 2}} {
		tc, err := b.Toolchain(t.Context(), b.job, b.tc.Base, b.spec.File, tt.refresh)
		if err != nil || tc.ID == "" {
			t.Fatal(tc, err)
		}
		built := b.engine.Built()
		if len(built) != tt.built {
			t.Fatalf("refresh %t: built %d times, want %d", tt.refresh, len(built), tt.built)
		}
		last := built[len(built)-1]
		if last.Args["BASE"] != b.tc.Base.ID || last.Tag != tc.Ref || tt.refresh && !last.NoCache || !tt.refresh && last.NoCache {
			t.Errorf("refresh %t: got %+v", tt.refresh, last)
		}
	}
}
