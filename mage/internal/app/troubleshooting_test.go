// SPDX-License-Identifier: Apache-2.0

package app

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTroubleshooting asserts that every message in docs/troubleshooting.md is one that the code or a script has: the
// parts between the placeholders of each, in its words. A message that changes is to be changed there as well.
func TestTroubleshooting(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "troubleshooting.md"))
	if err != nil {
		t.Fatal(err)
	}
	words := sourceText(t, root)
	cell := regexp.MustCompile("(?m)^\\| (`[^|]*`)[^|]*\\|")
	code := regexp.MustCompile("`([^`]*)`")
	messages := 0
	for _, row := range cell.FindAllStringSubmatch(string(page), -1) {
		for _, message := range code.FindAllStringSubmatch(row[1], -1) {
			messages++
			for part := range strings.SplitSeq(message[1], "…") {
				if !strings.Contains(words, strings.TrimSpace(part)) {
					t.Errorf("no source file has %q of the message %q", part, message[1])
				}
			}
		}
	}
	if messages < 40 { // fewer than the page has
		t.Errorf("found %d messages: the page's form has changed", messages)
	}
}

// sourceText is the text of the Go files and scripts, with broken strings joined.
func sourceText(t *testing.T, root string) string {
	t.Helper()
	var all strings.Builder
	for _, dir := range []string{"containers", "mage", "provider", "specs", "scripts"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".sh") {
				return err
			}
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return regexp.MustCompile(`" \+\s*"`).ReplaceAllString(all.String(), "")
}
