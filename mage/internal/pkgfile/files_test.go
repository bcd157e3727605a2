// SPDX-License-Identifier: Apache-2.0

package pkgfile_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
)

// The files and the capabilities are sorted, in whatever order the header has them.
func TestReadRPMSorts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tiny.rpm")
	rpmtest.Write(t, file, "/usr/lib64/libtiny.so", "/etc/tiny")
	info, err := pkgfile.ReadRPM(file)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, f := range info.Files {
		paths = append(paths, f.Path)
	}
	if !slices.Equal(paths, []string{"/etc/tiny", "/usr/lib64/libtiny.so"}) || !slices.Equal(info.Provides, []string{"a", "tiny"}) {
		t.Errorf("got the files %q and the capabilities %q", paths, info.Provides)
	}
	if info.Size == 0 || info.Arch != "noarch" || !slices.Equal(info.Requires, []string{"a", "b >= 2:1-1"}) {
		t.Errorf("got %+v", info)
	}
}

func TestMissingRPM(t *testing.T) {
	if _, err := pkgfile.ReadRPM(filepath.Join(t.TempDir(), "gone.rpm")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
