// SPDX-License-Identifier: Apache-2.0

package readout_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/page"
	"github.com/resnics/verbsmith/mage/internal/page/pagetest"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
	"github.com/resnics/verbsmith/mage/internal/readout"
	"github.com/resnics/verbsmith/mage/internal/report"
)

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func writeJSON(t *testing.T, file string, v any) {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, data)
}

func writeSuite(t *testing.T, file string, s report.Suite) {
	t.Helper()
	data, err := s.JUnit()
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, data)
}

// outputs is a directory of outputs in dist with one package and a patch, and its manifest.
func outputs(t *testing.T, top string) (string, artifact.Manifest) {
	t.Helper()
	dir := filepath.Join(top, "rocky9", "rdma-core-56.1")
	m := artifact.Manifest{
		Distro: "rocky9", Release: "56.1", Tag: "v56.1", Commit: "c0", Provider: "fly", ProviderSHA256: "f1", DriverID: 3, PrivateABI: 34, Base: "base:9",
		Standin: true, Source: "50", Key: "k",
		Files: []artifact.Output{
			{Path: "RPMS/tiny-1-1.noarch.rpm", Size: 9, SHA256: "a1", NEVRA: "tiny-1-1.noarch"},
			{Path: "SOURCES/rdma-core-fly.patch", Size: 9, SHA256: "b1"},
			{Path: "SRPMS/tiny-1-1.src.rpm", Size: 9, SHA256: "e1", NEVRA: "tiny-1-1.noarch"},
			{Path: "logs/rpm.log", Size: 1, SHA256: "c1"},
		},
	}
	rpmtest.Write(t, filepath.Join(dir, "RPMS", "tiny-1-1.noarch.rpm"), "/etc/libibverbs.d/fly.driver", "/usr/bin/tiny")
	write(t, filepath.Join(dir, "SOURCES", "rdma-core-fly.patch"), []byte("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+fly\n"))
	writeJSON(t, filepath.Join(dir, "manifest.json"), m)
	write(t, filepath.Join(dir, "timing.json"), []byte(`{"stages":[{"stage":"rpm","cached":true,"seconds":2,"phases":[{"phase":"copy-in","seconds":2}]}]}`))
	return dir, m
}

func directory(t *testing.T, dir string) page.Part {
	t.Helper()
	p, err := readout.Directory(dir)
	if err != nil {
		t.Fatal(err)
	}
	data, err := page.HTML(page.Page{Title: p.Name, Parts: []page.Part{p}}, strings.Clone)
	if err != nil {
		t.Fatal(err)
	}
	pagetest.Check(t, data)
	return p
}

func TestDirectoryWithPackages(t *testing.T) {
	dir, _ := outputs(t, t.TempDir())
	p := directory(t, dir)
	if p.State != page.Untested || p.Verdict != "2 packages are built, and not tested yet." || len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "stand-in") {
		t.Errorf("got %s %q %q", p.State, p.Verdict, p.Notes)
	}
	if pkg := p.Packages.List; len(pkg) != 2 || pkg[1].Name != "tiny (source)" || pkg[1].Files != -1 || pkg[0].Name != "tiny" || pkg[0].Version != "1-1" || pkg[0].Files != 2 ||
		!slices.Equal(pkg[0].Added, []string{"/etc/libibverbs.d/fly.driver"}) || p.Packages.Added != "files with its name" {
		t.Errorf("got %+v", p.Packages)
	}
	if !strings.Contains(string(p.Patch.Text), "+fly") || len(p.Times) != 1 || !p.Times[0].Cached || p.Times[0].Phases[0].Name != "copy in" {
		t.Errorf("got %+v, %+v", p.Patch, p.Times)
	}
	if p.Changes.Known || len(p.Digests) != 4 || !slices.Contains(p.Inputs, page.Fact{Name: "commit", Value: "c0"}) {
		t.Errorf("got %+v, %+v", p.Changes, p.Inputs)
	}
}

// With the packages without the provider next to it, what was added is what they do not have.
func TestDirectoryBesideStock(t *testing.T) {
	top := t.TempDir()
	dir, m := outputs(t, top)
	stock := filepath.Join(top, "rocky9", "rdma-core-56.1.stock")
	rpmtest.Write(t, filepath.Join(stock, "RPMS", "tiny-1-1.noarch.rpm"), "/usr/bin/old")
	m.Provider, m.Files = "", m.Files[:1]
	writeJSON(t, filepath.Join(stock, "manifest.json"), m)
	p := directory(t, dir)
	if pkg := p.Packages.List[0]; len(pkg.Added) != 2 || !slices.Equal(pkg.Missing, []string{"/usr/bin/old"}) ||
		p.Packages.Added != "files that the packages in ../rdma-core-56.1.stock do not have" {
		t.Errorf("got %+v", p.Packages)
	}
	if p := directory(t, stock); p.Name != "rdma-core 56.1 without a provider, for rocky9" || p.Patch.File != "" || p.Packages.Added != "" {
		t.Errorf("got %+v", p)
	}
}

// What inspect -against has found is part of the page; a damaged file is a note.
func TestDirectoryWithChanges(t *testing.T) {
	dir, _ := outputs(t, t.TempDir())
	if p := directory(t, dir); p.Compared.With != "" {
		t.Errorf("got %+v", p.Compared)
	}
	file := filepath.Join(dir, dist.ChangesFile)
	writeJSON(t, file, dist.Changes{Against: "https://host/x", List: []dist.Change{{Package: "tiny", What: "file", Is: "/etc/a"}}})
	want := page.Compared{With: "https://host/x", File: dist.ChangesFile, List: []page.Difference{{Package: "tiny", What: "file", Is: "/etc/a"}}}
	if p := directory(t, dir); !reflect.DeepEqual(p.Compared, want) {
		t.Errorf("got %+v", p.Compared)
	}
	write(t, file, []byte("{"))
	if p := directory(t, dir); p.Compared.With != "" || !strings.Contains(strings.Join(p.Notes, "\n"), dist.ChangesFile) {
		t.Errorf("got %+v, %q", p.Compared, p.Notes)
	}
}

func TestDirectoryWithVerdicts(t *testing.T) {
	dir, _ := outputs(t, t.TempDir())
	passed := report.Suite{Name: "rocky9", Results: []report.Result{{Name: "listed", Title: "lists fly0", State: report.Pass, Evidence: "fly0"}}}
	writeSuite(t, filepath.Join(dir, dist.Verdicts), passed)
	if p := directory(t, dir); p.State != page.Pass || p.Verdict != "The one verdict passes." || p.Suites[0].Results[0].Evidence != "fly0" {
		t.Errorf("got %+v", p)
	}
	kernel := report.Suite{Name: "lab", Results: []report.Result{
		{Name: "rate", Title: "rate", State: report.Pass, Evidence: "1.02 times as good", Facts: []report.Fact{
			{Name: readout.FactDevice, Value: "fly0 pass"}, {Name: readout.FactStock, Value: "rxe0 unsupported"}, {Name: readout.FactRatios, Value: "1.5 0.5 x -1"},
		}},
		{Name: "alone", Title: "alone", State: report.Fail, Evidence: "no", Facts: []report.Fact{{Name: readout.FactDevice, Value: "fly0 fail"}}},
	}}
	writeSuite(t, filepath.Join(dir, dist.Kernel), kernel)
	writeSuite(t, filepath.Join(dir, dist.KernelTree), passed)
	p := directory(t, dir)
	if p.State != page.Fail || p.Verdict != "1 of 4 results fails. The first: “alone”." || p.Kernel.Device != "fly0" || p.Kernel.Stock != "rxe0" || len(p.Suites) != 2 {
		t.Errorf("got %+v", p)
	}
	if c := p.Kernel.Cases[0]; !slices.Equal(c.Ratios, []float64{1.5, 0.5}) || c.Stock != "unsupported" {
		t.Errorf("got %+v", c)
	}
	if f := p.Failures; len(f) != 1 || f[0].Cause != "This does not hold: alone" || f[0].Log != dist.Kernel {
		t.Errorf("got %+v", f)
	}
	kernel.Results = kernel.Results[:1]
	writeSuite(t, filepath.Join(dir, dist.Kernel), kernel)
	if p := directory(t, dir); p.Verdict != "All 2 verdicts and the one case of the kernel lab pass." {
		t.Errorf("got %q", p.Verdict)
	}
	for _, name := range []string{dist.Verdicts, dist.KernelTree} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if p := directory(t, dir); p.Verdict != "The one case of the kernel lab passes." {
		t.Errorf("got %q", p.Verdict)
	}
}

// What was in the directory before is compared: inputs, packages by their name, and verdicts.
func TestDirectoryAfterAnother(t *testing.T) {
	dir, m := outputs(t, t.TempDir())
	before := m
	before.ProviderSHA256, before.Commit, before.Payload, before.Key = "f0", "", "w2.zstdio", "other"
	before.Files = []artifact.Output{
		{Path: "RPMS/tiny-1-0.noarch.rpm", Size: 8, SHA256: "a0", NEVRA: "tiny-1-0.noarch"},
		{Path: "RPMS/gone-1-1.noarch.rpm", Size: 8, SHA256: "d0", NEVRA: "gone-1-1.noarch"},
		{Path: "SOURCES/rdma-core-fly.patch", Size: 9, SHA256: "b0"},
		{Path: "logs/rpm.log", Size: 2, SHA256: "c0"},
	}
	writeJSON(t, filepath.Join(dir, "previous.json"), dist.Previous{Manifest: before, Results: []dist.Earlier{
		{File: dist.Verdicts, Name: "loads", Title: "it loads", State: report.Fail}, {File: dist.Verdicts, Name: "listed", State: report.Pass},
	}})
	writeSuite(t, filepath.Join(dir, dist.Verdicts), report.Suite{Results: []report.Result{{Name: "loads", Title: "it loads", State: report.Pass}}})
	p := directory(t, dir)
	want := []page.Change{
		{What: "commit", Before: "–", Now: "c0"},
		{What: "SHA-256 of the provider", Before: "f0", Now: "f1"},
		{What: "compression", Before: "w2.zstdio", Now: "–"},
		{What: "tiny (noarch)", Before: "1-0 (8 bytes)", Now: "1-1 (9 bytes)"},
		{What: "SOURCES/rdma-core-fly.patch", Before: "(9 bytes)", Now: "(9 bytes), other bytes"},
		{What: "tiny (source) (noarch)", Before: "–", Now: "1-1 (9 bytes)"},
		{What: "gone (noarch)", Before: "1-1 (8 bytes)", Now: "–"},
		{What: "it loads", Before: "FAIL", Now: "pass"},
	}
	if !p.Changes.Known || !slices.Equal(p.Changes.List, want) {
		t.Errorf("got  %+v\nwant %+v", p.Changes.List, want)
	}
	writeJSON(t, filepath.Join(dir, "previous.json"), dist.Previous{Manifest: m})
	if p := directory(t, dir); !p.Changes.Known || len(p.Changes.List) != 0 {
		t.Errorf("of the same: %+v", p.Changes)
	}
}

// A walk is a page of its own, and the picture of the packages with the same state of the provider.
func TestWalk(t *testing.T) {
	top := t.TempDir()
	dir, _ := outputs(t, top)
	walk := filepath.Join(top, readout.WalkFolder, "fly")
	w := readout.Walk{Provider: "fly", ProviderSHA256: "f1", Depth: "compile", Releases: []readout.Release{
		{Name: "v34.0", PrivateABI: 34, State: report.Pass},
		{Name: "v33.0", State: report.Unsupported, Why: "old"},
		{Name: "v35.0", PrivateABI: 34, State: report.Fail, Why: "no place"},
		{Name: "v36.0", PrivateABI: 34, State: report.Skipped, Why: "has it"},
	}}
	put := func() {
		data, err := w.JSON()
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(walk, readout.WalkFile), data)
	}
	put()
	p := directory(t, walk)
	if p.State != page.Fail || p.Verdict != "fly fails in 1 of 3 releases." || p.Failures[0].Cause != "Release v35.0 does not take the provider" {
		t.Errorf("got %+v", p)
	}
	if rows := p.Releases.Rows; len(rows) != 2 || rows[0].Name != "34" || len(rows[0].Cells) != 3 || rows[1].Name != "?" {
		t.Errorf("got %+v", rows)
	}
	if got := directory(t, dir).Releases; len(got.Rows) != 2 || got.File != "../../releases/fly/releases.json" {
		t.Errorf("got %+v", got)
	}
	w.ProviderSHA256, w.Releases = "f2", w.Releases[:1]
	put()
	if got := directory(t, dir).Releases; len(got.Rows) != 0 {
		t.Errorf("of another state of the provider: %+v", got)
	}
	if p := directory(t, walk); p.State != page.Pass || p.Verdict != "fly passes in the release that was tried." {
		t.Errorf("got %+v", p)
	}
	w.Releases = nil
	put()
	if p := directory(t, walk); p.State != page.Untested {
		t.Errorf("got %+v", p)
	}
	write(t, filepath.Join(walk, readout.WalkFile), []byte("{"))
	if _, err := readout.Directory(walk); err == nil {
		t.Error("a damaged walk is read")
	}
	if p := directory(t, dir); len(p.Notes) != 2 {
		t.Errorf("a damaged walk is no note: %q", p.Notes)
	}
}

// Debian's source package has the patch in the archive of debian/.
func TestDebianPatch(t *testing.T) {
	if _, err := exec.LookPath("xz"); err != nil {
		t.Skip("no xz")
	}
	dir := filepath.Join(t.TempDir(), "debian-trixie", "rdma-core-56.1")
	var plain bytes.Buffer
	tw := tar.NewWriter(&plain)
	for _, f := range [][2]string{
		{"debian/control", "x"},
		{"debian/patches/first.patch", "1"},
		{"debian/patches/fly.patch", "diff --git a/x b/x\n@@ -0,0 +1 @@\n+fly\n"},
		{"debian/patches/series", "first.patch\nfly.patch\n"},
	} {
		if err := errors.Join(tw.WriteHeader(&tar.Header{Name: f[0], Mode: 0o644, Size: int64(len(f[1]))}), func() error { _, err := tw.Write([]byte(f[1])); return err }()); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	xz := exec.CommandContext(t.Context(), "xz", "-c")
	xz.Stdin = &plain
	packed, err := xz.Output()
	if err != nil {
		t.Fatal(err)
	}
	const name = "rdma-core_56.1-1.debian.tar.xz"
	write(t, filepath.Join(dir, name), packed)
	m := artifact.Manifest{Suite: "trixie", Release: "56.1", Provider: "fly", Releasable: true, Key: "k", Files: []artifact.Output{
		{Path: "libfly1_56.1-1_amd64.deb", Size: 3}, {Path: "rdma-core_56.1-1.dsc", Size: 3}, {Path: name, Size: 3},
	}}
	writeJSON(t, filepath.Join(dir, "manifest.json"), m)
	p := directory(t, dir)
	if !strings.Contains(string(p.Patch.Text), "+fly") || p.Patch.Why != "debian/patches/fly.patch of the Debian source package." || len(p.Notes) != 0 {
		t.Errorf("got %+v, %q", p.Patch, p.Notes)
	}
	if l := p.Packages.List; len(l) != 2 || l[0].Name != "libfly1" || l[0].Version != "56.1-1" || l[1].Name != "rdma-core (source)" || l[1].Version != "56.1-1" {
		t.Errorf("got %+v", l)
	}
	write(t, filepath.Join(dir, name), packed[:len(packed)/2])
	if p := directory(t, dir); len(p.Notes) != 1 || p.Patch.Text != "" {
		t.Errorf("a damaged archive: %+v, %q", p.Patch, p.Notes)
	}
}

// Something else is no directory of outputs; what is damaged in one is a note.
func TestOtherDirectories(t *testing.T) {
	if _, err := readout.Directory(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of an empty one: %v", err)
	}
	dir, _ := outputs(t, t.TempDir())
	for _, name := range []string{dist.Verdicts, dist.Kernel, "timing.json", "previous.json", "RPMS/tiny-1-1.noarch.rpm"} {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), []byte("{"))
	}
	if p := directory(t, dir); len(p.Notes) != 6 || len(p.Packages.List) != 2 || p.Packages.List[0].Files != -1 {
		t.Errorf("%d notes: %q, %+v", len(p.Notes), p.Notes, p.Packages)
	}
	write(t, filepath.Join(dir, "manifest.json"), []byte("{"))
	if p, err := readout.Directory(dir); err != nil || p.State != page.Fail || len(p.Notes) != 1 || p.Name != filepath.Base(dir) {
		t.Errorf("of a damaged manifest: %+v, %v", p, err)
	}
}
