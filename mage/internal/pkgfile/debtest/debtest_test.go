// SPDX-License-Identifier: Apache-2.0

package debtest_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/pkgfile/debtest"
)

// Debian's own program reads what Write writes.
func TestWrite(t *testing.T) {
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("no dpkg-deb")
	}
	file := filepath.Join(t.TempDir(), "below", "tiny.deb")
	debtest.Write(t, file, debtest.Deb{
		Name: "tiny", Version: "1-1", Fields: "Maintainer: a <a@b>\n", Files: map[string]string{"usr/bin/tiny": "x", "usr/bin/same": "->tiny"},
	})
	for option, want := range map[string]string{"--field": "Version: 1-1", "--contents": "./usr/bin/same -> tiny"} {
		if out, err := exec.CommandContext(t.Context(), "dpkg-deb", option, file).CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
			t.Errorf("dpkg-deb %s: %v\n%s", option, err, out)
		}
	}
}
