// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// commitFile writes a file of the checkout, commits it and gives the commit's id.
func (c *checkout) commitFile(name, text string) string {
	c.t.Helper()
	writeFile(c.t, filepath.Join(c.dir, name), []byte(text))
	c.git("add", ".")
	c.git("commit", "-q", "-m", name)
	return c.git("rev-parse", "HEAD")
}

func TestClonePicksCommitsOntoARelease(t *testing.T) {
	c, tagged, _ := newCheckout(t)
	c.commitFile("list", "ant\nbee\ncow\ndog\n")
	base := c.git("rev-parse", "HEAD")
	c.git("tag", "v58.0")
	c.commitFile("list", "ant\nbee\ncow\ndog\nelk\n") // not picked
	first := c.commitFile("list", "ant\nbat\nbee\ncow\ndog\nelk\n")
	second := c.commitFile("src/new.c", "int b;\n")
	clash := c.commitFile("list", "ant\nbat\nbee\ncow\ndog\nelk\nfox\n")
	clone := openClone(t, c.dir)
	onto, err := clone.Find(t.Context(), "v58.0")
	must(t, err)
	if onto.Commit != base {
		t.Fatalf("v58.0 is %s, want %s", onto.Commit, base)
	}
	tree, err := clone.Pick(t.Context(), onto, []string{first, second})
	must(t, err)
	dir := filepath.Join(t.TempDir(), "tree")
	must(t, clone.Extract(t.Context(), tree, dir, onto.Time))
	for name, want := range map[string]string{"list": "ant\nbat\nbee\ncow\ndog\n", "src/new.c": "int b;\n", "src/a b.c": "int a;\n"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "build.sh")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("build.sh: %v, %v; want mode 0755", info, err)
	}
	if err := clone.Extract(t.Context(), tree, dir, onto.Time); !errors.Is(err, os.ErrExist) {
		t.Errorf("a folder that is there: %v", err)
	}
	var pick *PickError
	if _, err := clone.Pick(t.Context(), onto, []string{clash}); !errors.As(err, &pick) || pick.Said != "both change list" {
		t.Errorf("a commit that does not fit: %v", err)
	}
	var given *GivenError
	if _, err := clone.Pick(t.Context(), onto, []string{"nothing"}); !errors.As(err, &given) {
		t.Errorf("no such commit: %v", err)
	}
	// Nothing of it is in the clone itself.
	if got := c.git("cat-file", "-t", tagged); got != "commit" {
		t.Errorf("the clone: %s", got)
	}
	if out := c.git("fsck", "--unreachable", "--no-progress"); out != "" {
		t.Errorf("the clone has new objects: %s", out)
	}
}

// What a commit has, as an archive of it would: modes too, links told apart.
func TestCloneListsATree(t *testing.T) {
	c, tagged, _ := newCheckout(t)
	must(t, os.Symlink("build.sh", filepath.Join(c.dir, "link")))
	head := c.commitFile("a\tb", "x\n")
	clone := openClone(t, c.dir)
	files, err := clone.Tree(t.Context(), head)
	must(t, err)
	got := map[string]fs.FileMode{}
	for _, f := range files {
		got[f.Name] = f.Mode
	}
	for name, want := range map[string]fs.FileMode{cmakeLists: 0o644, "src/a b.c": 0o644, "build.sh": 0o755, "link": fs.ModeSymlink, "a\tb": 0o644} {
		if got[name] != want {
			t.Errorf("%q: got %v, want %v", name, got[name], want)
		}
	}
	if _, ok := got["src"]; ok {
		t.Error("a directory is listed")
	}
	if old, err := clone.Tree(t.Context(), tagged); err != nil || slices.ContainsFunc(old, func(f TreeFile) bool { return f.Name == "link" }) {
		t.Errorf("the tag: %v, %v", old, err)
	}
	for _, commit := range []string{"--all", strings.Repeat("0", 40)} {
		if files, err := clone.Tree(t.Context(), commit); err == nil {
			t.Errorf("%s: files %v", commit, files)
		}
	}
}
