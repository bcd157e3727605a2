// SPDX-License-Identifier: Apache-2.0

package pkgfile

import (
	"testing"

	rpmutils "github.com/sassoftware/go-rpmutils"
)

func TestNamesOfFiles(t *testing.T) {
	for _, tt := range []struct {
		file          string
		name, version string // of a Debian package
		deb, debugDeb bool
		rpm           bool
	}{
		{"a_b/libibverbs1_56.1-1+by.rib1_amd64.deb", "libibverbs1", "56.1-1+by.rib1", true, false, false},
		{"libibverbs1-dbgsym_56.1-1_amd64.deb", "libibverbs1-dbgsym", "56.1-1", true, true, false},
		{"libibverbs1-dbg_56.1-1_amd64.deb", "libibverbs1-dbg", "56.1-1", true, true, false},
		{"rdma-core_56.1-1.dsc", "rdma-core", "56.1-1.dsc", false, false, false},
		{"RPMS/x86_64/libibverbs-56.1-1.el9.x86_64.rpm", "libibverbs-56.1-1.el9.x86", "64.rpm", false, false, true},
		{"SRPMS/rdma-core-56.1-1.el9.src.rpm", "rdma-core-56.1-1.el9.src.rpm", "", false, false, false},
		{"SPECS/rdma-core.spec", "rdma-core.spec", "", false, false, false},
	} {
		if name, version := DebName(tt.file); name != tt.name || version != tt.version {
			t.Errorf("%s: got %q and %q, want %q and %q", tt.file, name, version, tt.name, tt.version)
		}
		if deb, debug, rpm := IsDeb(tt.file), IsDebugDeb(tt.file), IsRPM(tt.file); deb != tt.deb || debug != tt.debugDeb || rpm != tt.rpm {
			t.Errorf("%s: Debian package %t, of debugging data %t, RPM %t", tt.file, deb, debug, rpm)
		}
	}
}

func TestDebuggingRPMs(t *testing.T) {
	for name, want := range map[string]bool{
		"libibverbs": false, "libibverbs-debuginfo": true, "rdma-core-debugsource": true, "debuginfo-tool": false,
	} {
		if got := IsDebugRPM(name); got != want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// An epoch of 0 is not shown, as rpm -q does not show it.
func TestNEVRA(t *testing.T) {
	for epoch, want := range map[string]string{"": "a-1-2.noarch", "0": "a-1-2.noarch", "3": "a-3:1-2.noarch"} {
		if got := nevra(&rpmutils.NEVRA{Name: "a", Epoch: epoch, Version: "1", Release: "2", Arch: "noarch"}); got != want {
			t.Errorf("epoch %q: got %s, want %s", epoch, got, want)
		}
	}
}
