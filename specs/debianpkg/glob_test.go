// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"path"
	"testing"
)

func TestMeet(t *testing.T) {
	for _, tt := range []struct {
		pattern, source string
		want            bool
	}{
		{"man3/rdma_*.3", "man3/rdma_*.3", true},
		{"man3/rdma_f*.3", "man3/rdma_*.3", true},
		{"man3/rdma_f*.3", "man3/*_g.3", true},
		{"man3/rdma_f*.3", "man3/rdma_get.3", false},
		{"man3/rdma_*.3", "man3/rdma_get.3", true},
		{"man3/rdma_*.3", "man1/rdma_get.3", false},
		{"man3/rdma_*.3", "man*/rdma_get.3", true},
		{"man3/flydv_*.3", "man3/rdma_*.3", false},
		{"man3/flydv_*.3", "man3/fly", false},
		{"man3/flydv_*.3", "man3", true},
		{"man3/flydv_*.3", "debian/tmp/man3/", true},
		{"man3/flydv_*.3", "man3/flydv_a.3/x", false},
		{"man3/flydv_*.3", "man3/[a-f]ly*", true},
		{"man3/flydv_*.3", "man3/?lydv_", false},
		{"man3/flydv_*.3", `man3/\flydv_x.3`, true},
		{"man1/ibv_*.1", "man1/ibv_devices.1", true},
		{"man1/a*", "man1/*b", true},
		{"man1/a*b", "man1/a", false},
		{"man1/[", "man1/x", true},
	} {
		if got := meet(tt.pattern, tt.source); got != tt.want {
			t.Errorf("%s and %s: got %v", tt.pattern, tt.source, got)
		}
	}
}

// FuzzGlobsMeet wants two patterns to meet that both match a name.
func FuzzGlobsMeet(f *testing.F) {
	f.Add("rdma_*.3", "rdma_fly*", "rdma_fly_open.3")
	f.Add("[a-c]?*", `\a*b`, "axb")
	f.Fuzz(func(t *testing.T, a, b, name string) {
		inA, errA := path.Match(a, name)
		inB, errB := path.Match(b, name)
		met := globsMeet(globTokens(a), globTokens(b))
		if errA == nil && errB == nil && inA && inB && !met {
			t.Errorf("%q and %q both match %q", a, b, name)
		}
		if met != globsMeet(globTokens(b), globTokens(a)) {
			t.Errorf("%q and %q meet in one order only", a, b)
		}
	})
}
