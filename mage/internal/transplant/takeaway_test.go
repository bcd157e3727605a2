// SPDX-License-Identifier: Apache-2.0

package transplant

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestTakeAway(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"CMakeLists.txt":                  "add_subdirectory(providers/fly) # NO SPARSE\nadd_subdirectory(providers/fly/man)\nadd_subdirectory(providers/flyer)\n",
		"kernel-headers/CMakeLists.txt":   "x(\n  rdma/fly-abi.h\n  rdma/rdma_user_fly.h\n  rdma/flyer-abi.h\n  )\n",
		"kernel-headers/rdma/fly-abi.h":   "x",
		"kernel-headers/rdma/flyer-abi.h": "x",
		"providers/fly/fly.c":             "x",
		"providers/flyer/a.c":             "x",
		"MAINTAINERS":                     "ANT (x)\nM:\ta\nF:\tproviders/ant/\n\nFLY (y)\nM:\tf\nF:\tproviders/fly/\n",
	}
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := TakeAway(dir, "fly"); err != nil {
		t.Fatal(err)
	}
	got, err := ReadTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := Tree{
		"CMakeLists.txt":                  "add_subdirectory(providers/flyer)\n",
		"kernel-headers/CMakeLists.txt":   "x(\n  rdma/flyer-abi.h\n  )\n",
		"kernel-headers/rdma/flyer-abi.h": "x",
		"providers/flyer/a.c":             "x",
		"MAINTAINERS":                     "ANT (x)\nM:\ta\nF:\tproviders/ant/\n\n",
	}
	if all := changed(got, want); len(all) > 0 {
		t.Errorf("%q differ: %q", all, got)
	}
	if err := TakeAway(dir, "fly"); err == nil {
		t.Error("a provider that is not there was taken away")
	}
}

func TestLineDifferences(t *testing.T) {
	const first, second = "Date: 1\n--- a\n+++ b\n@@ -1 @@\n-x\n+A,\n+same\n", "Date: 2\n--- a\n+++ b\n@@ -2 @@\n-x\n+A = 1,\n+same\n"
	if got := LineDifferences(first, second); !slices.Equal(got, []string{"< +A,", "> +A = 1,"}) {
		t.Errorf("got %q", got)
	}
}
