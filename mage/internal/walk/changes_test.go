// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/provider"
)

// ops is a driver.h with these members of verbs_context_ops.
func ops(members ...string) string {
	const begin, end = "\tint (*", ")(struct ibv_context *context);\n"
	return "struct verbs_context_ops {\n" + begin + strings.Join(members, end+begin) + end + "};\n"
}

// A row is compared with the last one that passed, not with the one above it, and only by what the provider uses.
func TestChanges(t *testing.T) {
	files := releasetest.Files()
	files[driverHeader] = ops("alloc_pd", "fly_op", "free_context")
	clone := releasetest.Clone(t, files)
	release := func(tag string, edits map[string]string) {
		releasetest.Write(t, clone, edits)
		for _, args := range [][]string{{"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", tag}, {"tag", tag}} {
			if out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", clone}, args...)...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}
	}
	release("v57.0", map[string]string{provider.DriverHeader: "enum rdma_driver_number {\n\tRDMA_DRIVER_ANT,\n};\n"})
	release("v58.0", map[string]string{
		provider.TopCMake:     strings.Replace(files[provider.TopCMake], `PABI_VERSION "34"`, `PABI_VERSION "58"`, 1),
		provider.DriverHeader: strings.Replace(files[provider.DriverHeader], "_BEE,", "_BEE,\n\tRDMA_DRIVER_CAT,", 1),
		driverHeader:          ops("alloc_pd", "dig", "fly_op", "free_context"),
	})
	b := newBench(t)
	b.job.Provider = releasetest.Provider(t, "fly", false, func(texts map[string]string) {
		texts["fly.c"] = "int fly_op, verbs_context_ops;\n"
	})
	r, err := b.ListReleases(t.Context(), clone, "v56.1..v58.0")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i, row := range r.Rows {
		row.Patch.State = report.Pass
		row.Constant, row.DriverID = "RDMA_DRIVER_FLY", 3+i
		row.edit.patch = artifact.Patch{File: filepath.Join(t.TempDir(), "patch")}
		text := "diff --git a/list b/list\n--- a/list\n+++ b/list\n@@ -" + strings.Repeat("1", i+1) + " +1 @@\n-old\n+new" + row.Release.Name + "\n"
		if err := os.WriteFile(row.edit.patch.File, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.Rows[1].Patch = report.Result{State: report.Fail, Evidence: "no place"}
	changes, err := b.Changes(t.Context(), b.job, r)
	if err != nil || len(changes) != 1 {
		t.Fatalf("%+v, %v: want v58.0 alone, because v57.0 cannot be read", changes, err)
	}
	got := changes[0].Release + " since " + changes[0].Since + ": " + strings.Join(changes[0].What, "; ")
	const want = "v58.0 since v56.1: private ABI 58 (34 in v56.1); driver id RDMA_DRIVER_CAT = 3; RDMA_DRIVER_FLY = 5 (3 before); " +
		"other edits in list; 1 of its functions moved in verbs_context_ops"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// Of a release alone, those from the last one before it that can be read are said.
	r.Rows = r.Rows[2:]
	if changes, err = b.Changes(t.Context(), b.job, r); err != nil || len(changes) != 1 || changes[0].Since != "v56.1" || len(changes[0].What) != 3 {
		t.Errorf("alone: %+v, %v", changes, err)
	}
}
