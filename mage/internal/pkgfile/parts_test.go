// SPDX-License-Identifier: Apache-2.0

package pkgfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
)

// Each field of a header is a part, with a name where the field's readers know one.
func TestParts(t *testing.T) {
	parts := func(name string) map[string]string {
		file := filepath.Join(t.TempDir(), "a.rpm")
		rpmtest.WriteNamed(t, file, name)
		all, err := Parts(file)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	first, other := parts("fly"), parts("bee")
	for part, same := range map[string]bool{"header: tag 1000": false, "header: provides": false, "header: tag 1001": true} {
		if (first[part] == other[part]) != same || first[part] == "" {
			t.Errorf("%s: %q and %q", part, first[part], other[part])
		}
	}
	file := filepath.Join(t.TempDir(), "b.rpm")
	if err := os.WriteFile(file, []byte("no package"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Parts(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("no package: got %v", err)
	}
}

// What is next to packages is none.
func TestIsPackage(t *testing.T) {
	for name, want := range map[string]bool{
		"RPMS/x86_64/a.rpm": true, "SRPMS/a.src.rpm": true, "a.deb": true, "a_1.dsc": true, "a_1.orig.tar.gz": true, "a_1-1.debian.tar.xz": true,
		"a.buildinfo": false, "a.changes": false, "logs/rpm.log": false, "SOURCES/a.tar.gz": false, "manifest.json": false,
	} {
		if IsPackage(name) != want {
			t.Errorf("%s: got %t", name, !want)
		}
	}
}
