// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestApplyGivesTheChangedTree(t *testing.T) {
	for _, c := range changes() {
		t.Run(c.name, func(t *testing.T) {
			before := c.before.write(t)
			patch := mustDiff(t, before, c.after.write(t))
			if err := Apply(t.Context(), patch, before); err != nil {
				t.Fatalf("%v, applying\n%.2000s", err, patch)
			}
			sameTree(t, "after Apply", before, c.after)
		})
	}
}

// TestApplyConflicts also looks that a patch which does not fit changes nothing,
// though its first file always fits.
func TestApplyConflicts(t *testing.T) {
	before := tree{"0": "a\n", "f": numbered(12, nil), "gone": "x\ny\n", "s.sh*": "echo\n", "empty": ""}
	after := tree{"0": "b\n", "f": numbered(12, map[int]string{6: "six\n"}), "new": "n\n", "s.sh": "echo\n", "empty": "e\n"}
	tests := []struct {
		name string
		tree tree // what is there instead of before
		want ConflictError
	}{
		{"another line", tree{"f": numbered(12, map[int]string{8: "eight\n"})}, ConflictError{"f", 8, `"line 8\n"`, `"eight\n"`}},
		{"lines lower by one", tree{"f": "top\n" + numbered(12, nil)}, ConflictError{"f", 3, `"line 3\n"`, `"line 2\n"`}},
		{"too few lines", tree{"f": numbered(7, nil)}, ConflictError{"f", 7, "at least 9 lines", "7"}},
		{"no such file", tree{"f": "-"}, ConflictError{"f", 0, "a file", "none"}},
		{"a file already there", tree{"new": "n\n"}, ConflictError{"new", 0, "no such file", "a regular file"}},
		{"a folder in the way", tree{"new/x": "n\n"}, ConflictError{"new", 0, "no such file", "a directory"}},
		{"more in a file to delete", tree{"gone": "x\ny\nz\n"}, ConflictError{"gone", 3, "no lines but those to remove", `"z\n"`}},
		{"an empty file already there", tree{"new": ""}, ConflictError{"new", 0, "no such file", "a regular file"}},
		{"text in an empty file", tree{"empty": "y\n"}, ConflictError{"empty", 0, "an empty file", `"y\n"`}},
		{"another mode of a file that keeps its mode", tree{"f": "-", "f*": numbered(12, nil)}, ConflictError{"f", 0, "mode 100644", "mode 100755"}},
		{"another mode", tree{"s.sh*": "-", "s.sh": "echo\n"}, ConflictError{"s.sh", 0, "mode 100755", "mode 100644"}},
		{"applied already", tree{"f": after["f"]}, ConflictError{"f", 6, `"line 6\n"`, `"six\n"`}},
	}
	patch := mustDiff(t, before.write(t), after.write(t))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			there := tree{}
			for _, files := range []tree{before, tt.tree} {
				for name, content := range files {
					there[name] = content
					if content == "-" {
						delete(there, name)
					}
				}
			}
			dir := there.write(t)
			err := Apply(t.Context(), patch, dir)
			var got *ConflictError
			if !errors.As(err, &got) || *got != tt.want {
				t.Errorf("got  %v\nwant %v", err, &tt.want)
			}
			sameTree(t, "after a conflict", dir, there)
		})
	}
}

// fileDiff is a patch that creates one file.
func fileDiff(name string) string {
	return "diff --git a/" + name + " b/" + name + "\nnew file mode 100644\n--- /dev/null\n+++ b/" + name + "\n@@ -0,0 +1 @@\n+x\n"
}

func TestApplyRefusesHostilePatches(t *testing.T) {
	tests := []struct{ name, patch, want string }{
		{"a way out", fileDiff("../out"), "want a path below the tree"},
		{"a way out inside", fileDiff("d/../../out"), "want a path below the tree"},
		{"an absolute name", fileDiff("/etc/passwd"), "want a path below the tree"},
		{"an absolute name of an empty file", "diff --git a//etc/x b//etc/x\nnew file mode 100644\n", "want a path below the tree"},
		{"a dot", fileDiff("d/./x"), "want a path below the tree"},
		{"a NUL", fileDiff("nul\x00"), "want a path below the tree"},
		{"git's folder", fileDiff(".git/hooks/pre-commit"), "it is in .git"},
		{"git's folder in other letters", fileDiff("sub/.GIT/config"), "it is in .git"},
		{"through a link", fileDiff("link/x"), `"link" is a link`},
		{"through a link that stays inside", fileDiff("inside/x"), `"inside" is a link`},
		{"through a file", fileDiff("file/x"), `"file" is not a directory`},
		{"onto a link", "diff --git a/onto b/onto\n--- a/onto\n+++ b/onto\n@@ -1 +1 @@\n-f\n+x\n", "got a link"},
		{"a patch that is not git's", "--- a/file\n+++ b/file\n@@ -1 +1 @@\n-f\n+x\n", "want a \"diff --git\" line"},
		{"a new link", strings.Replace(fileDiff("l"), "100644", "120000", 1), "file of mode 120000"},
		{"a setuid file", strings.Replace(fileDiff("l"), "100644", "104755", 1), "file of mode 104755"},
		{"a rename", "diff --git a/file b/moved\nsimilarity index 100%\nrename from file\nrename to moved\n", "renamed or copied"},
		{"a copy", "diff --git a/file b/copy\nsimilarity index 100%\ncopy from file\ncopy to copy\n", "renamed or copied"},
		{"binary data", "diff --git a/b b/b\nnew file mode 100644\nindex 0000000..1111111\nBinary files /dev/null and b/b differ\n", "binary file"},
		{"a file twice", fileDiff("x") + fileDiff("x"), "changed twice"},
		{"a hunk without context", "diff --git a/file b/file\n--- a/file\n+++ b/file\n@@ -1,0 +2 @@\n+x\n", "a hunk with context"},
		{"a deletion that leaves a line", "diff --git a/two b/two\ndeleted file mode 100644\n--- a/two\n+++ /dev/null\n@@ -1 +1,0 @@\n-1\n", "want no lines but"},
		{"lines missing", strings.Replace(fileDiff("x"), "+1 @@", "+1,2 @@", 1), "reading the patch"},
		{"a hunk cut short", "diff --git a/file b/file\n--- a/file\n+++ b/file\n@@ -1,2 +1,2 @@\n-f\n+x\n", "reading the patch"},
		{"no change", "From x\n\nHello.\n", "changes no file"},
		{"nothing", "", "changes no file"},
		{"a name too long to be written beside", fileDiff(strings.Repeat("n", 255)), "file name too long"},
		{"a file and a folder of one name", fileDiff("both") + fileDiff("both/x"), "writing both/x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			outer := t.TempDir()
			dir := filepath.Join(outer, "tree")
			files := tree{"tree/file": "f\n", "tree/two": "1\n2\n", "tree/sub/g": "g\n", "elsewhere/h": "h\n"}
			files.writeTo(t, outer)
			for name, target := range map[string]string{"link": "../elsewhere", "inside": "sub", "onto": "file"} {
				if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
				files["tree/"+name] = "(link)"
			}
			// A part that fits stands before and after what is refused.
			patch := fileDiff("aa") + tt.patch
			if !strings.Contains(tt.want, "changes no file") {
				patch += fileDiff("zz")
			} else {
				patch = tt.patch
			}
			err := Apply(t.Context(), []byte(patch), dir)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			sameTree(t, "after a hostile patch", outer, files)
		})
	}
}

// TestApplySkipsTheMessage: what looks like a patch there is none.
func TestApplySkipsTheMessage(t *testing.T) {
	before, after := tree{"a": "1\n"}, tree{"a": "2\n"}
	dir, h := before.write(t), header()
	h.Body = "Title\n***************\n@@ -1 +1 @@\n"
	patch, _, err := Diff(t.Context(), dir, after.write(t), h)
	if err != nil {
		t.Fatal(err)
	}
	if err := Apply(t.Context(), patch, dir); err != nil {
		t.Fatal(err)
	}
	sameTree(t, "after Apply", dir, after)
}

func TestApplyStopsWhenCancelled(t *testing.T) {
	before, after := tree{"a": "1\n"}, tree{"a": "2\n"}
	dir := before.write(t)
	patch := mustDiff(t, dir, after.write(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Apply(ctx, patch, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	sameTree(t, "after cancelling", dir, before)
}

// TestInstallUndoes makes the last of three steps fail and looks that the first
// two are taken back: content, mode and directories.
func TestInstallUndoes(t *testing.T) {
	before := tree{"changed*": "1\n", "d/gone": "2\n", "file": "3\n"}
	dir := before.write(t)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	noExec := false
	err = install(t.Context(), root, []result{
		{name: "changed", before: []byte("1\n"), mode: 0o755, after: []byte("x\n"), exec: &noExec},
		{name: "d/gone", before: []byte("2\n"), mode: 0o644},
		{name: "new/e/f", after: []byte("4\n")},
		{name: "file/x", after: []byte("5\n")},
	})
	if err == nil || !strings.Contains(err.Error(), "file/x") {
		t.Errorf("error %v", err)
	}
	sameTree(t, "after a failed install", dir, before)
	if _, err := os.Stat(filepath.Join(dir, "new")); !os.IsNotExist(err) {
		t.Errorf("a folder is left: %v", err)
	}
}

func TestApplyKeepsOtherModeBits(t *testing.T) {
	dir := tree{"a": "1\n", "s.sh": "1\n"}.write(t)
	patch := mustDiff(t, dir, tree{"a": "2\n", "s.sh*": "1\n", "new": "", "new.sh*": ""}.write(t))
	for _, name := range []string{"a", "s.sh"} {
		if err := os.Chmod(filepath.Join(dir, name), 0o660); err != nil {
			t.Fatal(err)
		}
	}
	if err := Apply(t.Context(), patch, dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{"a": 0o660, "s.sh": 0o770, "new": 0o644, "new.sh": 0o755} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v (error %v)", name, info.Mode().Perm(), want, err)
		}
	}
}
