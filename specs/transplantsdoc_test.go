// SPDX-License-Identifier: Apache-2.0

package specs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs"
)

// TestTransplantsDocument asserts that docs/transplants.md lists every reason, once,
// with the transplants that it applies to. With -update it writes the list.
func TestTransplantsDocument(t *testing.T) {
	all, err := specs.LoadTransplants(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "docs", "transplants.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- reasons: go test ./specs -update writes them -->\n", "<!-- end of the reasons -->\n"
	before, rest, ok := strings.Cut(string(text), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s: want the lines %q and %q", path, begin, end)
	}
	want := reasonList(all.Transplants)
	if *update {
		got = want
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got != want {
		t.Errorf("%s does not have the reasons of specs/transplants.yaml: run go test ./specs -update", path)
	}
}

// reasonList is a Markdown list of all reasons, sorted by their files.
func reasonList(transplants []specs.Transplant) string {
	names := map[[2]string][]string{}
	for _, tr := range transplants {
		for _, r := range tr.Reasons {
			key := [2]string{"**" + strings.Join(r.Files, ", ") + "**", strings.Join(r.Kinds, " and ") + ": " + r.Why}
			names[key] = append(names[key], tr.Name)
		}
	}
	var lines []string
	for key, in := range names {
		lines = append(lines, fmt.Sprintf("- %s in %s, %s\n", key[0], strings.Join(in, ", "), key[1]))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}
