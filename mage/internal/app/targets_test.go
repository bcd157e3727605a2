// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

// trial is the app over an engine that records, with a small release and provider.
type trial struct {
	*App

	engine   *stagetest.Engine
	out, err bytes.Buffer
}

func newTrial(t *testing.T) *trial {
	t.Helper()
	dir := t.TempDir()
	t.Setenv(cacheVariable, filepath.Join(dir, "cache"))
	t.Setenv(distVariable, filepath.Join(dir, "dist"))
	a, err := open(t.Context(), Flags{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.close(nil); err != nil {
			t.Error(err)
		}
	})
	b := &trial{App: a, engine: &stagetest.Engine{Answer: stagetest.Packages(t, "../pack/addon/testdata/layout/shared.o")}}
	b.engine.Put("", "/lab/version", "6.12.0-verbs\n")
	a.ui = ui.New(ui.Options{Out: &b.out, Err: &b.err, LogDir: filepath.Join(dir, "logs"), Locate: a.place.locate})
	t.Cleanup(a.ui.Close)
	a.pipeline.UI = a.ui
	a.pipeline.Engine = func(context.Context) (stage.Engine, error) { return b.engine, nil }
	// Nothing is known of the release, so that it is what it says.
	a.releases = &specs.Releases{LabImage: "debian:trixie"}
	a.pipeline.Releases, a.pipeline.Interfaces = a.releases, &specs.Interfaces{}
	if a.pipeline.Sums, err = specs.OpenSums(filepath.Join(dir, "sums")); err != nil {
		t.Fatal(err)
	}
	files := releasetest.Files()
	files["buildlib/make_abi_structs.py"] = "# nothing\n"
	files["libibverbs/driver.h"] = "struct verbs_context_ops {\n\tint (*a)(void);\n};\nstruct verbs_device_ops {\n\tconst char *name;\n};\n"
	given := releasetest.Clone(t, files) + "@v56.1"
	pr := releasetest.Provider(t, "fly", true, nil)
	putFile(t, filepath.Join(pr.Dir, "lab", "Kbuild"), "obj-m := fly.o\n")
	b.flags = Flags{Source: &given, Provider: &pr.Dir, Base: new("registry")}
	return b
}

// probed has a probe find what is known of each distro, and say more in the end.
func probed(more string) func(*trial) {
	return func(b *trial) {
		b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
			distro, err := b.distros.Find(value(b.flags.Distro, "rocky9"))
			if err != nil || !slices.Contains(run.Argv, "plain") {
				return containers.Result{}, err
			}
			known := distro.Known()
			if more != "" {
				delete(known, "os ID")
			}
			for key, words := range known {
				if _, err := fmt.Fprintf(run.Stdout, "=%s\t%s\n", key, words); err != nil {
					return containers.Result{}, err
				}
			}
			_, err = io.WriteString(run.Stdout, more)
			return containers.Result{}, err
		}
	}
}

func putFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func judges(kind *string) func(*App, context.Context) error {
	return func(a *App, ctx context.Context) error { return a.TestJudges(ctx, kind) }
}

// Each target shows what it has made, and where it is.
func TestTargetsShowWhatTheyMade(t *testing.T) {
	for _, tt := range []struct {
		target string
		call   func(*App, context.Context) error
		set    func(*trial)
		fails  string
		want   []string
	}{
		{"patch", (*App).Patch, nil, "", []string{
			"rdma-core-fly.patch applies with git apply and patch -p1 -F0; RDMA_DRIVER_FLY = 3", "| providers/fly/fly.c",
		}},
		{"patch of none", (*App).Patch, func(b *trial) { b.flags.Provider = new("none") }, errNoProvider.Error(), nil},
		{"spec", (*App).Spec, nil, "", []string{"+Patch0: rdma-core-fly.patch", "rdma-core-56.1/rdma-core.spec\n"}},
		{"build", (*App).Build, nil, "", []string{}},
		{"rpm", (*App).RPM, nil, "", []string{"rdma-core 56.1 for rocky9\n", "tiny-1-1.noarch.rpm", "| 1-1"}},
		{"inspect", inspect(InspectFlags{}), nil, "", []string{"tiny", "rpm -provider=none builds the stock packages"}},
		{"test:integration", (*App).TestIntegration, nil, "", []string{"13 passed, 0 failed\n", "junit.xml\n", "| ibv_devices lists fly0"}},
		{"test:integration of none", (*App).TestIntegration, func(b *trial) { b.flags.Provider = new("none") }, errNoProvider.Error(), nil},
		{"test:rebuild", (*App).TestRebuild, nil, "", []string{"rebuilt from the source package alone contain the same files"}},
		{"test:judges", judges(nil), nil, "", []string{"4 passed, 0 failed\n", "junit-judges.xml\n", "| dnf repoclosure: "}},
		{"test:judges of Debian's", judges(new("deb")), func(b *trial) { b.flags.Suite = new("bookworm") }, "", []string{"3 passed, 0 failed\n"}},
		{"test:judges of none", judges(nil), func(b *trial) { b.flags.Provider = new("none") }, errNoProvider.Error(), nil},
		{"test:judges of an unknown kind", judges(new("x")), nil, `unknown kind of packages "x"`, nil},
		{"deb", (*App).Deb, func(b *trial) { b.flags.Suite = new("bookworm") }, "", []string{"debian-bookworm", "libfly1", "lintian: 0 errors, 0 hints"}},
		{"test:deb", (*App).TestDeb, func(b *trial) { b.flags.Suite = new("bookworm") }, "", []string{" passed, 0 failed\n"}},
		{"rpm:addon", (*App).RPMAddon, nil, "", []string{"rdma-core-provider-fly for rocky9", "libfly-rdmav34.so", "from 56.0, below 57.0"}},
		{"test:addon", (*App).TestAddon, nil, "", []string{" passed, 0 failed\n", "skipped: no add-on for another release in dist/"}},
		{"deb:addon", (*App).DebAddon, func(b *trial) { b.flags.Suite = new("trixie") }, "", []string{
			"rdma-core-provider-fly for debian-trixie", "libfly-rdmav34.so", "lintian: 0 errors, 0 hints", "from 56.0, below 57.0",
		}},
		{"test:debaddon", (*App).TestDebAddon, nil, "", []string{
			" passed, 0 failed\n", "56.1 next to rdma-core 56.1", "build one with deb:addon", "an upgrade to libibverbs1 57.0, which it is not for",
		}},
		{"test:debaddon of none", (*App).TestDebAddon, func(b *trial) { b.flags.Provider = new("none") }, errNoProvider.Error(), nil},
		{"test:debaddon of an unknown suite", (*App).TestDebAddon, func(b *trial) { b.flags.Suite = new("x") }, `unknown suite "x"`, nil},
		{"test:kernel", (*App).TestKernel, nil, "the guest", nil},
		{"test:kernel of an unknown case", (*App).TestKernel, func(b *trial) { b.flags.Cases = new("none") }, "unknown case", nil},
		{"test:kernel of the tree and an add-on", (*App).TestKernel, func(b *trial) {
			b.flags.Module, b.flags.Packages = new("tree"), new("addon")
		}, errTreeOverAddon.Error(), nil},
		{"test:kernel of the tree, without packages", (*App).TestKernel, func(b *trial) { b.flags.Module = new("tree") }, "manifest.json", nil},
		{"test:kernel of an unknown module", (*App).TestKernel, func(b *trial) { b.flags.Module = new("x") }, "module", nil},
		{"test:kernel of unknown packages", (*App).TestKernel, func(b *trial) { b.flags.Packages = new("x") }, "packages", nil},
		{"distro:probe", (*App).DistroProbe, probed(""), "", []string{"| os ID ", "| same", "0 unexpected, 0 not asked", "rocky9/probe.txt\n"}},
		{"distro:probe of an unknown distro", (*App).DistroProbe, func(b *trial) { b.flags.Distro = new("x") }, `unknown distro "x"`, nil},
		{"distro:probe that differs", (*App).DistroProbe, probed("=os ID\tx\n"), "rocky9: 1 unexpected differences (os ID)", []string{"| DIFFERS "}},
		{"distro:probe without answers", (*App).DistroProbe, nil, "facts that could not be asked for", []string{"| NOT ASKED "}},
		{"distro:probe -distro=all", (*App).DistroProbe, func(b *trial) {
			probed("=os ID\tx\n")(b)
			b.flags.Distro = new(allDistros)
		}, "centos-stream10: 1 unexpected differences (os ID)\n", []string{"rocky8/probe.txt\n"}},
		{"toolchain:list", (*App).ToolchainList, nil, "", []string{"toolchains for rdma-core 56.1", "| rocky9 ", "| debian-bookworm ", "base not available yet"}},
		{"toolchain:build", (*App).ToolchainBuild, nil, "", []string{"rocky9 on rockylinux/rockylinux:9: verbsmith/toolchain"}},
		{"toolchain:build for Debian", (*App).ToolchainBuild, func(b *trial) { b.flags.Suite = new("bookworm") }, "", []string{"debian-bookworm on "}},
		{"provider:check", (*App).ProviderCheck, nil, "2 checks failed: ABI header, symbols", []string{
			"10 checks: 8 passed, 2 failed, 0 skipped; 0 warnings", "| compiles      | pass", "| ibv_devices   | pass",
		}},
		{"provider:check -depth=edit", (*App).ProviderCheck, func(b *trial) { b.flags.Depth = new("edit") }, "", []string{"| -      | -depth=edit", "4 skipped"}},
	} {
		t.Run(tt.target, func(t *testing.T) {
			b := newTrial(t)
			if tt.set != nil {
				tt.set(b)
			}
			err := tt.call(b.App, t.Context())
			if tt.fails == "" && err != nil || tt.fails != "" && (err == nil || !strings.Contains(err.Error(), tt.fails)) {
				t.Errorf("got the error %v, want %q\n%s", err, tt.fails, b.err.String())
			}
			for _, want := range tt.want {
				if !strings.Contains(b.out.String(), want) {
					t.Errorf("want %q in\n%s", want, b.out.String())
				}
			}
		})
	}
}

// What is up to date is not made again, and that is said.
func TestNothingToDoIsSaid(t *testing.T) {
	b := newTrial(t)
	if err := b.RPM(t.Context()); err != nil {
		t.Fatal(err)
	}
	first, made := b.pipeline.Runner, len(b.engine.Runs())
	b.pipeline.Runner = &stage.Runner{CacheDir: first.CacheDir, Cache: first.Cache, UI: first.UI, Log: first.Log, Engine: first.Engine}
	b.out.Reset()
	if err := b.RPM(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.out.String(), "nothing to do: ") || len(b.engine.Runs()) != made {
		t.Errorf("ran %d more containers:\n%s", len(b.engine.Runs())-made, b.out.String())
	}
}
