// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// releaseDir writes the small release into a directory.
func releaseDir(t *testing.T) (string, *DirTree) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range providertest.Release() {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := OpenTree(dir)
	providertest.WantError(t, err)
	t.Cleanup(func() { _ = tree.Close() })
	return dir, tree
}

// snapshot lists a directory with modes and content.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		b.WriteString(file + " " + info.Mode().String() + "\n")
		if d.Type().IsRegular() {
			data, err := os.ReadFile(file)
			b.Write(data)
			return err
		}
		return nil
	})
	providertest.WantError(t, err)
	return b.String()
}

func TestDirTree(t *testing.T) {
	dir, tree := releaseDir(t)
	src := providertest.Folder(t, nil)
	if err := os.Chmod(filepath.Join(src, "sub", "fast.c"), 0o711); err != nil {
		t.Fatal(err)
	}
	p, err := Load(t.Context(), src)
	providertest.WantError(t, err)
	_, err = Integrate(tree, p)
	providertest.WantError(t, err)
	for name, want := range map[string]fs.FileMode{TopCMake: 0o640, "providers/fly/fly.c": 0o644, "providers/fly/sub/fast.c": 0o755} {
		info, err := os.Stat(filepath.Join(dir, name))
		providertest.WantError(t, err)
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", name, info.Mode().Perm(), want)
		}
	}
	after := snapshot(t, dir)
	if strings.Contains(after, besideSuffix) {
		t.Errorf("something was left behind:\n%s", after)
	}
	_, err = Integrate(tree, p)
	providertest.WantError(t, err)
	providertest.WantText(t, snapshot(t, dir), after)
}

// What cannot be written leaves the tree as it was.
func TestDirTreeAllOrNothing(t *testing.T) {
	outside := t.TempDir()
	tests := []struct {
		name string
		make func(dir string) error
	}{
		{"a folder where a file goes", func(dir string) error {
			return os.MkdirAll(filepath.Join(dir, "providers", "fly", "sub", "fast.c"), 0o755)
		}},
		{"a file where a folder goes", func(dir string) error { return os.WriteFile(filepath.Join(dir, "providers"), nil, 0o644) }},
		{"a folder that leads out", func(dir string) error { return os.Symlink(outside, filepath.Join(dir, "providers")) }},
		{"an edited file that leads out", func(dir string) error {
			err := os.WriteFile(filepath.Join(outside, "verbs.h"), []byte(providertest.Release()[VerbsHeader]), 0o644)
			return errors.Join(err, os.Remove(filepath.Join(dir, VerbsHeader)), os.Symlink(filepath.Join(outside, "verbs.h"), filepath.Join(dir, VerbsHeader)))
		}},
		{"a folder beside an edited file", func(dir string) error {
			return os.MkdirAll(filepath.Join(dir, Readme+besideSuffix, "x"), 0o755)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, tree := releaseDir(t)
			if err := tt.make(dir); err != nil {
				t.Fatal(err)
			}
			before, out := snapshot(t, dir), snapshot(t, outside)
			_, err := Integrate(tree, smallProvider(t))
			if err == nil {
				t.Fatal("no error")
			}
			out2 := snapshot(t, outside)
			providertest.WantText(t, snapshot(t, dir), before)
			if tt.name != "an edited file that leads out" {
				providertest.WantText(t, out2, out)
			}
		})
	}
}

func TestDirTreeWriteAll(t *testing.T) {
	dir, tree := releaseDir(t)
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, []byte("keep"), 0o644); err != nil {
		t.Fatal(err)
	}
	// A link left where the new file is first written must not be followed.
	if err := os.Symlink(victim, filepath.Join(dir, Readme+besideSuffix)); err != nil {
		t.Fatal(err)
	}
	providertest.WantError(t, tree.WriteFile(Readme, []byte("new")))
	data, err := os.ReadFile(victim)
	providertest.WantError(t, err)
	providertest.WantText(t, string(data), "keep")

	before := snapshot(t, dir)
	err = tree.WriteAll([]Written{{Name: "new/a", Data: []byte("a")}, {Name: "../b", Data: []byte("b")}})
	providertest.WantError(t, err, "../b")
	providertest.WantText(t, snapshot(t, dir), before)
	_, err = OpenTree(filepath.Join(dir, "none"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
