// SPDX-License-Identifier: Apache-2.0

package rpmtest_test

import (
	"os"
	"path/filepath"
	"testing"

	rpmutils "github.com/sassoftware/go-rpmutils"

	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
)

// A library that others wrote reads what Write writes.
func TestWrite(t *testing.T) {
	for _, files := range [][]string{nil, {"/etc/a", "/etc/b"}} {
		name := filepath.Join(t.TempDir(), "below", "tiny.rpm")
		rpmtest.Write(t, name, files...)
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		header, err := rpmutils.ReadHeader(f)
		_ = f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if n, err := header.GetNEVRA(); err != nil || n.Name != "tiny" || n.Version != "1" || n.Release != "1" || n.Arch != "noarch" {
			t.Errorf("got %+v, %v", n, err)
		}
		if have := header.HasTag(rpmutils.OLDFILENAMES); have != (len(files) > 0) {
			t.Errorf("with the files %q: it has a list of files: %t", files, have)
		}
	}
}
