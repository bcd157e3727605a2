// SPDX-License-Identifier: Apache-2.0

package addon

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// debBench is newBench for Debian, on a tree with debian/copyright.
func debBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.job.Target = job.Deb{Suite: specs.Suite{Name: "bookworm", ShortName: "deb12"}}
	write(t, filepath.Join(b.tree.Dir, "debian", "copyright"), "Files: *\n")
	b.Specs = os.DirFS(filepath.Join(root, "specs"))
	return b
}

// What dpkg-buildpackage reads is a source package of its own; the release's debian/ is not in it, except for its copyright.
func TestDebianBuild(t *testing.T) {
	b := debBench(t)
	made, err := b.Build(t.Context(), b.job, b.tree, b.patch, b.tc)
	if err != nil {
		t.Fatal(err)
	}
	if a := made.Addon; a.Package != "rdma-core-provider-rib" || a.Module != "librib-rdmav65.so" || len(a.Layout) != 16 {
		t.Errorf("the record is %+v", a)
	}
	if _, err := os.Stat(filepath.Join(made.Dir, "logs", "deb.log")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(made.Dir, objectDir)); err == nil {
		t.Error("the measured object is among the packages")
	}
	common, run := b.engine.Runs()[0], b.engine.Runs()[1]
	if run.Network || run.Root || run.User != stage.Builder || run.Env["INTERFACE_OBJECT"] == "" {
		t.Errorf("dpkg-buildpackage runs as %q with network %t, root %t", run.User, run.Network, run.Root)
	}
	files := map[string]string{}
	for name, f := range run.Files {
		if rest, in := strings.CutPrefix(name, stage.DebIn+"/"); in {
			files[rest] = f.Data
		}
	}
	for _, name := range []string{
		"debian/addon.mk", "debian/addon.sh", "debian/changelog", "debian/control", "debian/copyright", "debian/doc/README.md", "debian/doc/RELEASES",
		"debian/patches/a.patch", "debian/patches/series", "debian/rdma-core-provider-rib.docs", "debian/rules", "debian/shlibs.local",
		"debian/source/format", "rdma-core-provider-rib_66.2.orig.tar.gz",
	} {
		if _, has := files[name]; !has {
			t.Errorf("there is no %s in %q", name, slices.Sorted(maps.Keys(files)))
		}
		delete(files, name)
	}
	if len(files) > 0 {
		t.Errorf("there are also %q", slices.Sorted(maps.Keys(files)))
	}
	if mode := run.Files[stage.DebIn+"/debian/rules"].Mode; mode&0o111 == 0 {
		t.Errorf("debian/rules has the mode %s", mode)
	}
	if got := run.Files[stage.DebIn+"/debian/changelog"].Data; !strings.HasPrefix(got, "rdma-core-provider-rib (66.2-1+abi65+deb12) bookworm;") {
		t.Errorf("the changelog is\n%s", got)
	}
	if got := common.Files[stage.DebIn+"/debian/patches/a.patch"].Data; common.Name != "common" || got != "common.patch" {
		t.Errorf("%s reads the patch %q, want the one with an empty provider", common.Name, got)
	}
}

// Each input of dpkg-buildpackage is in the add-on's key.
func TestDebianKey(t *testing.T) {
	b := debBench(t)
	keys := map[string]bool{}
	for _, change := range []func(){
		func() {},
		func() { write(t, b.tree.Source.Tarball, "another") },
		func() { write(t, b.patch.File, "another") },
		func() { write(t, filepath.Join(b.tree.Dir, "debian", "copyright"), "another") },
		func() { b.job.Suffix = ".r2" },
		func() { b.tc.ID = "sha256:others" },
	} {
		change()
		made, err := b.Build(t.Context(), b.job, b.tree, b.patch, b.tc)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := b.Build(t.Context(), b.job, b.tree, b.patch, b.tc); err != nil || again.Key != made.Key {
			t.Errorf("the same again has another key, %v", err)
		}
		keys[made.Key] = true
	}
	if n := b.built(); n != len(keys) || n != 6 {
		t.Errorf("%d builds of %d inputs, want 6", n, len(keys))
	}
}

// Without the licences' texts, or the provider's paragraph among them, there is no package.
func TestDebianBuildNeedsCopyright(t *testing.T) {
	b := debBench(t)
	if err := os.Remove(filepath.Join(b.tree.Dir, "debian", "copyright")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Build(t.Context(), b.job, b.tree, b.patch, b.tc); !errors.Is(err, errNoCopyright) {
		t.Errorf("got %v", err)
	}
	b = debBench(t)
	b.tree.Result.Skipped = []provider.Skipped{{File: "debian/copyright", Why: "no paragraphs"}}
	if _, err := b.Build(t.Context(), b.job, b.tree, b.patch, b.tc); !errors.Is(err, errNoPlace) || !strings.Contains(err.Error(), "no paragraphs") {
		t.Errorf("got %v", err)
	}
	if n := b.built(); n != 0 {
		t.Errorf("%d builds", n)
	}
}

// The toolchain's control file has all optional parts, and what the provider's build requires of Debian.
func TestDebianTools(t *testing.T) {
	b := debBench(t)
	b.job.Provider = folderProvider(t, nil)
	b.job.Provider.Manifest.BuildRequires.RPM, b.job.Provider.Manifest.BuildRequires.Debian = []string{"numactl-devel"}, []string{"libnuma-dev"}
	tools, err := b.Tools(t.Context(), b.job)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(tools.File)
	if err != nil || filepath.Base(tools.File) != artifact.ControlFile {
		t.Errorf("%s: %v", tools.File, err)
	}
	if got := string(text); !strings.Contains(got, "pandoc") || !strings.Contains(got, "libnuma-dev") || strings.Contains(got, "numactl") {
		t.Errorf("got\n%s", got)
	}
}

// The add-on for a libibverbs is the one of the oldest release with its interface that is there, if that is no newer than it.
func TestForRelease(t *testing.T) {
	for _, tt := range []struct {
		release string
		have    []string
		want    string
	}{
		{"44.0", []string{"44.0", "45.0", "56.1"}, "44.0"},
		{"56.1", []string{"44.0", "45.0", "56.1"}, "45.0"},
		{"56.1", []string{"56.1"}, "56.1"},
		{"50.0", []string{"56.1"}, ""},
		{"44.0", []string{"45.0"}, ""},
		{"99.0", nil, "99.0"},
	} {
		b := debBench(t)
		b.Runner = stagetest.NewRunner(t, nil)
		b.Resolve = func(_ context.Context, j job.Job, _ *ui.Stage) error {
			if !slices.Contains(tt.have, j.Version) {
				return errors.New("not there")
			}
			return nil
		}
		got, err := b.For(t.Context(), b.job, tt.release)
		advice, ok := errors.AsType[*stage.AdviceError](err)
		if none := tt.want == ""; none && (!ok || !strings.Contains(advice.Error(), tt.release)) || !none && (err != nil || got.Version != tt.want) {
			t.Errorf("for %s of %q: %s, %v", tt.release, tt.have, got.Version, err)
		}
	}
}
