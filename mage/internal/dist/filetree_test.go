// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"testing"

	"github.com/resnics/verbsmith/mage/internal/pkgfile"
)

func TestFileTree(t *testing.T) {
	got := FileTree(PackageView{
		RPM: pkgfile.RPM{NEVRA: "libibverbs-1-1.x86_64", Files: []pkgfile.File{
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
