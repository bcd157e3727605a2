// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLongLinesAreCut: a line of a file must not make a message as long as itself.
func TestLongLinesAreCut(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte(long+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	patch := "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-y" + long + "\n+z\n"
	_, err := ApplyForeign(t.Context(), []byte(patch), dir, Foreign{Name: "p.patch", Strip: 1})
	if err == nil || len(err.Error()) > 1000 || !strings.Contains(err.Error(), "characters)") {
		t.Errorf("got %.1000v", err)
	}
}
