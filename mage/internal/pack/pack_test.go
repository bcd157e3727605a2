// SPDX-License-Identifier: Apache-2.0

package pack

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

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// bench is a packer over an engine that records, and what its stages take.
type bench struct {
	*Packer

	engine *stagetest.Engine
	dir    string
	job    job.Job
	src    artifact.Source
	tree   artifact.Tree
	patch  artifact.Patch
	spec   artifact.Spec
	debian artifact.DebianSource
	tc     artifact.Toolchain
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir, engine := t.TempDir(), &stagetest.Engine{}
	for _, name := range []string{"a.tar.gz", "a.patch", "common/a.patch", "a.spec", "helper", "tree/build.sh", "debian/control"} {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), name)
	}
	b := &bench{
		Packer: &Packer{Runner: stagetest.NewRunner(t, engine)},
		engine: engine, dir: dir,
		job: job.Job{Target: job.RPM{Distro: specs.Distro{Name: "rocky9"}}, Provider: &provider.Provider{
			Dir: dir, Manifest: provider.Manifest{Name: "fly"},
		}},
		src: artifact.Source{Version: "56.1", Tarball: filepath.Join(dir, "a.tar.gz"), Epoch: time.Unix(1, 0), Package: &artifact.SourcePackage{
			Dir: dir, Tarball: "a.tar.gz", Spec: "a.spec", Files: []string{"a.tar.gz", "a.spec", "helper"},
		}},
		patch:  artifact.Patch{File: filepath.Join(dir, "a.patch"), Name: "a.patch", Common: filepath.Join(dir, "common", "a.patch")},
		spec:   artifact.Spec{File: filepath.Join(dir, "a.spec"), SourceFile: "a.tar.gz"},
		debian: artifact.DebianSource{Dir: filepath.Join(dir, "debian"), Digest: "d"},
		tc:     artifact.Toolchain{ID: "sha256:tools", Base: artifact.Base{ID: "sha256:base", Folder: "rocky9"}},
	}
	b.tree = artifact.Tree{Dir: filepath.Join(dir, "tree"), Digest: "t", Source: b.src}
	return b
}

func (b *bench) rpm(ctx context.Context) error {
	_, err := b.RPM(ctx, b.job, b.sources())
	return err
}

// runs are the containers of that name.
func (b *bench) runs(name string) []stagetest.Run {
	return slices.DeleteFunc(b.engine.Runs(), func(run stagetest.Run) bool { return run.Name != name })
}

func (b *bench) sources() Sources {
	return Sources{Source: b.src, Patch: b.patch, Spec: b.spec, Toolchain: b.tc}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// An interrupt ends a stage before it asks the engine for more.
func TestInterruptEndsAStage(t *testing.T) {
	b := newBench(t)
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
	b := newBench(t)
	want := 0
	runs := func(what string, changed bool) {
		t.Helper()
		if changed {
			want++
		}
		if err := b.rpm(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(b.runs("rpm")); got != want {
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
	files := b.runs("rpm")[0].Files
	for _, name := range []string{"SOURCES/a.tar.gz", "SOURCES/a.patch", "SOURCES/helper", "SPECS/rdma-core.spec"} {
		if f := files[path.Join(stage.Topdir, name)]; f.Data == "" || f.Owner != stage.BuilderUID {
			t.Errorf("rpmbuild reads %s as %+v", name, f)
		}
	}
}

// rpmbuild gets all that a source package holds, once, and of a release the tarball alone;
// the patch where there is a provider.
func TestRPMInputs(t *testing.T) {
	b := newBench(t)
	released, stock := b.src, b.job
	released.Package, stock.Provider = nil, nil
	for _, tt := range []struct {
		what string
		job  job.Job
		src  artifact.Source
		want []string
	}{
		{"a source package", b.job, b.src, []string{"SOURCES/a.patch", "SOURCES/a.tar.gz", "SOURCES/helper", "SPECS/rdma-core.spec"}},
		{"a release", b.job, released, []string{"SOURCES/a.patch", "SOURCES/a.tar.gz", "SPECS/rdma-core.spec"}},
		{"a release without a provider", stock, released, []string{"SOURCES/a.tar.gz", "SPECS/rdma-core.spec"}},
	} {
		var got []string
		b.src = tt.src
		for _, f := range rpmFiles(tt.job, b.sources(), b.patch.File) {
			got = append(got, f.Name)
			if f.Time != b.src.Epoch || f.Owner != stage.BuilderUID {
				t.Errorf("%s: %s is dated %v and owned by %d", tt.what, f.Name, f.Time, f.Owner)
			}
		}
		if slices.Sort(got); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}

// dpkg-buildpackage reads the release's tarball under Debian's name and debian/, and runs
// again for another of either.
func TestDebReadsTarballAndDebian(t *testing.T) {
	b := newBench(t)
	deb := func(what string, runs int) {
		t.Helper()
		pkgs, err := b.Deb(t.Context(), b.job, b.src, b.debian, b.tc)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(b.runs("deb")); got != runs {
			t.Errorf("%s: %d runs, want %d", what, got, runs)
		}
		if _, err := os.Stat(filepath.Join(pkgs.Dir, "logs", "deb.log")); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	deb("the first time", 1)
	deb("the same again", 1)
	run := b.runs("deb")[0]
	for name, want := range map[string]string{
		stage.DebIn + "/rdma-core_56.1.orig.tar.gz": "a.tar.gz",
		stage.DebIn + "/debian/control":             "debian/control",
	} {
		if f := run.Files[name]; f.Data != want || f.Owner != stage.BuilderUID {
			t.Errorf("%s is %+v, want %q", name, f, want)
		}
	}
	write(t, b.src.Tarball, "another")
	deb("another tarball", 2)
	write(t, filepath.Join(b.debian.Dir, "control"), "another")
	deb("another debian/", 3)
	b.tc.ID = "sha256:others"
	deb("another toolchain", 4)

	suffix := func() string {
		argv := b.runs("deb")[len(b.runs("deb"))-1].Argv
		return argv[slices.Index(argv, "56.1")+1]
	}
	if got := suffix(); got != "" {
		t.Errorf("the version gets the suffix %q on a real base", got)
	}
	b.tc.Base.Standin = true
	deb("a stand-in", 5)
	if got := suffix(); got != ".standin" {
		t.Errorf("the version gets the suffix %q on a stand-in", got)
	}
}

// Lintian's hints are not errors of the stage; a missing output is one.
func TestLintianReadsPackages(t *testing.T) {
	b := newBench(t)
	pkgs := artifact.Packages{Dir: filepath.Join(b.dir, "debian"), Digest: "p"}
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		write(t, filepath.Join(run.Outputs[0].Dir, lintianFile), stockSays)
		return containers.Result{}, nil
	}
	said, err := b.Lintian(t.Context(), pkgs, b.tc)
	if err != nil || len(said.Hints) != 3 {
		t.Fatalf("got %+v, %v", said, err)
	}
	run := b.engine.Runs()[0]
	if f := run.Files[lintianIn+"/control"]; f.Data != "debian/control" || f.Owner != stage.BuilderUID || run.User != stage.Builder || run.Network {
		t.Errorf("lintian reads %+v as %q with network %t", run.Files, run.User, run.Network)
	}
	if _, err := b.Lintian(t.Context(), pkgs, b.tc); err != nil || len(b.engine.Runs()) != 1 {
		t.Errorf("the same packages again: %d runs, %v", len(b.engine.Runs()), err)
	}
	wrong := &LintianError{Errors: said.Errors(), Output: said.File}
	if want := "E: rdma-core source: bad-thing [debian/control:12]"; !strings.Contains(wrong.Error(), want) || wrong.LogPath() != said.File {
		t.Errorf("got %q with the log %q", wrong, wrong.LogPath())
	}
	b.engine.Answer, pkgs.Digest = nil, "q"
	if _, err := b.Lintian(t.Context(), pkgs, b.tc); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("lintian wrote nothing: %v", err)
	}
}

// A rebuild reads the source package alone, and returns the packages.
func TestRebuildReadsTheSourcePackage(t *testing.T) {
	b := newBench(t)
	dist, out := artifact.Dist{Dir: b.dir}, filepath.Join(b.dir, "out")
	if _, err := b.Rebuild(t.Context(), b.job, SourceRPM{Dist: dist, Source: b.src, Toolchain: b.tc}, out); !errors.Is(err, errNoSourcePackage) {
		t.Errorf("no source package: %v", err)
	}
	write(t, filepath.Join(b.dir, "SRPMS", "a.src.rpm"), "source")
	dist.Manifest.Files = []artifact.Output{{Path: "RPMS/a.rpm"}, {Path: "SRPMS/a.src.rpm"}}
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		write(t, filepath.Join(run.Outputs[0].Dir, "noarch", "b.rpm"), "rebuilt")
		return containers.Result{}, nil
	}
	rebuilt, err := b.Rebuild(t.Context(), b.job, SourceRPM{Dist: dist, Source: b.src, Toolchain: b.tc}, out)
	if err != nil || rebuilt.Dir != out || len(rebuilt.Manifest.Files) != 1 || rebuilt.Manifest.Files[0].Path != "RPMS/noarch/b.rpm" {
		t.Errorf("got %+v, %v", rebuilt, err)
	}
	for name, f := range b.engine.Runs()[0].Files {
		if strings.HasPrefix(name, stage.Topdir) && (name != stage.Topdir+"/in.src.rpm" || f.Data != "source") {
			t.Errorf("rpmbuild reads %s: %+v", name, f)
		}
	}
	b.engine.Answer = func(stagetest.Run) (containers.Result, error) { return containers.Result{ExitCode: 1}, nil }
	if _, err := b.Rebuild(t.Context(), b.job, SourceRPM{Dist: dist, Source: b.src, Toolchain: b.tc}, out); err == nil {
		t.Error("rpmbuild ended with 1, and nothing failed")
	}
}

// A container that ends with 1 fails its stage, and what it made is not taken the next time.
func TestFailureFailsItsStage(t *testing.T) {
	for name, run := range map[string]func(*bench) error{
		"rpm": func(b *bench) error { return b.rpm(t.Context()) },
		"deb": func(b *bench) error {
			_, err := b.Deb(t.Context(), b.job, b.src, b.debian, b.tc)
			return err
		},
		"build": func(b *bench) error {
			_, err := b.Build(t.Context(), b.job, b.tree, b.tc)
			return err
		},
		"lintian": func(b *bench) error {
			_, err := b.Lintian(t.Context(), artifact.Packages{Dir: b.debian.Dir, Digest: "p"}, b.tc)
			return err
		},
	} {
		b := newBench(t)
		b.engine.Answer = func(stagetest.Run) (containers.Result, error) { return containers.Result{ExitCode: 1}, nil }
		for range 2 {
			failed, ok := errors.AsType[*stage.Error](run(b))
			if !ok || failed.Name != name {
				t.Errorf("%s ended with 1: %v", name, failed)
			}
		}
		if n := len(b.engine.Runs()); n != 2 {
			t.Errorf("%s ran %d times, want 2", name, n)
		}
	}
}
