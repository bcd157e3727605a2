// SPDX-License-Identifier: Apache-2.0

package pipeline

import "testing"

func TestFileTree(t *testing.T) {
	got := FileTree(PackageView{
		RPMInfo: RPMInfo{NEVRA: "libibverbs-1-1.x86_64", Files: []RPMFile{
			{Path: "/etc/libibverbs.d/rib.driver"},
			{Path: "/usr/lib64/libx.so.1", Link: "libx.so.1.0"},
			{Path: "/usr/lib64/\x1b[2Jname"},
		}},
		Added: map[string]bool{"/etc/libibverbs.d/rib.driver": true},
	})
	const want = `libibverbs-1-1.x86_64
├── etc
│   └── libibverbs.d
│       └── rib.driver  +
└── usr
    └── lib64
        ├── name
        └── libx.so.1 -> libx.so.1.0
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestVolumeNameTakesAnything(t *testing.T) {
	got := volumeName("tree", "a b/..", "%\n")
	if got != "verbsmith-tree-a_20b_2f..-_25_0a" {
		t.Errorf("got %s", got)
	}
}
