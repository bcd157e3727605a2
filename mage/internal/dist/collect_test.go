// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
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
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/timing"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// made writes what an rpm stage leaves, without packages.
func made(t *testing.T, files map[string]string) artifact.Packages {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	return artifact.Packages{Dir: dir, Key: "key"}
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

func tree() artifact.Tree {
	return artifact.Tree{Source: artifact.Source{Version: "56.1", Digest: "d"}, Result: provider.Result{PrivateABI: 34}}
}

func TestCollectReplacesAsAWhole(t *testing.T) {
	dist, name := t.TempDir(), "rocky9/rdma-core-56.1"
	final := filepath.Join(dist, name)
	write(t, filepath.Join(final, "RPMS", "old.txt"), "of an earlier build")
	write(t, filepath.Join(final, "RPMS", "notes.txt"), "of the user")
	tc := artifact.Toolchain{Base: artifact.Base{Standin: true, Ref: "base"}}
	pkgs := made(t, map[string]string{
		"SPECS/rdma-core.spec": "spec", "SOURCES/a b%.patch": "patch", "ignored/x": "x",
	})
	rpmtest.Write(t, filepath.Join(pkgs.Dir, "RPMS", "noarch", "tiny-1-1.noarch.rpm"))
	extra, err := describeRun(final, artifact.Manifest{}, []timing.Stage{{Stage: "rpm", Cached: true, Seconds: 1.5, Phases: []timing.Share{{Phase: timing.Prep, Seconds: 1.5}}}})
	if err != nil || len(extra) != 1 {
		t.Fatalf("%d files next to the manifest, %v", len(extra), err)
	}
	m, err := collect(held(t, dist, name+"/RPMS/old.txt"), manifest(job.Job{Target: job.RPM{Distro: specs.Distro{Name: "rocky9"}}}, tree(), tc, pkgs), artifact.Record{}, pkgs.Dir, name, extra)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Files) != 4 || m.Files[0].NEVRA != "tiny-1-1.noarch" || m.Files[1].Path != "SOURCES/a b%.patch" || m.Files[2].Size != 4 {
		t.Errorf("collected %+v", m.Files)
	}
	var times timing.File
	text, err := os.ReadFile(filepath.Join(final, "timing.json"))
	if err == nil {
		strict := json.NewDecoder(bytes.NewReader(text))
		strict.DisallowUnknownFields()
		err = strict.Decode(&times)
	}
	if err != nil || len(times.Stages) != 1 || !times.Stages[0].Cached || times.Stages[0].Of(timing.Prep) != 1500*time.Millisecond {
		t.Errorf("got the times %s, %v", text, err)
	}
	if m.Releasable {
		t.Error("what a stand-in made is called releasable")
	}
	if _, err := os.Stat(filepath.Join(final, "RPMS", "old.txt")); !os.IsNotExist(err) {
		t.Errorf("the earlier output is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(final, "RPMS", "notes.txt")); err != nil {
		t.Errorf("what the user has put there: %v", err)
	}
	read, err := ReadManifest(final)
	if err != nil || read.Key != "key" || !complete(final, read) {
		t.Errorf("manifest %+v: %v", read, err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(final), ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left next to the output: %v %v", left, err)
	}
}

// TestCollectKeepsDebianFilesTogether shows that what a .changes names stays
// beside it.
func TestCollectKeepsDebianFilesTogether(t *testing.T) {
	top, name := t.TempDir(), "debian-bookworm/rdma-core-56.1"
	final := filepath.Join(top, name)
	pkgs := made(t, map[string]string{
		"a_1_amd64.deb": "deb", "a_1.dsc": "dsc", "a_1_amd64.changes": "changes", "logs/deb.log": "log",
	})
	j := job.Job{Target: job.Deb{Suite: specs.Suite{Name: "bookworm"}}}
	m, err := collect(held(t, top), manifest(j, tree(), artifact.Toolchain{Base: artifact.Base{Ref: "base:1", Digest: "sha256:01"}}, pkgs), artifact.Record{}, pkgs.Dir, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Files) != 5 || m.Files[0].Path != "a_1.dsc" || m.Files[3].Path != "logs/deb.log" || m.Suite != "bookworm" || !m.Releasable || m.Base != "base:1@sha256:01" {
		t.Errorf("collected %+v", m)
	}
	dist := artifact.Dist{Dir: final, Manifest: m}
	if _, names, err := stage.Installable(dist); err != nil || len(names) != 1 || names[0] != "a" || !dist.Debian() {
		t.Errorf("packages %v: %v", names, err)
	}
}

func TestCollectNeedsPackages(t *testing.T) {
	dist, name := t.TempDir(), "rocky9/rdma-core-56.1"
	final := filepath.Join(dist, name)
	_, err := collect(held(t, dist), artifact.Manifest{}, artifact.Record{}, made(t, map[string]string{"SPECS/rdma-core.spec": "spec"}).Dir, name, nil)
	if !errors.Is(err, errNoPackages) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(final); !os.IsNotExist(err) {
		t.Errorf("an output without packages was collected: %v", err)
	}
}

func TestCollectFailsWhole(t *testing.T) {
	dist, name := t.TempDir(), "rocky9/rdma-core-56.1"
	final := filepath.Join(dist, name)
	write(t, filepath.Join(final, "SPECS", "rdma-core.spec"), "of an earlier build")
	_, err := collect(held(t, dist, name+"/SPECS/rdma-core.spec"), artifact.Manifest{}, artifact.Record{}, made(t, map[string]string{
		"RPMS/x86_64/broken-1-1.x86_64.rpm": "not a package",
	}).Dir, name, nil)
	if err == nil {
		t.Fatal("a broken package was collected")
	}
	if _, err := os.Stat(filepath.Join(final, "SPECS", "rdma-core.spec")); err != nil {
		t.Errorf("the earlier output is gone: %v", err)
	}
	entries, err := os.ReadDir(filepath.Dir(final))
	if err != nil || len(entries) != 1 {
		t.Errorf("left next to the output: %v %v", entries, err)
	}
}

func TestCompleteSeesDamage(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "SPECS", "x.spec"), "12345")
	const sum = "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5" // of 12345
	m := artifact.Manifest{Files: []artifact.Output{{Path: "SPECS/x.spec", Size: 5, SHA256: sum}}}
	if !complete(dir, m) {
		t.Error("what is whole is called incomplete")
	}
	for _, text := range []string{"1234", "12346", ""} {
		write(t, filepath.Join(dir, "SPECS", "x.spec"), text)
		if complete(dir, m) {
			t.Errorf("%q in place of 12345 is called complete", text)
		}
	}
	if complete(dir, artifact.Manifest{}) {
		t.Error("a manifest of nothing is called complete")
	}
}

// TestStockSpecIsPlacedBesideThePatchedOne: neither is written over the other.
func TestStockSpecIsPlacedBesideThePatchedOne(t *testing.T) {
	c := &Collector{Dir: t.TempDir()}
	for _, tt := range []struct {
		job  job.Job
		want string
	}{
		{job.Job{Provider: &provider.Provider{}}, "rdma-core-56.1/rdma-core.spec"},
		{job.Job{}, "rdma-core-56.1.stock/rdma-core.spec"},
	} {
		from := filepath.Join(t.TempDir(), "spec")
		write(t, from, tt.want)
		got, err := c.PlaceFile(t.Context(), tt.job, "56.1", artifact.SpecFile, from)
		if want := filepath.Join(c.Dir, tt.want); err != nil || got != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
	for _, name := range []string{"rdma-core-56.1/rdma-core.spec", "rdma-core-56.1.stock/rdma-core.spec"} {
		if data, err := os.ReadFile(filepath.Join(c.Dir, name)); err != nil || string(data) != name {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
}

// TestCollectSaysWhoseOutputsItReplaces: packages with another provider have the same place.
func TestCollectSaysWhoseOutputsItReplaces(t *testing.T) {
	for _, tt := range []struct{ before, now, want string }{
		{"fly", "rib", "replaces the packages with fly"}, {"rib", "rib", ""}, {"", "rib", ""},
	} {
		if got := replaces(artifact.Manifest{Provider: tt.before}, artifact.Manifest{Provider: tt.now}); got != tt.want {
			t.Errorf("%s, then %s: %q, want %q", tt.before, tt.now, got, tt.want)
		}
	}
}

func TestDistFolder(t *testing.T) {
	c := &Collector{Dir: "/out"}
	base := artifact.Base{Folder: "rocky9.standin"}
	for _, tt := range []struct {
		job  job.Job
		want string
	}{
		{job.Job{Engine: specs.X8664}, "/out/rocky9.standin/rdma-core-56.1.stock"},
		{job.Job{Engine: "s390x"}, "/out/rocky9.standin/rdma-core-56.1.stock.s390x"},
		{job.Job{Engine: specs.X8664, Provider: &provider.Provider{}}, "/out/rocky9.standin/rdma-core-56.1"},
		{job.Job{Engine: specs.X8664, Cross: specs.AArch64}, "/out/rocky9.standin/rdma-core-56.1.stock.aarch64"},
		{job.Job{Engine: specs.AArch64}, "/out/rocky9.standin/rdma-core-56.1.stock.aarch64"}, // two engines share a directory of outputs
		{job.Job{Engine: specs.AArch64, Cross: specs.X8664}, "/out/rocky9.standin/rdma-core-56.1.stock"},
	} {
		if got := c.Folder(tt.job, base, "56.1"); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
	rib := job.Job{Provider: &provider.Provider{Manifest: provider.Manifest{Name: "rib"}}, Cross: specs.AArch64}
	const want = "/out/rocky9.standin/rdma-core-56.1.addon-rib.aarch64"
	if got := c.AddonFolder(rib, base, "56.1"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func noRecord(context.Context, *ui.Stage) (artifact.Record, error) { return artifact.Record{}, nil }

// The record of a build is next to its packages and names them, and what was collected without one is collected again.
func TestRecordIsCollected(t *testing.T) {
	c, j := &Collector{Runner: stagetest.NewRunner(t, nil), Dir: t.TempDir()}, withProvider("fly")
	pkgs := made(t, map[string]string{"RPMS/a.deb": "deb", "SOURCES/a.patch": "patch", "logs/rpm.log": "log"})
	describe := func(context.Context, *ui.Stage) (artifact.Record, error) {
		return artifact.Record{Format: artifact.RecordFormat, Outputs: []artifact.Digest{{Path: "old"}}}, nil
	}
	collected := func() (artifact.Dist, string) {
		dist, err := c.Collect(t.Context(), j, tree(), artifact.Toolchain{}, pkgs, describe)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dist.Dir, "rdma-core-56.1.buildinfo"))
		if err != nil {
			t.Fatal(err)
		}
		return dist, string(text)
	}
	dist, text := collected()
	if !recorded(dist.Manifest) || !strings.Contains(text, `"path": "RPMS/a.deb"`) || strings.Contains(text, "a.patch") ||
		strings.Contains(text, "rpm.log") || strings.Contains(text, "old") {
		t.Errorf("manifest %+v, record\n%s", dist.Manifest.Files, text)
	}
	without := dist.Manifest
	without.Files = slices.DeleteFunc(slices.Clone(without.Files), func(f artifact.Output) bool { return strings.HasSuffix(f.Path, ".buildinfo") })
	data, err := json.Marshal(without)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dist.Dir, "manifest.json"), string(data))
	if dist, _ := collected(); !recorded(dist.Manifest) {
		t.Error("an output without a record was left")
	}
	broken := errors.New("no container")
	if _, err := c.Collect(t.Context(), withProvider("bee"), tree(), artifact.Toolchain{}, pkgs,
		func(context.Context, *ui.Stage) (artifact.Record, error) { return artifact.Record{}, broken }); !errors.Is(err, broken) {
		t.Errorf("without a record: got %v", err)
	}
}

// dist/ is delivered again where one of its files is not what was collected, and where
// it is of something else.
func TestCollectLooksAtWhatIsThere(t *testing.T) {
	c, j := &Collector{Runner: stagetest.NewRunner(t, nil), Dir: t.TempDir()}, job.Job{Target: rocky9}
	tc := artifact.Toolchain{Base: artifact.Base{Folder: "debian-x", Ref: "base"}}
	pkgs := made(t, map[string]string{"RPMS/a.deb": "deb"})
	collected := func(tree artifact.Tree) (artifact.Dist, []string) {
		before := len(c.Ran())
		dist, err := c.Collect(t.Context(), j, tree, tc, pkgs, noRecord)
		if err != nil {
			t.Fatal(err)
		}
		return dist, c.Ran()[before:]
	}
	dist, ran := collected(tree())
	if len(ran) != 1 {
		t.Fatalf("ran %v", ran)
	}
	if _, ran := collected(tree()); len(ran) != 0 {
		t.Errorf("nothing had changed, and %v ran", ran)
	}
	file := filepath.Join(dist.Dir, "RPMS", "a.deb")
	write(t, file, "dex")
	if _, ran := collected(tree()); len(ran) != 1 {
		t.Error("a file with another byte was left")
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != "deb" {
		t.Errorf("got %q, %v", data, err)
	}
	tagged := tree()
	tagged.Source.Tag = "v56.1"
	if dist, ran := collected(tagged); len(ran) != 1 || dist.Manifest.Tag != "v56.1" {
		t.Errorf("the manifest has the tag %q", dist.Manifest.Tag)
	}
}

// dist/ has one directory for a release, whichever provider was last in it.
func TestCollectedIsTheProvidersOwn(t *testing.T) {
	c := &Collector{Runner: stagetest.NewRunner(t, nil), Dir: t.TempDir()}
	j := withProvider("rib")
	base := artifact.Base{Folder: "debian-x"}
	tc, pkgs := artifact.Toolchain{Base: base}, artifact.Packages{Key: "key", Dir: made(t, map[string]string{"RPMS/a.deb": "deb"}).Dir}
	if _, err := c.Collect(t.Context(), j, tree(), tc, pkgs, noRecord); err != nil {
		t.Fatal(err)
	}
	if dist, err := c.Collected(j, base, "56.1"); err != nil || dist.Manifest.Provider != "rib" {
		t.Errorf("got %+v, %v", dist, err)
	}
	if _, err := c.Collected(withProvider("fly"), base, "56.1"); !errors.Is(err, os.ErrNotExist) ||
		!strings.Contains(err.Error(), `contain the provider "rib", want "fly"`) {
		t.Errorf("another's packages: got %v", err)
	}
}

var rocky9 = job.RPM{Distro: specs.Distro{Name: "rocky9"}}

// withProvider is a job for rocky9 with a provider.
func withProvider(name string) job.Job {
	return job.Job{Target: rocky9, Provider: &provider.Provider{Manifest: provider.Manifest{Name: name}}}
}

// damaged is the output of a stage with a file of one byte, which has changed on the disk.
func damaged(t *testing.T, c *stagecache.Cache, file string) string {
	t.Helper()
	entry, err := c.Do(t.Context(), "rpm", "key", func(_ context.Context, dir string) error {
		write(t, filepath.Join(dir, file), "a")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(entry.Dir, file), "b")
	return entry.Dir
}

// What the disk has damaged in the cache is not delivered.
func TestNothingDamagedIsDelivered(t *testing.T) {
	for file, deliver := range map[string]func(c *Collector, dir string) error{
		"RPMS/a.deb": func(c *Collector, dir string) error {
			_, err := c.Collect(t.Context(), job.Job{Target: rocky9}, tree(), artifact.Toolchain{}, artifact.Packages{Dir: dir}, noRecord)
			return err
		},
		"fly.patch": func(c *Collector, dir string) error {
			_, err := c.PlaceFile(t.Context(), withProvider("fly"), "56.1", "fly.patch", filepath.Join(dir, "fly.patch"))
			return err
		},
	} {
		c := &Collector{Runner: stagetest.NewRunner(t, nil), Dir: t.TempDir()}
		err := deliver(c, damaged(t, c.Cache, file))
		if damage, ok := errors.AsType[*stagecache.DamageError](err); !ok || damage.File != file {
			t.Errorf("%s: got %v, want a *stagecache.DamageError", file, err)
		}
	}
}

// A manifest says what of a source package the packages were made from; an add-on's
// release is its own.
func TestManifestOfASourcePackage(t *testing.T) {
	from := tree()
	from.Source.Package = &artifact.SourcePackage{Name: "rdma-core-56.1-1.el9", Spec: "rdma-core.spec", Tarball: "a.tar.gz", Patches: []string{"a.patch"}}
	j := withProvider("rib")
	j.Suffix = ".x1"
	m := manifest(j, from, artifact.Toolchain{}, artifact.Packages{})
	if m.Package == nil || m.Package.File != "rdma-core-56.1-1.el9.src.rpm" || m.Package.Suffix != j.ReleaseSuffix(true) || m.Provider != "rib" {
		t.Errorf("got %+v", m.Package)
	}
	if m = manifest(j, from, artifact.Toolchain{}, artifact.Packages{Addon: &artifact.Addon{}}); m.Package.Suffix != ".x1" {
		t.Errorf("an add-on's release has the suffix %q", m.Package.Suffix)
	}
}

// An add-on is collected next to the directory of the release's packages, and another provider's
// packages make room with a word.
func TestCollectHasAPlaceForEach(t *testing.T) {
	c := &Collector{Runner: stagetest.NewRunner(t, nil), Dir: t.TempDir()}
	tc := artifact.Toolchain{Base: artifact.Base{Folder: "rocky9"}}
	pkgs := made(t, map[string]string{"RPMS/a.deb": "deb"})
	for _, step := range []struct {
		provider string
		addon    *artifact.Addon
		want     string
	}{
		{"rib", nil, "rocky9/rdma-core-56.1"},
		{"fly", nil, "rocky9/rdma-core-56.1"},
		{"fly", &artifact.Addon{Package: "x"}, "rocky9/rdma-core-56.1.addon-fly"},
	} {
		pkgs.Addon = step.addon
		got, err := c.Collect(t.Context(), withProvider(step.provider), tree(), tc, pkgs, noRecord)
		if err != nil || got.Dir != filepath.Join(c.Dir, step.want) || got.Manifest.Provider != step.provider {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if m, err := ReadManifest(filepath.Join(c.Dir, "rocky9/rdma-core-56.1")); err != nil || m.Provider != "fly" || m.Addon != nil {
		t.Errorf("got %+v, %v", m, err)
	}
}

// What was written says the same, whatever stands behind its pointers; its files are not asked.
func TestSameManifest(t *testing.T) {
	manifest := func() artifact.Manifest {
		return artifact.Manifest{
			Release: "56.1", Package: &artifact.Origin{File: "a", Patches: []string{}}, Addon: &artifact.Addon{Releases: []string{"56.1"}},
		}
	}
	data, err := json.Marshal(manifest())
	if err != nil {
		t.Fatal(err)
	}
	var read artifact.Manifest
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	read.Files = []artifact.Output{{Path: "a.rpm"}}
	if !sameManifest(read, manifest()) {
		t.Error("what was written is another manifest")
	}
	for what, change := range map[string]func(m *artifact.Manifest){
		"key": func(m *artifact.Manifest) { m.Key = "k" }, "source package": func(m *artifact.Manifest) { m.Package = nil },
		"its patches": func(m *artifact.Manifest) { m.Package.Patches = []string{"b"} }, "add-on": func(m *artifact.Manifest) { m.Addon = nil },
		"its releases": func(m *artifact.Manifest) { m.Addon.Releases[0] = "57.0" },
	} {
		other := manifest()
		if change(&other); sameManifest(read, other) {
			t.Errorf("another %s is the same manifest", what)
		}
	}
}
