// SPDX-License-Identifier: Apache-2.0

package specs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// inDocument asserts that the document of that name has the text between the lines begin and end. With -update it writes it.
func inDocument(t *testing.T, name, begin, end, want string) {
	t.Helper()
	path := filepath.Join("..", "docs", name)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s: want the lines %q and %q", path, begin, end)
	}
	if *update {
		got = want
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got != want {
		t.Errorf("%s does not have what is in this directory: run go test ./specs -update", path)
	}
}
