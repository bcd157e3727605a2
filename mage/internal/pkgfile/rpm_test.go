// SPDX-License-Identifier: Apache-2.0

package pkgfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
)

func TestReadRPM(t *testing.T) {
	file := filepath.Join(t.TempDir(), "any name.rpm")
	rpmtest.Write(t, file)
	info, err := pkgfile.ReadRPM(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.NEVRA != "tiny-1-1.noarch" || info.Name != "tiny" || len(info.Files) != 0 || info.Provides[0] != "a" {
		t.Errorf("got %+v", info)
	}
	if err := os.Truncate(file, 100); err != nil {
		t.Fatal(err)
	}
	if _, err := pkgfile.ReadRPM(file); err == nil {
		t.Error("a truncated package was read")
	}
}
