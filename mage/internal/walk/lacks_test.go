// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/releasetest"
)

// What the sources take and a release lacks fails its row, also where the edits read
// none of the files that tell.
func TestReleaseLacksWhatSourcesUse(t *testing.T) {
	t.Parallel()
	release := releasetest.Files()
	release["librdmacm/CMakeLists.txt"] = "publish_headers(rdma\n  rdma_cma.h\n)\n"
	clone := releasetest.Clone(t, release)
	for include, want := range map[string]string{
		"<rdma/rdma_cma.h>":  "",
		"<rdma/lost-abi.h>":  "fly.c:1:1: want a kernel header that rdma-core 56.1 has",
		"<infiniband/any.h>": "",
	} {
		b := newBench(t)
		b.job.Provider = releasetest.Provider(t, "fly", false, func(texts map[string]string) {
			texts["fly.c"] = "#include " + include + "\n"
		})
		releases, err := b.ListReleases(t.Context(), clone, "v56.1")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(releases.Close)
		if err := b.CheckEdits(t.Context(), b.job, releases); err != nil {
			t.Fatal(err)
		}
		row := releases.Rows[0]
		if row.Failed() != (want != "") || !strings.Contains(row.Why(), want) {
			t.Errorf("%s: %+v", include, row.Patch)
		}
	}
}
