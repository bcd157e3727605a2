// SPDX-License-Identifier: Apache-2.0

package pkgfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/debtest"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
)

// Whatever a package file holds, reading it ends in an error or in a package with a name.
func FuzzPackageFile(f *testing.F) {
	dir := f.TempDir()
	debtest.Write(f, filepath.Join(dir, "a.deb"), debtest.Deb{Name: "a", Version: "1", Files: map[string]string{"usr/lib/a": "b"}})
	rpmtest.Package{
		Name: "a", Files: []string{"/usr/lib64/a.so"}, Changes: []rpmtest.Change{{Time: 1700000000, Author: "A <a@host.example>", Text: "- b"}},
	}.Write(f, filepath.Join(dir, "a.rpm"))
	for _, name := range []string{"a.deb", "a.rpm"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "a.rpm")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if deb, err := pkgfile.ReadDeb(t.Context(), file); err == nil && (deb.Name == "" || deb.Version == "" || deb.Arch == "") {
			t.Errorf("a Debian package without a name, and no error: %+v", deb)
		}
		rpm, err := pkgfile.ReadRPM(file)
		if err != nil {
			return
		}
		if rpm.Name == "" {
			t.Errorf("an RPM without a name, and no error: %+v", rpm)
		}
		_, _ = pkgfile.RPMLibraries(t.Context(), rpm, file)
		_, _ = pkgfile.Changelog(file, 10)
	})
}
