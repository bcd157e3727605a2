// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// plant writes a tree: a name with a star at its end is executable.
func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		mode := fs.FileMode(0o644)
		if bare, ok := strings.CutSuffix(name, "*"); ok {
			name, mode = bare, 0o755
		}
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), mode)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func harvest(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		info, _ := d.Info()
		if info.Mode()&0o100 != 0 {
			rel += "*"
		}
		data, err := os.ReadFile(path)
		out[rel] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func numbers(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	return b.String()
}

const tenToTwelve = " line 10\n-line 11\n+LINE 11\n line 12\n"

func TestApplyForeign(t *testing.T) {
	text := numbers(1, 20)
	changed := strings.Replace(text, "line 11", "LINE 11", 1)
	for _, tt := range []struct {
		name   string
		before map[string]string
		patch  string
		how    Foreign
		after  map[string]string
		moved  int
	}{
		{
			name: "git", before: map[string]string{"d/f": text}, how: Foreign{Strip: 1},
			patch: "From 0 Mon Sep 17\nSubject: x\n---\n d/f | 2 +-\n\ndiff --git a/d/f b/d/f\nindex 1..2 100644\n--- a/d/f\n+++ b/d/f\n@@ -10,3 +10,3 @@ where\n" + tenToTwelve + "-- \n2.43.0\n",
			after: map[string]string{"d/f": changed},
		},
		{
			name: "plain diff that sits elsewhere", before: map[string]string{"d/f": text}, how: Foreign{Strip: 1}, moved: 1,
			patch: "--- old/d/f\t2024-01-01 10:00:00\n+++ new/d/f\t2024-01-01 10:00:00\n@@ -4,3 +4,3 @@\n" + tenToTwelve,
			after: map[string]string{"d/f": changed},
		},
		{
			name: "before it", before: map[string]string{"d/f": text}, how: Foreign{}, moved: 1,
			patch: "--- d/f.orig 2024-01-01\n+++ d/f 2024-01-01\n@@ -104,3 +104,3 @@\n" + tenToTwelve,
			after: map[string]string{"d/f": changed},
		},
		{
			name: "the hunk after a moved one is moved as far", before: map[string]string{"f": "0\n0\n" + text + text}, how: Foreign{Strip: 1}, moved: 2,
			patch: "--- a/f\n+++ b/f\n@@ -10,3 +10,3 @@\n" + tenToTwelve + "@@ -30,3 +30,3 @@\n" + tenToTwelve,
			after: map[string]string{"f": "0\n0\n" + changed + changed},
		},
		{
			name: "a text that repeats itself: the second hunk goes as far as the first", moved: 2, how: Foreign{Strip: 1},
			before: map[string]string{"f": "a\nb\nc\nd\nhere\n" + strings.Repeat("a\nb\nc\nd\n", 6)},
			patch:  "--- a/f\n+++ b/f\n@@ -1,1 +1,1 @@\n-here\n+there\n@@ -9,2 +9,2 @@\n-d\n+D\n a\n",
			after:  map[string]string{"f": "a\nb\nc\nd\nthere\n" + "a\nb\nc\nd\na\nb\nc\nD\n" + strings.Repeat("a\nb\nc\nd\n", 4)},
		},
		{
			name: "less context behind: at the end only", moved: 1, how: Foreign{Strip: 1},
			before: map[string]string{"f": "a\nb\nc\nx\na\nb\nc\n"},
			patch:  "--- a/f\n+++ b/f\n@@ -1,3 +1,4 @@\n a\n b\n c\n+d\n",
			after:  map[string]string{"f": "a\nb\nc\nx\na\nb\nc\nd\n"},
		},
		{
			name: "made, removed, renamed, copied, modes", how: Foreign{Strip: 1},
			before: map[string]string{"gone": "a\n", "from": text, "script": "s\n", "orig*": "o\n"},
			patch: "diff --git a/new/x b/new/x\nnew file mode 100755\n--- /dev/null\n+++ b/new/x\n@@ -0,0 +1 @@\n+n\n\\ No newline at end of file\n" +
				"diff --git a/empty b/empty\nnew file mode 100644\nindex 0..e69\n" +
				"diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n" +
				"diff --git a/from b/to\nsimilarity index 90%\nrename from from\nrename to to\n--- a/from\n+++ b/to\n@@ -10,3 +10,3 @@\n" + tenToTwelve +
				"diff --git a/orig b/dup\nsimilarity index 100%\ncopy from orig\ncopy to dup\n" +
				"diff --git a/script b/script\nold mode 100644\nnew mode 100755\n",
			after: map[string]string{"new/x*": "n", "empty": "", "to": changed, "script*": "s\n", "orig*": "o\n", "dup*": "o\n"},
		},
		{
			name: "a file made by diff -N", before: map[string]string{"a/f": "x\n"}, how: Foreign{Strip: 1},
			patch: "diff -Nur o/n/f p/n/f\n--- o/n/f\t1970-01-01 01:00:00.000000000 +0100\n+++ p/n/f\t2024-02-02 02:02:02\n@@ -0,0 +1 @@\n+made\n",
			after: map[string]string{"a/f": "x\n", "n/f": "made\n"},
		},
		{
			name: "a file removed by diff -N", before: map[string]string{"n/f": "made\n", "k": ""}, how: Foreign{Strip: 1},
			patch: "--- o/n/f\t2024-02-02 02:02:02\n+++ p/n/f\t1970-01-01 01:00:00.000000000 +0100\n@@ -1 +0,0 @@\n-made\n",
			after: map[string]string{"k": ""},
		},
		{
			name: "two commits in one file", before: map[string]string{"f": "a\n"}, how: Foreign{Strip: 1},
			patch: "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1,2 @@\n-b\n+c\n+d\n",
			after: map[string]string{"f": "c\nd\n"},
		},
		{
			name: "taken back", before: map[string]string{"f": "b\n"}, how: Foreign{Strip: 1, Reverse: true},
			patch: "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n", after: map[string]string{"f": "a\n"},
		},
		{
			name: "left empty", before: map[string]string{"f": "b\n", "k": ""}, how: Foreign{Strip: 1, RemoveEmpty: true},
			patch: "--- a/f\n+++ b/f\n@@ -1 +0,0 @@\n-b\n", after: map[string]string{"k": ""},
		},
		{
			name: "eaten blank", before: map[string]string{"f": "a\n\nb\n"}, how: Foreign{Strip: 1},
			patch: "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n", after: map[string]string{"f": "a\n\nc\n"},
		},
		{
			name: "CRLF patch", before: map[string]string{"f": "a\n"}, how: Foreign{Strip: 1},
			patch: "--- a/f\r\n+++ b/f\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n", after: map[string]string{"f": "b\n"},
		},
		{
			name: "quoted", before: map[string]string{"ä b": "a\n"}, how: Foreign{Strip: 1},
			patch: "diff --git \"a/\\303\\244 b\" \"b/\\303\\244 b\"\n--- \"a/\\303\\244 b\"\n+++ \"b/\\303\\244 b\"\n@@ -1 +1 @@\n-a\n+b\n", after: map[string]string{"ä b": "b\n"},
		},
		{
			name: "quoted, with a quotation mark before a blank", before: map[string]string{"t\" u": "a\n"}, how: Foreign{Strip: 1},
			patch: "diff --git \"a/t\\\" u\" \"b/t\\\" u\"\nold mode 100644\nnew mode 100755\n", after: map[string]string{"t\" u*": "a\n"},
		},
		{
			name: "-p2", before: map[string]string{"f": "a\n"}, how: Foreign{Strip: 2},
			patch: "--- x//y/f\n+++ x/z/f\n@@ -1 +1 @@\n-a\n+b\n", after: map[string]string{"f": "b\n"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := plant(t, tt.before)
			moved, err := ApplyForeign(t.Context(), []byte(tt.patch), dir, tt.how)
			if err != nil || moved != tt.moved {
				t.Fatalf("moved %d, %v", moved, err)
			}
			if got := harvest(t, dir); fmt.Sprint(got) != fmt.Sprint(tt.after) {
				t.Errorf("got  %q\nwant %q", got, tt.after)
			}
			if _, err := exec.LookPath("patch"); err != nil {
				return
			}
			dir = plant(t, tt.before)
			if out, err := gnuPatch(t, dir, tt.patch, tt.how); err != nil {
				t.Fatalf("GNU patch: %v\n%s", err, out)
			}
			if got := harvest(t, dir); fmt.Sprint(got) != fmt.Sprint(tt.after) {
				t.Errorf("GNU patch makes %q of it", got)
			}
		})
	}
}

// TestForeignOntoADirectory: one that is empty is in the way too.
func TestForeignOntoADirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := ApplyForeign(t.Context(), []byte("--- /dev/null\n+++ b/d\n@@ -0,0 +1 @@\n+a\n"), dir, Foreign{Name: "p", Strip: 1})
	if h, ok := errors.AsType[*HunkError](err); !ok || h.Got != "a directory" {
		t.Errorf("got %v", err)
	}
}

// gnuPatch applies a patch as rpmbuild does.
func gnuPatch(t *testing.T, dir, patch string, how Foreign) ([]byte, error) {
	t.Helper()
	args := []string{"-f", "-s", "--fuzz=0", "--no-backup-if-mismatch", fmt.Sprintf("-p%d", how.Strip), "-d", dir}
	if how.Reverse {
		args = append(args, "-R")
	}
	if how.RemoveEmpty {
		args = append(args, "-E")
	}
	cmd := exec.CommandContext(t.Context(), "patch", args...)
	cmd.Stdin = strings.NewReader(patch)
	return cmd.CombinedOutput()
}

func TestApplyForeignRefuses(t *testing.T) {
	text := numbers(1, 20)
	before := map[string]string{"d/f": text, "nul": "a\x00b\n", "g": "a\n"}
	for _, tt := range []struct{ name, patch, want string }{
		{"a hunk", "--- a/d/f\n+++ b/d/f\n@@ -2,3 +2,3 @@\n line 2\n-line 3\n+x\n line 4\n@@ -10,3 +10,3 @@\n line 10\n-line eleven\n+x\n line 12\n", `p.patch:8: d/f: hunk 2: patch does not apply: want "line eleven\n" in line 11 or elsewhere, got "line 11\n"`},
		{"would need fuzz", "--- a/d/f\n+++ b/d/f\n@@ -9,5 +9,5 @@\n line nine\n line 10\n-line 11\n+x\n line 12\n line 13\n", "hunk 1: patch does not apply"},
		{"less context in front, not at the start", "--- a/d/f\n+++ b/d/f\n@@ -1,2 +1,3 @@\n+x\n line 7\n line 8\n", "hunk 1: patch does not apply"},
		{"behind the end", "--- a/g\n+++ b/g\n@@ -9,1 +9,1 @@\n-zz\n+x\n", `got a file of 2 lines`},
		{"no file", "--- a/d/none\n+++ b/d/none\n@@ -1 +1 @@\n-a\n+b\n", "p.patch:1: d/none: patch does not apply: want a file, got none"},
		{"is there", "diff --git a/g b/g\nnew file mode 100644\n--- /dev/null\n+++ b/g\n@@ -0,0 +1 @@\n+a\n", "want no such file, got a regular file"},
		{"not all of it", "diff --git a/d/f b/d/f\ndeleted file mode 100644\n--- a/d/f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-line 1\n-line 2\n", "want no lines but those to remove"},
		{"climbs", "--- a/../../x\n+++ b/../../x\n@@ -0,0 +1 @@\n+a\n", `patch names "../../x"`},
		{"absolute", "--- /dev/null\n+++ b//etc/../x\n@@ -0,0 +1 @@\n+a\n", "want a path below the tree"},
		{"git's own", "--- /dev/null\n+++ b/.git/config\n@@ -0,0 +1 @@\n+a\n", "it is in .git"},
		{"through a link", "--- /dev/null\n+++ b/link/x\n@@ -0,0 +1 @@\n+a\n", `"link" is a link`},
		{"a link", "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n\\ No newline at end of file\n", "file of mode 120000"},
		{"of a link", "--- a/link\n+++ b/link\n@@ -1 +1 @@\n-a\n+b\n", "want a regular file, got a link"},
		{"binary", "diff --git a/b b/b\nnew file mode 100644\nindex 0..1\nGIT binary patch\nliteral 1\nIcmZPo000310RR91\n\n", "got a binary file"},
		{"of a binary", "--- a/nul\n+++ b/nul\n@@ -1 +1 @@\n-a\n+b\n", "got a binary file"},
		{"too deep", "--- f\n+++ f\n@@ -1 +1 @@\n-a\n+b\n", "names no file below the tree with -p1"},
		{"nothing", "just text\n", "p.patch: it changes no file: want a unified diff"},
		{"context diff", "*** a/g\n--- b/g\n***************\n*** 1 ****\n! a\n--- 1 ----\n! b\n", "p.patch:3: is a context diff"},
		{"cut", "--- a/g\n+++ b/g\n@@ -1,2 +1,2 @@\n-a\n", "p.patch:3: has a truncated hunk"},
		{"wrong numbers", "--- a/g\n+++ b/g\n@@ -1,2 +1,1 @@\n+b\n+c\n", "wrong numbers"},
		{"no name", "@@ -1 +1 @@\n-a\n+b\n", "before any file name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := plant(t, before)
			if err := os.Symlink("d", filepath.Join(dir, "link")); err != nil {
				t.Fatal(err)
			}
			// A change before it that fits must not stay.
			patch := "--- a/g\n+++ b/g\n@@ -1 +1,2 @@\n a\n+more\n" + tt.patch
			if tt.name == "nothing" || tt.name == "no name" || strings.HasPrefix(tt.want, "p.patch:") {
				patch = tt.patch
			}
			_, err := ApplyForeign(t.Context(), []byte(patch), dir, Foreign{Name: "p.patch", Strip: 1})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v\nwant %s", err, tt.want)
			}
			if err := os.Remove(filepath.Join(dir, "link")); err != nil {
				t.Fatal(err)
			}
			if got := harvest(t, dir); fmt.Sprint(got) != fmt.Sprint(before) {
				t.Errorf("left behind %q", got)
			}
		})
	}
	_, err := ApplyForeign(t.Context(), []byte("--- a/g\n+++ b/g\n@@ -1 +1 @@\n-z\n+b\n"), plant(t, before), Foreign{Name: "p", Strip: 1})
	if h, ok := errors.AsType[*HunkError](err); !ok || h.Patch != "p" || h.File != "g" || h.Hunk != 1 || h.Line != 3 {
		t.Errorf("got %#v", err)
	}
}

// TestForeignAsGNUPatch compares with patch(1) on texts that have moved away under
// a patch: either both refuse, or both make the same of it.
func TestForeignAsGNUPatch(t *testing.T) {
	if _, err := exec.LookPath("patch"); err != nil {
		t.Skip("needs patch(1)")
	}
	rounds := 150
	if testing.Short() {
		rounds = 20
	}
	refused := 0
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		old := someText(r, 5+r.IntN(60))
		changed := moveAway(r, old, 1+r.IntN(4))
		if bytes.Equal(old, changed) {
			continue
		}
		body, _, _ := hunks(string(old), string(changed))
		patch := "--- a/f\n+++ b/f\n" + body
		base := moveAway(r, old, r.IntN(5))
		mine, theirs := plant(t, map[string]string{"f": string(base)}), plant(t, map[string]string{"f": string(base)})
		_, err := ApplyForeign(t.Context(), []byte(patch), mine, Foreign{Strip: 1})
		out, errGNU := gnuPatch(t, theirs, patch, Foreign{Strip: 1})
		if (err == nil) != (errGNU == nil) {
			t.Fatalf("seed %d: we say %v, patch says %v\n%s\npatch:\n%s\nbase:\n%s", seed, err, errGNU, out, patch, base)
		}
		if err != nil {
			refused++
			continue
		}
		if a, b := harvest(t, mine), harvest(t, theirs); a["f"] != b["f"] {
			t.Fatalf("seed %d: ours\n%q\npatch's\n%q\npatch:\n%s\nbase:\n%s", seed, a, b, patch, base)
		}
	}
	t.Logf("%d of %d refused", refused, rounds)
	if refused == 0 || refused > rounds*9/10 {
		t.Errorf("%d of %d refused: nothing is compared", refused, rounds)
	}
}

// someText has few different lines, so that hunks fit in several places.
func someText(r *rand.Rand, n int) []byte {
	var b bytes.Buffer
	for range n {
		fmt.Fprintf(&b, "%c\n", 'a'+r.IntN(6))
	}
	return b.Bytes()
}

func moveAway(r *rand.Rand, text []byte, n int) []byte {
	lines := splitLines(string(text))
	for range n {
		i := r.IntN(len(lines) + 1)
		switch r.IntN(3) {
		case 0:
			lines = append(lines[:i:i], append([]string{fmt.Sprintf("%c\n", 'a'+r.IntN(8))}, lines[i:]...)...)
		case 1:
			if i < len(lines) {
				lines = append(lines[:i:i], lines[i+1:]...)
			}
		default:
			if i < len(lines) {
				lines[i] = fmt.Sprintf("%c\n", 'A'+r.IntN(6))
			}
		}
	}
	return []byte(strings.Join(lines, ""))
}

// A hunk fits behind the one before it or nowhere, also where its lines are before that.
func TestForeignHunksKeepTheirOrder(t *testing.T) {
	before := "a\nb\nc\nhere\n" + numbers(5, 20)
	dir := plant(t, map[string]string{"f": before})
	patch := "--- a/f\n+++ b/f\n@@ -4,1 +4,1 @@\n-here\n+there\n@@ -6,3 +6,3 @@\n a\n-b\n+B\n c\n"
	_, err := ApplyForeign(t.Context(), []byte(patch), dir, Foreign{Strip: 1})
	if err == nil || !strings.Contains(err.Error(), `want "a\n" in line 6 or elsewhere`) {
		t.Errorf("got %v", err)
	}
	if got := harvest(t, dir)["f"]; got != before {
		t.Errorf("left %q", got)
	}
}
