// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mustDiff returns the patch between two trees.
func mustDiff(t testing.TB, before, after string) []byte {
	t.Helper()
	patch, _, err := Diff(t.Context(), before, after, header())
	if err != nil {
		t.Fatal(err)
	}
	return patch
}

const wholePatch = `From 45b7e6deffadbd81e6c95bb783926c051a5c0fa8 Mon Sep 17 00:00:00 2001
From: Rib Maintainers <rib@resnics.example>
Date: Sat, 3 Feb 2024 03:05:06 +0000
Subject: [PATCH] providers/rib: add the userspace provider

A body.

Release: v56.1
Commit: 45b7e6deffadbd81e6c95bb783926c051a5c0fa8
---
 CMakeLists.txt      | 1 +
 old.sh              | 2 --
 providers/rib/rib.c | 2 ++
 run me              | 0
 4 files changed, 3 insertions(+), 2 deletions(-)
 delete mode 100755 old.sh
 create mode 100644 providers/rib/rib.c
 mode change 100644 => 100755 run me

diff --git a/CMakeLists.txt b/CMakeLists.txt
index 94ebaf9..8a1218a 100644
--- a/CMakeLists.txt
+++ b/CMakeLists.txt
@@ -2,3 +2,4 @@
 2
 3
 4
+5
diff --git a/old.sh b/old.sh
deleted file mode 100755
index 0f2e19f..0000000
--- a/old.sh
+++ /dev/null
@@ -1,2 +0,0 @@
-echo
-exit
\ No newline at end of file
diff --git a/providers/rib/rib.c b/providers/rib/rib.c
new file mode 100644
index 0000000..bdf261c
--- /dev/null
+++ b/providers/rib/rib.c
@@ -0,0 +1,2 @@
+int rib;
+int verbs;
diff --git "a/run me" "b/run me"
old mode 100644
new mode 100755
-- 
verbsmith

`

func TestDiffWritesTheWholePatch(t *testing.T) {
	before := tree{"CMakeLists.txt": "1\n2\n3\n4\n", "old.sh*": "echo\nexit", "run me": "x\n", "same": "s\n"}.write(t)
	after := tree{"CMakeLists.txt": "1\n2\n3\n4\n5\n", "providers/rib/rib.c": "int rib;\nint verbs;\n", "run me*": "x\n", "same": "s\n"}.write(t)
	h := header()
	h.Body, h.Tag, h.Commit = "A body.\n", "v56.1", "45b7e6deffadbd81e6c95bb783926c051a5c0fa8"
	patch, stat, err := Diff(t.Context(), before, after, h)
	if err != nil {
		t.Fatal(err)
	}
	if string(patch) != wholePatch {
		t.Errorf("got\n%s\nwant\n%s", patch, wholePatch)
	}
	if added, removed := stat.Totals(); len(stat.Files) != 4 || added != 3 || removed != 2 {
		t.Errorf("Stat: %d files, %d added, %d removed", len(stat.Files), added, removed)
	}
	again, _, err := Diff(t.Context(), before, after, h)
	if err != nil || !bytes.Equal(patch, again) {
		t.Errorf("a second patch differs (error %v)", err)
	}
}

// TestDiffIsWhatGitWrites compares with git format-patch byte for byte. Git is told
// to leave out what this package does: renames, names of functions, and the
// indent heuristic.
func TestDiffIsWhatGitWrites(t *testing.T) {
	for _, c := range changes() {
		if c.otherQuotes {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			repo := commitBoth(t, c)
			attributes := filepath.Join(t.TempDir(), "attributes")
			if err := os.WriteFile(attributes, []byte("* diff=plain\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			want := git(t, repo, "-c", "core.attributesFile="+attributes, "-c", "diff.plain.xfuncname=^\x01", "-c", "diff.indentHeuristic=false",
				"format-patch", "-1", "--stdout", "--zero-commit", "--no-renames", "--abbrev=7", "--signature=verbsmith")
			got := string(mustDiff(t, c.before.write(t), c.after.write(t)))
			if got != want {
				t.Errorf("got\n%.2000s\nwant\n%.2000s", got, want)
			}
		})
	}
}

// commitBoth makes a repository in which before and after are two commits.
func commitBoth(t *testing.T, c change) string {
	t.Helper()
	repo := t.TempDir()
	git(t, repo, "init", "-q")
	for _, files := range []tree{c.before, c.after} {
		git(t, repo, "rm", "-rqf", "--ignore-unmatch", ".")
		files.writeTo(t, repo)
		git(t, repo, "add", "-A", "-f", ".")
		git(t, repo, "commit", "-q", "--allow-empty", "-m", header().Subject)
	}
	return repo
}

// git runs git in a repository of its own and returns what it prints.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(toolEnv(dir), "GIT_AUTHOR_NAME=Rib Maintainers", "GIT_AUTHOR_EMAIL=rib@resnics.example",
		"GIT_AUTHOR_DATE="+header().Date.UTC().Format(time.RFC3339), "GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@c.example")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v\n%s%s", args, err, out, errs.String())
	}
	return string(out)
}

func TestDiffRefuses(t *testing.T) {
	link := func(target, name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	nothing := func(*testing.T, string) {}
	tests := []struct {
		name          string
		before, after func(*testing.T, string)
		files         tree
		want          error
	}{
		{"equal trees", nothing, nothing, tree{}, ErrNoDifference},
		{"a binary file", nothing, nothing, tree{"logo.png": "\x89PNG\x00"}, &BinaryError{"logo.png"}},
		{"a NUL far inside", nothing, nothing, tree{"late": strings.Repeat("text\n", 9000) + "\x00"}, &BinaryError{"late"}},
		{"a new link", nothing, link("a", "l"), tree{}, &FileTypeError{"l", `link to "a"`}},
		{"a link gone", link("a", "l"), nothing, tree{}, &FileTypeError{"l", `link to "a"`}},
		{"a link that leads elsewhere", link("a", "l"), link("b", "l"), tree{}, &FileTypeError{"l", `link to "a"`}},
		{"a file that becomes a link", nothing, link("a", "l"), nil, &FileTypeError{"l", `link to "a"`}},
		{"a link that stays", link("a", "l"), link("a", "l"), tree{}, ErrNoDifference},
		{"git's own folder", nothing, nothing, tree{".git/config": "x\n", "sub/.git/HEAD": "x\n"}, ErrNoDifference},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, after := t.TempDir(), t.TempDir()
			tree{"a": "a\n"}.writeTo(t, before)
			tree{"a": "a\n"}.writeTo(t, after)
			if tt.files == nil {
				tree{"l": "a file\n"}.writeTo(t, before)
			}
			tt.files.writeTo(t, after)
			tt.before(t, before)
			tt.after(t, after)
			patch, _, err := Diff(t.Context(), before, after, header())
			if patch != nil || err == nil || !strings.HasSuffix(err.Error(), tt.want.Error()) {
				t.Errorf("got %q and error %v, want %v", patch, err, tt.want)
			}
		})
	}
}

func TestDiffErrors(t *testing.T) {
	before, after := tree{"a": "1\n"}.write(t), tree{"a": "2\n"}.write(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Diff(ctx, before, after, header()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, _, err := Diff(t.Context(), before, filepath.Join(after, "missing"), header()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing folder: %v", err)
	}
	var kind *FileTypeError
	if _, _, err := Diff(t.Context(), before, filepath.Join(after, "a"), header()); !errors.As(err, &kind) {
		t.Errorf("a file in place of a tree: %v", err)
	}
	var binary *BinaryError
	if _, _, err := Diff(t.Context(), before, tree{"a": "\x00"}.write(t), header()); !errors.As(err, &binary) || binary.File != "a" {
		t.Errorf("binary: %v", err)
	}
}
