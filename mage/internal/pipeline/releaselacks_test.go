// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"os"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/specs"
)

// What the sources take and a release lacks fails its row, also where the edits read
// none of the files that tell.
func TestReleaseLacksWhatSourcesUse(t *testing.T) {
	t.Parallel()
	release := miniRelease()
	release["librdmacm/CMakeLists.txt"] = "publish_headers(rdma\n  rdma_cma.h\n)\n"
	clone := gitRelease(t, release)
	distros, err := specs.LoadDistros(os.DirFS("../../../specs"))
	if err != nil {
		t.Fatal(err)
	}
	for include, want := range map[string]string{
		"<rdma/rdma_cma.h>":  "",
		"<rdma/lost-abi.h>":  "fly.c:1:1: want a kernel header that rdma-core 56.1 has",
		"<infiniband/any.h>": "",
	} {
		p, pr := offline(t), (&kind{files: map[string]string{"fly.c": "#include " + include + "\n"}}).make(t)
		releases, err := p.ListReleases(t.Context(), clone, "v56.1")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(releases.Close)
		if err := p.CheckEdits(t.Context(), job.Job{Provider: pr, Target: job.RPM{Distro: distros.Default()}}, releases); err != nil {
			t.Fatal(err)
		}
		row := releases.Rows[0]
		if row.Failed() != (want != "") || !strings.Contains(row.Why(), want) {
			t.Errorf("%s: %+v", include, row.Patch)
		}
	}
}
