// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/kit"
	"github.com/resnics/verbsmith/mage/internal/pack/addon"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/walk"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// kind is a sort of provider: provider:new's, changed.
type kind struct {
	provider string // its name; fly where empty
	shared   bool
	manifest []string          // old and new texts of provider.yaml
	files    map[string]string // added or replaced; "" takes one out
}

// kinds are all sorts of provider that a target may meet. library and plugin are
// names of upstream's.
func kinds(library, plugin string) map[string]kind {
	const abi = "abiHeader: fly-abi.h\n"
	beside := []string{"coherentDMA: true", "coherentDMA: false"}
	inPlace := []string{"privateFiles:", "replacesUpstream: true\nprivateFiles:"}
	man := map[string]string{
		"man/CMakeLists.txt": "rdma_man_pages(\n  flydv_is_supported.3.md\n)\n", "man/flydv_is_supported.3.md": "page\n",
		"man/hivedv_fly.3.md": "page\n",
	}
	return map[string]kind{
		"plug-in":                    {},
		"plug-in, no coherent DMA":   {manifest: beside},
		"library":                    {shared: true},
		"library, no coherent DMA":   {shared: true, manifest: beside},
		"no ABI header":              {manifest: []string{abi, ""}, files: map[string]string{"fly.c": "int fly;\n", "fly-abi.h": "", "own-abi.h": "/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */\n"}},
		"no driver id":               {manifest: []string{"  constant: RDMA_DRIVER_FLY\n  policy: next", "  policy: none"}, files: map[string]string{"fly.c": "int fly;\n"}},
		"an explicit driver id":      {manifest: []string{"policy: next", "policy: explicit\n  value: 77"}},
		"no kernel module":           {manifest: []string{"kernelModule: fly.ko\n", ""}},
		"a condition":                {shared: true, manifest: []string{"coherentDMA: true", "coherentDMA: true\n  condition: ENABLE_FLY"}},
		"folders of its own":         {shared: true, manifest: []string{"coherentDMA: true", "coherentDMA: true\n  subdirectories: [man]"}, files: man},
		"another directory":          {manifest: []string{"name: fly\n", "name: fly\ndirectory: flyer\n"}},
		"an executable file":         {files: map[string]string{"setup": "#!/bin/sh\n"}},
		"files to install":           {files: map[string]string{"CMakeLists.txt": "rdma_provider(fly\n  fly.c\n)\ninstall(FILES 70-fly.rules DESTINATION \"${CMAKE_INSTALL_UDEV_RULESDIR}\")\n", "70-fly.rules": "#\n"}},
		"more to build":              {shared: true, manifest: []string{"privateFiles:", "buildRequires: {rpm: [pkgconfig(numa) >= 2.0, gcc-c++], debian: [libnuma-dev (>= 2.0), g++]}\nprivateFiles:"}},
		"a library of upstream's":    {provider: library, shared: true, manifest: inPlace},
		"a library, no DMA any more": {provider: library, shared: true, manifest: slices.Concat(inPlace, beside)},
		"a plug-in of upstream's":    {provider: plugin, manifest: inPlace},
		"upstream's becomes library": {provider: plugin, shared: true, manifest: inPlace},
	}
}

// make writes the provider's folder.
func (k kind) make(t *testing.T) *provider.Provider {
	t.Helper()
	return releasetest.Provider(t, cmp.Or(k.provider, "fly"), k.shared, func(texts map[string]string) {
		for i := 0; i < len(k.manifest); i += 2 {
			if !strings.Contains(texts["provider.yaml"], k.manifest[i]) {
				t.Fatalf("provider.yaml has no %q", k.manifest[i])
			}
		}
		texts["provider.yaml"] = strings.NewReplacer(k.manifest...).Replace(texts["provider.yaml"])
		maps.Copy(texts, k.files)
		maps.DeleteFunc(texts, func(_, text string) bool { return text == "" })
	})
}

// offline is a pipeline over an engine that records, whose own folders are the test's.
func offline(t *testing.T) *Pipeline {
	t.Helper()
	dir := t.TempDir()
	files, err := kit.Open("")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := specs.OpenSums(filepath.Join(dir, "sums"))
	if err != nil {
		t.Fatal(err)
	}
	releases, err := specs.LoadReleases(os.DirFS("../../../specs"))
	if err != nil {
		t.Fatal(err)
	}
	return &Pipeline{
		Version: func(context.Context) string { return "v1.0.0" },
		Runner:  stagetest.NewRunner(t, &stagetest.Engine{Answer: stagetest.Packages(t, "")}), Root: "../../..", Kit: files, DistDir: filepath.Join(dir, "dist"), Releases: releases, Sums: sums,
	}
}

// TestReleaseOfEachKind makes of each kind of provider what releases:check makes
// before it compiles: the patch of the few files that the edits read, its proof
// by git and patch, and the same patch of the whole source. What rpm, rpm:addon
// and deb make of the whole source before an engine is asked is made too.
func TestReleaseOfEachKind(t *testing.T) {
	t.Parallel()
	clone := releasetest.Clone(t, releasetest.Files())
	for name, k := range kinds("ant", "gnat") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkKind(t, clone, "v56.1", k)
		})
	}
}

// TestRealReleaseOfEachKind does it with releases of upstream's, of which efa is
// a library and qedr a plug-in.
func TestRealReleaseOfEachKind(t *testing.T) {
	clone := releasetest.UpstreamClone(t)
	for name, k := range kinds("efa", "qedr") {
		t.Run(name, func(t *testing.T) {
			checkKind(t, clone, "v34.0,v56.1,v64.0", k)
		})
	}
}

func checkKind(t *testing.T, clone, selection string, k kind) {
	t.Helper()
	p, pr := offline(t), k.make(t)
	w := p.Walker()
	releases, err := w.ListReleases(t.Context(), clone, selection)
	if err != nil {
		t.Fatal(err)
	}
	defer releases.Close()
	j := job.Job{Provider: pr, Target: job.RPM{Distro: releasetest.Distros(t).Default()}}
	tc := artifact.Toolchain{ID: "sha256:tools", Base: artifact.Base{Folder: "rocky9"}}
	if err := errors.Join(w.CheckEdits(t.Context(), j, releases), w.CheckBuilds(t.Context(), j, tc, releases)); err != nil {
		t.Fatal(err)
	}
	for _, row := range releases.Rows {
		if row.Patch.State != report.Pass || row.Compile.State != report.Pass {
			t.Errorf("%s: %s", row.Release.Name, row.Why())
			continue
		}
		ofWholeSource(t, p, j, clone, row)
	}
}

// toldAsMade holds the edits that patch tells against the files that its patch changes.
func toldAsMade(t *testing.T, tree artifact.Tree, patch artifact.Patch) {
	t.Helper()
	text, err := os.ReadFile(patch.File)
	if err != nil {
		t.Fatal(err)
	}
	var changed, told []string
	for _, m := range regexp.MustCompile(`(?m)^diff --git a/(\S+) b/`).FindAllStringSubmatch(string(text), -1) {
		changed = append(changed, m[1])
	}
	for _, e := range tree.Edits() {
		told = append(told, e.File)
	}
	slices.Sort(changed)
	slices.Sort(told)
	if told = slices.Compact(told); !slices.Equal(told, changed) {
		t.Errorf("%s: told edits of\n%s\nthe patch changes\n%s", tree.Source.Version, strings.Join(told, "\n"), strings.Join(changed, "\n"))
	}
}

// samePatch compares the patch of the whole source with that of only the files that the edits
// declare: they differ if an edit reads another.
func samePatch(t *testing.T, whole, sparse string) {
	t.Helper()
	want, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(sparse)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the patch from the full tree differs from the patch from the sparse tree: %v", err)
	}
}

// ofWholeSource makes what the other targets make before they ask an engine.
func ofWholeSource(t *testing.T, p *Pipeline, j job.Job, clone string, row *walk.Row) {
	t.Helper()
	ctx, whole := t.Context(), j
	whole.Given, whole.Version = clone+"@"+row.Release.Commit, row.Release.Version
	src, err := p.Sources().Source(ctx, whole)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := p.Editor().Integrate(ctx, j, src)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := p.Editor().Patch(ctx, j, tree)
	if err != nil {
		t.Fatal(err)
	}
	toldAsMade(t, tree, patch)
	samePatch(t, patch.File, row.PatchFile())
	m := j.Provider.Manifest
	spec, err := p.Editor().Spec(ctx, j, tree.Source)
	if err != nil {
		t.Fatalf("rpm: %v", err)
	}
	text, err := os.ReadFile(spec.File)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Provides: lib" + m.Name + " = ", "- lib" + m.Name + ": " + m.Description, "rdma-core-" + m.Name + ".patch"} {
		if strings.Count(string(text), want) != 1 {
			t.Errorf("rpm: want %q once in\n%s", want, text)
		}
	}
	debian, err := p.Editor().DebianSource(ctx, j, tree)
	if err != nil {
		t.Fatalf("deb: %v", err)
	}
	paragraph := regexp.MustCompile(`(?m)^Files: ` + m.Folder() + `/\*\n(?:Copyright: (.*)(?:\n +.*)*\n)License: (.*)$`)
	copyright := paragraph.FindStringSubmatch(readIn(t, tree.Dir, "debian/copyright"))
	holder := map[string]string{"fly": "unspecified", "ant": "2001, A", "gnat": "2002, G"}[m.Name]
	if len(copyright) != 3 || copyright[2] != "BSD-MIT or GPL-2" || holder != "" && copyright[1] != holder {
		t.Errorf("debian/copyright: got %q", copyright)
	}
	if p.Interfaces, err = specs.LoadInterfaces(os.DirFS("../../../specs"), &specs.Releases{}); err != nil {
		t.Fatal(err)
	}
	addonText := addonSpec(ctx, t, p, j, tree)
	if want := "%global provider_license GPL-2.0 OR Linux-OpenIB\n"; !strings.Contains(addonText, want) {
		t.Errorf("rpm:addon: want %q in\n%s", want, addonText)
	}
	requires(ctx, t, p, j, tree.Source.Tree, map[string]string{
		"rpm": string(text), artifact.ReleaseSpec: readIn(t, tree.Dir, artifact.ReleaseSpec), artifact.SUSESpec: readIn(t, tree.Dir, artifact.SUSESpec), "rpm:addon": addonText,
	}, map[string]string{"deb": readIn(t, debian.Dir, "control"), "deb's toolchain": readIn(t, filepath.Dir(debian.Control), filepath.Base(debian.Control)), "debian/control": readIn(t, tree.Dir, "debian/control")})
}

// addonSpec is the spec that rpmbuild reads for an add-on. Nothing runs, so that there is no
// package.
func addonSpec(ctx context.Context, t *testing.T, p *Pipeline, j job.Job, tree artifact.Tree) string {
	t.Helper()
	patch, err := p.Editor().Patch(ctx, j, tree)
	if err != nil {
		t.Fatal(err)
	}
	engine, packer := &stagetest.Engine{}, p.AddonPacker()
	packer.Runner = &stage.Runner{
		CacheDir: p.CacheDir, Cache: p.Cache, UI: p.UI, Log: p.Log,
		Engine: func(context.Context) (stage.Engine, error) { return engine, nil },
	}
	_, err = packer.Build(ctx, j, tree, patch, artifact.Toolchain{})
	runs := slices.DeleteFunc(engine.Runs(), func(run stagetest.Run) bool { return run.Name != artifact.AddonName })
	if len(runs) != 1 {
		t.Fatalf("rpm:addon: rpmbuild runs %d times: %v", len(runs), err)
	}
	return runs[0].Files[stage.Topdir+"/SPECS/"+addon.PackageName(j.Provider.Manifest.Name)+".spec"].Data
}

// requires holds what the manifest's buildRequires are in each spec and in each
// debian/control, and what toolchains are made by.
func requires(ctx context.Context, t *testing.T, p *Pipeline, j job.Job, dir string, rpm, deb map[string]string) {
	t.Helper()
	needs := j.Provider.Manifest.BuildRequires
	tools, err := p.AddonPacker().Tools(ctx, j)
	if err != nil {
		t.Fatal(err)
	}
	stock, err := p.Editor().Spec(ctx, j.Stock(), artifact.Source{Tree: dir, Version: "56.1", Digest: dir})
	if err != nil {
		t.Fatal(err)
	}
	rpm["provider:check's toolchain"] = readIn(t, filepath.Dir(stock.File), filepath.Base(stock.File))
	rpm["rpm:addon's toolchain"] = readIn(t, filepath.Dir(tools.File), filepath.Base(tools.File))
	for in, text := range rpm {
		for _, one := range needs.RPM {
			form := regexp.MustCompile(`(?m)^(BuildRequires: +|%global provider_requires .*)` + regexp.QuoteMeta(one) + `( |$)`)
			if len(form.FindAllString(text, -1)) != 1 {
				t.Errorf("%s: want %q once in\n%s", in, one, text)
			}
		}
		if len(needs.RPM) == 0 && strings.Contains(text, "%global provider_requires") {
			t.Errorf("%s: requires nothing, in\n%s", in, text)
		}
	}
	for in, text := range deb {
		source, _, _ := strings.Cut(text, "\n\n")
		for _, one := range needs.Debian {
			if strings.Count(source, " "+one) != 1 {
				t.Errorf("%s: want %q once in\n%s", in, one, source)
			}
		}
	}
}

func readIn(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
