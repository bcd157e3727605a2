// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// What is advised is the directory that there is.
func TestDirectoryOfTheAdvice(t *testing.T) {
	for name, tt := range map[string]struct{ manifest, dir, want string }{
		"a third name":      {"", "octep_rdma", `"name: octep_rp" and "directory: octep_rdma" in provider.yaml)`},
		"the target's":      {"", "octep_rp", `(if this is intended: "name: octep_rp" in provider.yaml)`},
		"the manifest's":    {"directory: octep\n", "octep_rdma", `"name: octep_rp" and "directory: octep" in provider.yaml)`},
		"one that is none":  {"", "my copy", `"name: octep_rp" and "directory: fly" in provider.yaml)`},
		"the provider's":    {"", "fly", `"name: octep_rp" and "directory: fly" in provider.yaml)`},
		"the manifest's is": {"directory: octep_rp\n", "fly", `(if this is intended: "name: octep_rp" in provider.yaml)`},
	} {
		t.Run(name, func(t *testing.T) {
			from := providertest.Folder(t, map[string]string{
				ManifestName:   strings.Replace(providertest.Manifest, "name: fly\n", "name: fly\n"+tt.manifest, 1),
				cmake.FileName: "rdma_provider(octep_rp fly.c sub/fast.c)\n",
			})
			dir := filepath.Join(filepath.Dir(from), tt.dir)
			if err := os.Rename(from, dir); err != nil && dir != from {
				t.Fatal(err)
			}
			_, err := Load(t.Context(), dir)
			providertest.WantError(t, err, tt.want)
		})
	}
}

// A library of another name than its directory: files, add_subdirectory and MAINTAINERS
// have the directory, verbs.h the name.
func TestDirectoryOfAnotherName(t *testing.T) {
	p := smallProvider(t, "name: fly\n", "name: fly\ndirectory: fly_rdma\n", "coherentDMA: true", "coherentDMA: true\n  condition: ENABLE_FLY")
	tree := providertest.Release()
	tree["providers/ant/CMakeLists.txt"] = "rdma_provider(ant ant.c)\n"
	_, err := Integrate(tree, p)
	providertest.WantError(t, err)
	for file, want := range map[string]string{
		TopCMake: "if (ENABLE_FLY)\nadd_subdirectory(providers/fly_rdma)\nendif()\n", VerbsHeader: "verbs_provider_fly;", Maintainers: "F:\tproviders/fly_rdma/\n",
		"providers/fly_rdma/CMakeLists.txt": "rdma_provider(fly\n", "providers/fly_rdma/sub/fast.c": "int fast", "kernel-headers/rdma/fly-abi.h": "abi",
	} {
		if !strings.Contains(tree[file], want) {
			t.Errorf("%s lacks %q:\n%s", file, want, tree[file])
		}
	}
	for name := range tree {
		if strings.HasPrefix(name, "providers/fly/") {
			t.Errorf("%s is there", name)
		}
	}
	if again, err := Integrate(tree, p); err != nil || slices.ContainsFunc(again.Edits, func(e Edit) bool { return !e.Already }) {
		t.Errorf("a second time: %v, %+v", err, again)
	}
	if !slices.Contains(p.Reads(), "providers/fly_rdma/fly.c") {
		t.Error("the files are not read")
	}
	for text, want := range map[string]string{
		"directory: Fly": "directory: want a directory name of up to 32", "directory: ../fly": "directory: want a directory name of",
		"directory: fly": "directory: want none if it is the same as name",
		"directory: flea\nreplacesUpstream: true": "directory: want none with replacesUpstream",
	} {
		_, err := Load(t.Context(), providertest.Folder(t, map[string]string{ManifestName: strings.Replace(providertest.Manifest, "name: fly\n", "name: fly\n"+text+"\n", 1)}))
		providertest.WantError(t, err, want)
	}
}
