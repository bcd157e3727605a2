// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// release is the small release as a source.
func release(t *testing.T) artifact.Source {
	t.Helper()
	src := artifact.Source{
		Tree: filepath.Join(t.TempDir(), "rdma-core-56.1"), Version: "56.1", Tag: "v56.1", Digest: "d", Epoch: time.Unix(1700000000, 0),
	}
	releasetest.Write(t, src.Tree, releasetest.Files())
	return src
}

// texts are the files below dir.
func texts(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, file)
		data, err := os.ReadFile(file)
		all[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestStages takes a release through all stages, once.
func TestStages(t *testing.T) {
	e, src := &Editor{Runner: stagetest.NewRunner(t, nil)}, release(t)
	j := job.Job{Target: rocky9, Provider: releasetest.Provider(t, "fly", true, nil)}
	all := func(src artifact.Source) (tree artifact.Tree, patch artifact.Patch, spec artifact.Spec, debian artifact.DebianSource) {
		t.Helper()
		var errs [5]error
		tree, errs[0] = e.Integrate(t.Context(), j, src)
		patch, errs[1] = e.Patch(t.Context(), j, tree)
		_, errs[2] = e.ProvePatch(t.Context(), tree, patch)
		spec, errs[3] = e.Spec(t.Context(), j, src)
		debian, errs[4] = e.DebianSource(t.Context(), j, tree)
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
		return tree, patch, spec, debian
	}
	tree, patch, spec, debian := all(src)
	if r := tree.Result; r.DriverID != 3 || r.EnumConstant != "RDMA_DRIVER_FLY" || r.PrivateABI != 34 {
		t.Errorf("got %+v", r)
	}
	if !maps.Equal(texts(t, src.Tree), releasetest.Files()) {
		t.Error("the pristine tree has changed")
	}
	after := texts(t, tree.Dir)
	for name, want := range map[string]string{
		"CMakeLists.txt": "add_subdirectory(providers/fly)", "providers/fly/fly.c": "fly", "kernel-headers/rdma/fly-abi.h": "FLY",
		"debian/ibverbs-providers.install": "libfly.so.*", "redhat/rdma-core.spec": "libfly",
	} {
		if !strings.Contains(after[name], want) {
			t.Errorf("%s has no %q:\n%s", name, want, after[name])
		}
	}
	text := read(t, filepath.Dir(patch.File), patch.Name)
	if !strings.HasPrefix(text, "From ") || !strings.Contains(text, "+++ b/providers/fly/fly.c\n") || patch.Name != "rdma-core-fly.patch" {
		t.Errorf("%s:\n%s", patch.Name, text[:min(len(text), 400)])
	}
	if !strings.Contains(spec.Diff, "+Patch0: rdma-core-fly.patch") {
		t.Errorf("the spec's difference:\n%s", spec.Diff)
	}
	if got := read(t, debian.Dir, "patches/series"); got != "rdma-core-fly.patch\n" {
		t.Errorf("debian/patches/series: %q", got)
	}
	// Once more nothing runs but the proof, and another source is another tree.
	ran := len(e.Ran())
	all(src)
	if got := e.Ran()[ran:]; !slices.Equal(got, []string{"prove patch"}) {
		t.Errorf("ran again: %v", got)
	}
	changed := tree
	changed.Digest = "another"
	if other, err := e.DebianSource(t.Context(), j, changed); err != nil || other.Dir == debian.Dir {
		t.Errorf("another tree has the same debian/: %v", err)
	}
	src.Digest = "e"
	if other, _, _, _ := all(src); other.Dir == tree.Dir {
		t.Error("another source has the same tree")
	}
}

func TestProvePatchFails(t *testing.T) {
	e, src := &Editor{Runner: stagetest.NewRunner(t, nil)}, release(t)
	j := job.Job{Target: rocky9, Provider: releasetest.Provider(t, "fly", false, nil)}
	tree, err := e.Integrate(t.Context(), j, src)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := e.Patch(t.Context(), j, tree)
	if err != nil {
		t.Fatal(err)
	}
	releasetest.Write(t, src.Tree, map[string]string{"CMakeLists.txt": "another\n"})
	if _, err := e.ProvePatch(t.Context(), tree, patch); err == nil || !strings.Contains(err.Error(), "CMakeLists.txt:1: patch does not apply") {
		t.Errorf("got %v", err)
	}
	if _, err := e.ProvePatch(t.Context(), tree, artifact.Patch{File: patch.File + ".not"}); err == nil {
		t.Error("a patch that is not there is proved")
	}
}

// Upstream's own is what its release has, in every stage.
func TestStagesWithoutAProvider(t *testing.T) {
	e, src, j := &Editor{Runner: stagetest.NewRunner(t, nil)}, release(t), job.Job{Target: rocky9}
	tree, err := e.Integrate(t.Context(), j, src)
	if err != nil || !maps.Equal(texts(t, tree.Dir), releasetest.Files()) {
		t.Errorf("the tree has changed: %v", err)
	}
	if spec, err := e.Spec(t.Context(), j, src); err != nil || strings.Contains(spec.Diff, "Patch") {
		t.Errorf("the spec's difference:\n%s\n%v", spec.Diff, err)
	}
}

// One that replaces upstream's leaves no line about files that are gone.
func TestStagesReplaceUpstreams(t *testing.T) {
	e, src := &Editor{Runner: stagetest.NewRunner(t, nil)}, release(t)
	ant := releasetest.Provider(t, "ant", true, func(texts map[string]string) {
		texts["provider.yaml"] = strings.Replace(texts["provider.yaml"], "privateFiles:", "replacesUpstream: true\nprivateFiles:", 1)
	})
	tree, err := e.Integrate(t.Context(), job.Job{Target: rocky9, Provider: ant}, src)
	if err != nil {
		t.Fatal(err)
	}
	after := texts(t, tree.Dir)
	for name := range after {
		if name == "providers/ant/man/antdv_dig.3.md" || name == "providers/ant/libant.map" && strings.Contains(after[name], "antdv_dig") {
			t.Errorf("%s is upstream's:\n%s", name, after[name])
		}
	}
	for name, gone := range map[string]string{"debian/ibverbs-providers.symbols": "antdv_dig", "CMakeLists.txt": "providers/ant/man"} {
		if strings.Contains(after[name], gone) {
			t.Errorf("%s has %q:\n%s", name, gone, after[name])
		}
	}
	if tree.Result.DriverID != 1 {
		t.Errorf("driver id %d, want upstream's own", tree.Result.DriverID)
	}
}
