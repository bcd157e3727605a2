// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"maps"
	"testing"
)

// Context, the numbers of lines and the signature of a mail are no changes.
func TestChangedLines(t *testing.T) {
	const patch = "From: a\n---\n 1 file\n\ndiff --git a/d/new.c b/d/new.c\nnew file mode 100644\n--- /dev/null\n+++ b/d/new.c\n@@ -0,0 +1 @@\n+int x;\n" +
		"diff --git a/list b/list\n--- a/list\n+++ b/list\n@@ -1,3 +1,3 @@\n before\n-old\n+new\n after\n-- \n2.0\n"
	got, err := ChangedLines([]byte(patch))
	want := map[string]string{"d/new.c": "+int x;\n", "list": "-old\n+new\n"}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	if _, err := ChangedLines([]byte("no patch\n")); err == nil {
		t.Error("text is taken for a patch")
	}
}
