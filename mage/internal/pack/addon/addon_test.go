// SPDX-License-Identifier: Apache-2.0

package addon

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

const root = "../../../.." // the repository

// knownData is a packer with the project's own releases and interfaces.
func knownData(t *testing.T) *Packer {
	t.Helper()
	data := os.DirFS(filepath.Join(root, "specs"))
	releases, err := specs.LoadReleases(data)
	if err != nil {
		t.Fatal(err)
	}
	interfaces, err := specs.LoadInterfaces(data, releases)
	if err != nil {
		t.Fatal(err)
	}
	return &Packer{Runner: stagetest.NewRunner(t, nil), Specs: data, Releases: releases, Interfaces: interfaces}
}

// TestServes: a module is for the release that it was built in and the
// newer ones of the same interface, and never for an older one.
func TestServes(t *testing.T) {
	p := knownData(t)
	none := &driverapi.History{}
	for _, tt := range []struct {
		version     string
		private     int
		calls       string
		from, below string
		known       bool
		with        []string
		without     []string
	}{
		{"56.1", 34, "", "56.0", "57.0", true, []string{"56.0", "56.4"}, []string{"55.0", "57.0"}},
		{"45.0", 34, "", "45.0", "57.0", true, []string{"45.0", "54.0", "56.1"}, []string{"44.0", "44.12", "57.0"}},
		{"45.0", 34, "ibv_cmd_reg_dmabuf_mr", "45.0", "54.0", true, []string{"53.6"}, []string{"54.0"}},
		{"35.0", 34, "", "35.0", "36.0", true, []string{"35.0"}, []string{"34.0", "36.0", "56.1"}},
		{"62.1", 59, "", "62.0", "64.0", true, []string{"62.0", "63.1"}, []string{"61.1", "64.0"}},
		{"65.0", 65, "", "65.0", "66.0", true, []string{"65.0"}, []string{"64.0"}},
		// Not known: that release alone, and what a source says of itself wins.
		{"66.2", 65, "", "66.0", "67.0", false, nil, []string{"65.0"}},
		{"56.1", 35, "", "56.0", "57.0", false, nil, nil},
	} {
		t.Run(tt.version+tt.calls, func(t *testing.T) {
			text := p.serves("rib", tt.version, tt.private, func(f string) bool { return f == tt.calls }, none)
			a := text.addon
			if a.From != tt.from || a.Below != tt.below || text.known != tt.known {
				t.Errorf("from %s below %s, known %v", a.From, a.Below, text.known)
			}
			for _, v := range tt.with {
				if !a.Serves(v) || !slices.Contains(a.Releases, v) {
					t.Errorf("is not for %s: %v", v, a.Releases)
				}
			}
			for _, v := range tt.without {
				if a.Serves(v) || slices.Contains(a.Releases, v) {
					t.Errorf("is for %s: %v", v, a.Releases)
				}
			}
			if !tt.known && len(a.Releases) > 0 {
				t.Errorf("names releases that nobody has looked at: %v", a.Releases)
			}
		})
	}
}

// TestServesNoneWithTheProvider: the range ends at the first release that has the provider itself.
func TestServesNoneWithTheProvider(t *testing.T) {
	p := knownData(t)
	history := &driverapi.History{Oldest: "32.0", Providers: []driverapi.Presence{{Name: "fly", From: "61.0"}}}
	never := func(string) bool { return false }
	a := p.serves("fly", "59.0", 59, never, history).addon
	if a.Below != "61.0" || !slices.Contains(a.Releases, "60.0") || slices.Contains(a.Releases, "61.0") {
		t.Errorf("got below %s, %v", a.Below, a.Releases)
	}
	if other := p.serves("rib", "59.0", 59, never, history).addon; other.Below != "62.0" {
		t.Errorf("another provider: got below %s", other.Below)
	}
}

// TestSpecText: what a manifest says is text to RPM.
func TestSpecText(t *testing.T) {
	text := addonText{addon: artifact.Addon{PrivateABI: 34, From: "56.0", Below: "57.0"}}
	got := string(text.specText(specValues{
		provider: "rib", folders: "providers/rib providers/rib/man", version: "56.1", licence: "MIT",
		description: "%{lua:os.execute('x')} %(touch /x) {", library: true, suffix: ".r2",
	}, []byte("Name: %{provider}\n%description\n")))
	const want = `%global provider rib
%global provider_folders providers/rib providers/rib/man
%global private_abi 34
%global rdma_version 56.1
%global interface_from 56.0
%global interface_below 57.0
%global provider_license MIT
%global provider_library 1
%global provider_pages 0
%global release_suffix .r2

Name: %{provider}
%description
librib: %%{lua:os.execute('x')} %%(touch /x) {
`
	if got != want {
		t.Errorf("got\n%s", got)
	}
}

// folderProvider is a provider whose directory has the given files, none of which is copied.
func folderProvider(t *testing.T, files map[string]string) *provider.Provider {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	return &provider.Provider{Dir: dir, Manifest: provider.Manifest{Name: "rib"}}
}

// TestDocuments: the README and the licence texts come along though they do
// not travel into rdma-core, links and all else do not.
func TestDocuments(t *testing.T) {
	pr := folderProvider(t, map[string]string{
		"README.md": "read", "LICENSE": "may", "COPYING.vendor": "may too", "rib.c": "int x;", "README.md~": "old", "sub/README": "deep",
	})
	if err := os.Symlink("/etc/passwd", filepath.Join(pr.Dir, "LICENSE.link")); err != nil {
		t.Fatal(err)
	}
	text := addonText{addon: artifact.Addon{Module: "librib-rdmav34.so", PrivateABI: 34, From: "66.0", Below: "67.0"}}
	src := artifact.Source{Version: "66.1", Epoch: time.Unix(1700000000, 0)}
	data, err := text.documentsTar(pr, src)
	if err != nil {
		t.Fatal(err)
	}
	again, err := text.documentsTar(pr, src)
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("not the same bytes each time: %v", err)
	}
	got := map[string]string{}
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		body, _ := io.ReadAll(r)
		got[h.Name] = string(body)
		if !h.ModTime.Equal(src.Epoch) {
			t.Errorf("%s is of %s", h.Name, h.ModTime)
		}
	}
	releases := got["documents/doc/RELEASES"]
	delete(got, "documents/doc/RELEASES")
	want := map[string]string{
		"documents/doc/README.md": "read", "documents/license/LICENSE": "may", "documents/license/COPYING.vendor": "may too",
	}
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
	for name, body := range want {
		if got[name] != body {
			t.Errorf("%s is %q", name, got[name])
		}
	}
	for _, part := range []string{"librib-rdmav34.so", "rdma-core 66.1", "66.0", "below 67.0", "has not been examined"} {
		if !strings.Contains(releases, part) {
			t.Errorf("RELEASES does not say %q:\n%s", part, releases)
		}
	}
}

func TestSourceFiles(t *testing.T) {
	s := sourceFiles{
		"a.c": []byte("// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB\n\treturn ibv_cmd_reg_dmabuf_mr(pd);\n"),
		"b.h": []byte("/* SPDX-License-Identifier: GPL-2.0  OR Linux-OpenIB */\n"),
		"c.h": []byte("no word\n"),
	}
	if !s.calls("ibv_cmd_reg_dmabuf_mr") || s.calls("ibv_cmd_reg_dmabuf") || s.calls("cmd_reg_dmabuf_mr") {
		t.Error("a name is a whole word")
	}
	for _, tt := range []struct{ more, want string }{
		{"", "GPL-2.0 OR Linux-OpenIB"},
		{"# SPDX-License-Identifier: MIT\n", "(GPL-2.0 OR Linux-OpenIB) AND MIT"},
		{"/* SPDX-License-Identifier: %{lua:x} */\n", "GPL-2.0 OR Linux-OpenIB"},
	} {
		s["more"] = []byte(tt.more)
		if got, err := s.licence(); err != nil || got != tt.want {
			t.Errorf("%q, %v, want %q", got, err, tt.want)
		}
	}
	if got, err := (sourceFiles{"c": []byte("x")}).licence(); !errors.Is(err, errNoLicence) {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestNotInUpstream: a package next to a libibverbs that has the provider would
// bring the same files.
func TestNotInUpstream(t *testing.T) {
	j := job.Job{Provider: &provider.Provider{Manifest: provider.Manifest{Name: "rib"}}}
	src := artifact.Source{Tree: t.TempDir(), Version: "66.0"}
	if err := NotInUpstream(j, src); err != nil {
		t.Error(err)
	}
	write(t, filepath.Join(src.Tree, "providers/rib/CMakeLists.txt"), "")
	err := NotInUpstream(j, src)
	if _, ok := errors.AsType[*InUpstreamError](err); !ok || !strings.Contains(err.Error(), "66.0 has the provider rib") {
		t.Errorf("got %v", err)
	}
}

// TestTarball: of a distro's source package it is the tree with the distro's
// patches, since ours is made against that.
func TestTarball(t *testing.T) {
	src := artifact.Source{Version: "56.1", Tree: t.TempDir(), Tarball: "/released.tar.gz", Epoch: time.Unix(1700000000, 0)}
	write(t, filepath.Join(src.Tree, "a/patched"), "by the distro")
	p := knownData(t)
	if f, err := p.packTarball(t.Context(), src); err != nil || f.Path != src.Tarball || f.Data != nil {
		t.Errorf("of a release: %+v, %v", f, err)
	}
	src.Package = &artifact.SourcePackage{}
	f, err := p.packTarball(t.Context(), src)
	if err != nil || f.Data != nil || f.Name != "SOURCES/rdma-core-56.1.tar.gz" {
		t.Fatalf("of a source package: %q %q, %v", f.Name, f.Path, err)
	}
	data, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for r := tar.NewReader(packed); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r)
		found = found || h.Name == "rdma-core-56.1/a/patched" && string(body) == "by the distro"
	}
	if !found {
		t.Error("the distro's file is not in it")
	}
	again, err := knownData(t).packTarball(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(again.Path); err != nil || !bytes.Equal(data, text) {
		t.Errorf("not the same bytes each time: %v", err)
	}
}

// TestMeasure holds what was built against what is known of the release.
func TestMeasure(t *testing.T) {
	const object = "testdata/layout/shared.o"
	other := addonText{known: true, layout: "0123456789abcdef"}
	err := other.measure("56.1", object)
	if e, ok := errors.AsType[*LayoutError](err); !ok || e.Known != other.layout || e.Version != "56.1" {
		t.Errorf("another layout than the release's: %v", err)
	}
	same := addonText{known: true, layout: other.addon.Layout}
	if err := same.measure("56.1", object); err != nil || same.addon.Layout != same.layout {
		t.Errorf("the release's layout: %q, %v", same.addon.Layout, err)
	}
	var unknown addonText
	if err := unknown.measure("66.0", object); err != nil || unknown.addon.Layout == "" {
		t.Errorf("a release that is not known: %q, %v", unknown.addon.Layout, err)
	}
	if err := unknown.measure("66.0", "testdata/layout/none.o"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no object: %v", err)
	}
}

// TestPlan: of each interface the oldest release that the clone has, and
// for what is left out why.
func TestPlan(t *testing.T) {
	dir := t.TempDir()
	clone := filepath.Join(dir, "clone")
	git := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", clone}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@host.example",
			"GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@host.example")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	write(t, filepath.Join(clone, "CMakeLists.txt"), "")
	git("init", "-q")
	for _, version := range []string{"35.1", "36.1", "36.2", "50.0", "900.1", "900.0"} {
		write(t, filepath.Join(clone, "CMakeLists.txt"), "project(rdma-core C)\nset(PACKAGE_VERSION \""+version+"\")\n")
		git("add", ".")
		git("commit", "-q", "-m", version)
		git("tag", "v"+version)
	}
	p, log := knownData(t), new(bytes.Buffer)
	p.Log = slog.New(slog.NewTextHandler(log, nil))
	sums, err := specs.OpenSums(filepath.Join(dir, "sums"))
	if err != nil {
		t.Fatal(err)
	}
	p.Resolve = func(ctx context.Context, j job.Job, s *ui.Stage) error {
		_, err := upstream.Resolve(ctx, upstream.Request{
			Version: j.Version, Source: j.Given, Sums: sums, CacheDir: filepath.Join(dir, "cache"), Log: s.Log(),
		})
		return err
	}
	if !IsClone(clone) || IsClone(clone+"@v35.1") || IsClone(dir) {
		t.Error("a clone is the directory of a repository")
	}
	choices, err := p.Plan(t.Context(), job.Job{Provider: folderProvider(t, nil), Given: clone})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), `releases="900.0 900.1" choose="releases:add 900.0 -source=CLONE"`) {
		t.Errorf("said %s", log)
	}
	got := map[string]string{}
	var unserved []string
	for _, c := range choices {
		got[c.Interface.From] = c.Job.Version
		if c.Err == nil && c.Job.Given != clone+"@v"+c.Job.Version {
			t.Errorf("%s is built from %s", c.Job.Version, c.Job.Given)
		}
		from := ""
		if c.Err == nil {
			from = p.serves("rib", c.Job.Version, c.Interface.PrivateABI, func(string) bool { return false }, &driverapi.History{}).addon.From
		}
		if text := c.Unserved(from); text != "" {
			unserved = append(unserved, text)
		}
	}
	for from, want := range map[string]string{"32.0": "", "34.0": "", "35.0": "35.1", "36.0": "36.1", "45.0": "50.0", "57.0": ""} {
		if got[from] != want {
			t.Errorf("the interface of %s is built in %q, want %q", from, got[from], want)
		}
	}
	all := strings.Join(unserved, "\n")
	for _, want := range []string{"32.0 to below 33.0, private ABI 25: ", "45.0 to below 50.0, private ABI 34: ", "65.0 to below 66.0, private ABI 65: "} {
		if !strings.Contains(all, want) {
			t.Errorf("does not say %q:\n%s", want, all)
		}
	}
	if strings.Contains(all, "not tried") {
		t.Errorf("does not say why:\n%s", all)
	}
	if strings.Contains(all, "35.0 to") || strings.Contains(all, "36.0 to") {
		t.Errorf("says that there is none where there is one:\n%s", all)
	}
}

// TestPlanInUpstream: releases that have the provider themselves are not asked for, those before and after them are.
func TestPlanInUpstream(t *testing.T) {
	for name, want := range map[string]map[string]string{ // by the first release of an interface the one to build in, "" for none
		"mana":  {"36.0": "36.0", "44.0": "", "45.0": "", "65.0": ""},
		"i40iw": {"35.0": "", "36.0": "37.0", "44.0": "44.0"},
		"mlx5":  {"32.0": "", "36.0": "", "65.0": ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := knownData(t)
			p.Log = slog.New(slog.DiscardHandler)
			p.Resolve = func(context.Context, job.Job, *ui.Stage) error { return nil }
			pr := folderProvider(t, nil)
			pr.Manifest.Name = name
			choices, err := p.Plan(t.Context(), job.Job{Provider: pr})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range choices {
				version, asked := want[c.Interface.From]
				if _, inside := errors.AsType[*InUpstreamError](c.Err); asked && (c.Job.Version != version || inside != (version == "")) {
					t.Errorf("the interface of %s is built in %q, %v; want %q", c.Interface.From, c.Job.Version, c.Err, version)
				}
			}
		})
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// A build that failed has been shown with all that it said: the line about its interface is short.
func TestUnservedByAFailedBuild(t *testing.T) {
	failed := fmt.Errorf("stage addon: %w", &containers.RunError{Name: "addon", Command: []string{"/bin/sh", "/x"}, Status: 1})
	c := Choice{Interface: specs.Interface{From: "45.0", Below: "54.0", PrivateABI: 34}, Err: failed}
	if got := c.Unserved(""); got != "45.0 to below 54.0, private ABI 34: it does not build there, see above" {
		t.Errorf("got %s", got)
	}
}
