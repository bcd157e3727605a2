// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTableOfOpcodesIsWhole asks of the comment before rib's send request that each member of its union has a row.
// clang-format once filled the rows like prose.
func TestTableOfOpcodesIsWhole(t *testing.T) {
	text, err := os.ReadFile("rib/rib-abi.h")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "depends on the opcode:\n")
	if !found {
		t.Fatal("rib-abi.h: no table of opcodes")
	}
	comment, body, _ := strings.Cut(table, "*/\nstruct rib_send_wqe {")
	union, _, found := strings.Cut(body, "} op;")
	if !found {
		t.Fatal("rib-abi.h: no union op behind the table")
	}
	rows, _, _ := strings.Cut(comment, " *\n")
	members := regexp.MustCompile(`(?m)^\t\t\} (\w+);$`).FindAllStringSubmatch(union, -1)
	for _, member := range members {
		if !regexp.MustCompile(`(?m)^ \*\t` + member[1] + `\t+\S`).MatchString(rows) {
			t.Errorf("no row for %s in\n%s", member[1], rows)
		}
	}
	for row := range strings.Lines(rows) {
		if !regexp.MustCompile(`^ \*(\t\w+\t+\S.*| uapi: .*)\n$`).MatchString(row) {
			t.Errorf("not a row of the table: %q", row)
		}
	}
	if len(members) != 5 {
		t.Errorf("%d members of the union, want 5", len(members))
	}
}

// TestNoStyleReflowsComments keeps clang-format from filling tables in comments.
func TestNoStyleReflowsComments(t *testing.T) {
	styles := 0
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != ".clang-format" {
			return err
		}
		styles++
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if !strings.Contains("\n"+string(text), "\nReflowComments: false\n") {
			t.Errorf("%s: want ReflowComments: false", name)
		}
		return nil
	})
	if err != nil || styles == 0 {
		t.Errorf("%d styles found, %v", styles, err)
	}
}
