// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A stamp changes with what may have changed a file's content, and with nothing else.
func TestStamp(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) func() error {
		return func() error {
			file := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				return err
			}
			return os.WriteFile(file, []byte(text), 0o600)
		}
	}
	file := filepath.Join(dir, "x.c")
	for _, tt := range []struct {
		what   string
		change func() error
		want   bool
	}{
		{"a new file", put("x.c", "1"), true},
		{"nothing", func() error { return nil }, false},
		{"a longer file", put("x.c", "12"), true},
		{"another time", func() error { return os.Chtimes(file, time.Time{}, time.Unix(1, 0)) }, true},
		{"another mode", func() error { return os.Chmod(file, 0o700) }, true},
		{"one in a directory", put("man/x.3", "1"), true},
		{"version control", put(".git/index", "1"), false},
		{"another name", func() error { return os.Rename(file, file+"x") }, true},
		{"a link to nowhere", func() error { return os.Symlink("nowhere", file) }, true},
		{"no file", func() error { return os.Remove(file) }, true},
		{"no directory", func() error { return os.RemoveAll(dir) }, true},
		{"still none", func() error { return nil }, false},
	} {
		before := Stamp(dir)
		if err := tt.change(); err != nil {
			t.Fatal(err)
		}
		if changed := Stamp(dir) != before; changed != tt.want {
			t.Errorf("%s: changed %t", tt.what, changed)
		}
	}
}
