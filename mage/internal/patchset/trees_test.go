// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tree is a small source tree: names and contents. A name that ends in "*" is
// executable.
type tree map[string]string

// write makes the tree in a new directory.
func (files tree) write(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	files.writeTo(t, dir)
	return dir
}

func (files tree) writeTo(t testing.TB, dir string) {
	t.Helper()
	for name, content := range files {
		perm := fs.FileMode(0o644)
		if trimmed, exec := strings.CutSuffix(name, "*"); exec {
			name, perm = trimmed, 0o755
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), perm); err != nil {
			t.Fatal(err)
		}
	}
}

// readTree is the opposite of write; links and odder things are named by kind.
func readTree(t testing.TB, dir string) tree {
	t.Helper()
	files := tree{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if !d.Type().IsRegular() {
			files[name] = "(" + kindOf(d.Type()) + ")"
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if gitMode(info.Mode()) == modeExec {
			name += "*"
		}
		data, err := os.ReadFile(path)
		files[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// sameTree fails the test unless dir holds exactly want.
func sameTree(t testing.TB, what, dir string, want tree) {
	t.Helper()
	got := readTree(t, dir)
	for name, content := range want {
		if other, there := got[name]; !there {
			t.Errorf("%s: %q is missing", what, name)
		} else if other != content {
			t.Errorf("%s: %q holds %.80q, want %.80q", what, name, other, content)
		}
	}
	for name := range got {
		if _, wanted := want[name]; !wanted {
			t.Errorf("%s: %q should not be there", what, name)
		}
	}
}

// numbered returns n lines, "line 1" and so on, some of them replaced.
func numbered(n int, replaced map[int]string) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		if text, ok := replaced[i]; ok {
			b.WriteString(text)
			continue
		}
		fmt.Fprintf(&b, "line %d\n", i)
	}
	return b.String()
}

// header is a valid one.
func header() Header {
	return Header{
		From:    "Rib Maintainers <rib@resnics.example>",
		Subject: "providers/rib: add the userspace provider",
		Date:    time.Date(2024, 2, 3, 4, 5, 6, 0, time.FixedZone("", 3600)),
	}
}

// change is a difference of two trees that a patch can hold.
type change struct {
	name          string
	before, after tree
	onlyGit       bool // GNU patch cannot do it
	otherQuotes   bool // git writes the name in another, equal, way
}

// changes are the kinds of difference that every reader of a patch must agree on.
func changes() []change {
	return []change{
		{name: "a new file", before: tree{"keep": "k\n"}, after: tree{"keep": "k\n", "providers/rib/rib.c": "int rib;\n\nint verbs;\n"}},
		{name: "an added line", before: tree{"a": numbered(9, nil)}, after: tree{"a": numbered(9, map[int]string{5: "line 5\nmore\n"})}},
		{name: "a line at the start and one at the end", before: tree{"a": numbered(30, nil)}, after: tree{"a": "first\n" + numbered(30, nil) + "last\n"}},
		{name: "hunks six lines apart join", before: tree{"a": numbered(30, nil)}, after: tree{"a": numbered(30, map[int]string{10: "x\n", 17: "y\n"})}},
		{name: "hunks seven lines apart do not", before: tree{"a": numbered(30, nil)}, after: tree{"a": numbered(30, map[int]string{10: "x\n", 18: "y\n"})}},
		{name: "a repeated block", before: tree{"a": "{\n\ta\n},\n{\n\tb\n},\n"}, after: tree{"a": "{\n\ta\n},\n{\n\tb\n},\n{\n\tb\n},\n"}},
		{name: "blocks doubled and halved", before: tree{"a": "{\n\ta\n}\n", "b": "1\n}\n\nf\n}\n\n2\n"}, after: tree{"a": "{\n\ta\n}\n{\n\ta\n}\n", "b": "1\n}\n\n2\n"}},
		{name: "long names and many lines", before: tree{"keep": "k\n", "few": "1\n2\n"}, after: tree{
			"keep": "k\n", "few": "1\n", strings.Repeat("long/", 20) + "name.c": numbered(300, nil), strings.Repeat("n", 90): numbered(40, nil),
		}},
		{name: "an empty new file", before: tree{"keep": "k\n"}, after: tree{"keep": "k\n", "empty": ""}},
		{name: "an empty file deleted", before: tree{"keep": "k\n", "empty": ""}, after: tree{"keep": "k\n"}},
		{name: "a file emptied, a file filled", before: tree{"a": "a\nb\n", "b": ""}, after: tree{"a": "", "b": "b\n"}},
		{name: "a deleted file and its folders", before: tree{"keep": "k\n", "d/e/f": "1\n2\n"}, after: tree{"keep": "k\n"}},
		{name: "a newline at the end lost", before: tree{"a": "1\n2\n"}, after: tree{"a": "1\n2"}},
		{name: "a newline at the end gained", before: tree{"a": "1\n2"}, after: tree{"a": "1\n2\n"}},
		{name: "no newline at the end, before or after", before: tree{"a": "1\n2\n3"}, after: tree{"a": "0\n2\n3"}},
		{name: "lines after a last line without newline", before: tree{"a": "1\n2"}, after: tree{"a": "1\n2\n3"}},
		{name: "new and deleted without newline", before: tree{"a": "gone"}, after: tree{"b": "come"}},
		{name: "CRLF", before: tree{"a": "1\r\n2\r\n3\r\n"}, after: tree{"a": "1\r\n2b\r\n3\r\n", "new": "x\r\ny"}},
		{name: "a lone CR and a form feed", before: tree{"a": "1\r2\n\f\n3\n"}, after: tree{"a": "1\r2\n\f\n3\r4\n"}},
		{name: "bytes that are not UTF-8", before: tree{"a": "caf\xe9\nb\n"}, after: tree{"a": "caf\xe9\nb\xff\xfe\n"}},
		{name: "executable set", before: tree{"s.sh": "echo\n"}, after: tree{"s.sh*": "echo\n"}},
		{name: "executable cleared and content changed", before: tree{"s.sh*": "echo\n"}, after: tree{"s.sh": "echo 2\n"}},
		{name: "a new executable", before: tree{"keep": "k\n"}, after: tree{"keep": "k\n", "s.sh*": "echo\n"}},
		{name: "lines that look like a patch", before: tree{"a": "1\n"}, after: tree{"a": "1\n-- a\n++ b\n@@ -1 +1 @@\n--- a/x\n+++ b/x\ndiff --git a/y b/y\n-- \nFrom 1 Mon Sep 17 00:00:00 2001\n"}},
		{name: "names sorted by bytes", before: tree{"keep": "k\n"}, after: tree{"keep": "k\n", "a/b": "1\n", "a-b": "2\n", "a.b": "3\n", "Z": "4\n", "a0": "5\n"}},
		{name: "names with spaces", before: tree{"a b/c d": "1\n"}, after: tree{"a b/c d": "2\n", " lead": "x\n"}},
		{name: "names with spaces that GNU patch needs quoted", before: tree{"s h": "1\n", "o p": ""}, after: tree{"s h*": "1\n", "e f": "", "trail ": "y\n", "t\" u": ""}, otherQuotes: true},
		{name: "names with quotes", before: tree{`"q"`: "1\n"}, after: tree{`"q"`: "2\n", `it's`: "x\n", `back\slash`: "y\n", `$(id)`: "z\n"}},
		{name: "a name that ends in a backslash", before: tree{`end\`: "1\n"}, after: tree{`end\`: "2\n", `empty\`: ""}, otherQuotes: true},
		{name: "names with a tab and controls", before: tree{"a\tb": "1\n"}, after: tree{"a\tb": "2\n", "bell\a\x01\x7f": "x\n"}},
		{name: "names with percent signs", before: tree{"100%": "1\n"}, after: tree{"100%": "2\n", "%{name}": "x\n", "%20 %s": "y\n"}},
		{name: "names beyond ASCII", before: tree{"中文.md": "1\n"}, after: tree{"中文.md": "2\n", "naïve/é.c": "x\n", "bad\xff": "y\n"}},
		{name: "a name with a newline", before: tree{"a\nb": "1\n"}, after: tree{"a\nb": "2\n"}},
		{name: "names like options and like git's", before: tree{"-rf": "1\n"}, after: tree{"-rf": "2\n", "--": "x\n", "dev/null": "y\n", "a/a/x": "z\n", ".gitignore": "*\n"}},
		{name: "a file becomes a folder", before: tree{"x": "1\n"}, after: tree{"x/y": "2\n"}, onlyGit: true},
		{name: "a folder becomes a file", before: tree{"x/y": "1\n"}, after: tree{"x": "2\n"}, onlyGit: true},
		{name: "a large file with many changes", before: tree{"big.c": numbered(20000, nil)}, after: tree{"big.c": manyChanges()}},
	}
}

func manyChanges() string {
	replaced := map[int]string{}
	for i := 3; i < 20000; i += 37 {
		replaced[i] = fmt.Sprintf("changed %d\nand added\n", i)
	}
	return numbered(20000, replaced)
}
