// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestKeysDiffer(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, []byte("v"), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := map[string]*KeyBuilder{
		"nothing":                NewKey("s"),
		"another stage":          NewKey("s1"),
		"a string":               NewKey("s").String("n", "v"),
		"another value":          NewKey("s").String("n", "v2"),
		"another name":           NewKey("s").String("nv", ""),
		"an empty value":         NewKey("s").String("n", ""),
		"two in one":             NewKey("s").String("n", "v\x00string\x00m\x00w"),
		"two":                    NewKey("s").String("n", "v").String("m", "w"),
		"two, values exchanged":  NewKey("s").String("n", "w").String("m", "v"),
		"bytes":                  NewKey("s").Bytes("n", []byte("v")),
		"a file":                 NewKey("s").File("n", file),
		"a string of bytes' sum": NewKey("s").String("n", sumOf([]byte("v"))),
		"a long string":          NewKey("s").String("n", strings.Repeat("v", 1000)),
		"a longer string":        NewKey("s").String("n", strings.Repeat("v", 1001)),
	}
	seen := map[string]string{}
	for name, k := range keys {
		sum := k.Sum()
		if len(sum) != 64 || k.Err() != nil {
			t.Errorf("%s: sum %q, error %v", name, sum, k.Err())
		}
		if other, twice := seen[sum]; twice {
			t.Errorf("%s and %s have the same key", name, other)
		}
		seen[sum] = name
	}
}

// TestKeyStays notices a change that would make every cache start again.
func TestKeyStays(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "a", "x", 0o644)
	k := NewKey("rpm").String("distro", "rocky9").Bytes("spec", []byte("Name: x\n")).Dir("tree", dir)
	const want = "afdc9fd507cf3ae6c1e591f5f5a4ebf11a7103ebbdd4be686198f63a2c851341"
	if got := k.Sum(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	exchanged := NewKey("rpm").Dir("tree", dir).Bytes("spec", []byte("Name: x\n")).String("distro", "rocky9")
	if exchanged.Sum() != want {
		t.Error("the order of inputs counts")
	}
}

func writeFile(t *testing.T, dir, name, content string, perm fs.FileMode) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, perm); err != nil {
		t.Fatal(err)
	}
}

func TestDirSumsWhatCounts(t *testing.T) {
	base := func(t *testing.T) string {
		t.Helper()
		dir := t.TempDir()
		writeFile(t, dir, "a", "1", 0o644)
		writeFile(t, dir, "sub/b", "2", 0o644)
		if err := os.Symlink("a", filepath.Join(dir, "l")); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	sum := func(dir string) string { return NewKey("s").Dir("tree", dir).Sum() }
	itself, copied := sum(base(t)), sum(base(t))
	seen := map[string]string{itself: "the tree itself"}
	if copied != itself {
		t.Error("the folder's place counts")
	}
	tests := []struct {
		name string
		edit func(dir string) error
	}{
		{"content", func(d string) error { return os.WriteFile(d+"/a", []byte("2"), 0o600) }},
		{"mode", func(d string) error { return os.Chmod(d+"/a", 0o755) }},
		{"name", func(d string) error { return os.Rename(d+"/a", d+"/c") }},
		{"a new file", func(d string) error { return os.WriteFile(d+"/new\nfile", nil, 0o600) }},
		{"an empty folder", func(d string) error { return os.Mkdir(d+"/empty", 0o755) }},
		{"a link's target", func(d string) error { return errors.Join(os.Remove(d+"/l"), os.Symlink("sub", d+"/l")) }},
		{"a link in place of its target", func(d string) error { return errors.Join(os.Remove(d+"/l"), os.WriteFile(d+"/l", []byte("a"), 0o600)) }},
		{"a file moved", func(d string) error { return os.Rename(d+"/sub/b", d+"/b") }},
	}
	for _, tt := range tests {
		dir := base(t)
		if err := tt.edit(dir); err != nil {
			t.Fatal(err)
		}
		got := sum(dir)
		if other, twice := seen[got]; twice || got == "" {
			t.Errorf("%s: same key as %s", tt.name, other)
		}
		seen[got] = tt.name
	}
	link := filepath.Join(t.TempDir(), "link")
	dir := base(t)
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if sum(link) != sum(dir) {
		t.Error("a link to the folder is not the folder")
	}
}

func TestKeyMistakes(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "f", "", 0o600)
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		key  *KeyBuilder
		want string
	}{
		{NewKey("s").File("spec", filepath.Join(dir, "missing")), `input "spec" of the stage's key: stat`},
		{NewKey("s").File("spec", dir), "want a regular file"},
		{NewKey("s").Dir("tree", filepath.Join(dir, "missing")), `input "tree"`},
		{NewKey("s").Dir("tree", filepath.Join(dir, "f")), "want a directory"},
		{NewKey("s").Dir("tree", dir), `"pipe": want a file, directory or link`},
		{NewKey("s").String("a", "1").String("a", "1"), `input "a" of the stage's key: given twice`},
		{NewKey("s").String("", "1"), "non-empty"},
		{NewKey("s").String("\xff", "1"), "UTF-8"},
		{NewKey("a/b"), `stage name "a/b"`},
	}
	c := open(t, t.TempDir())
	for _, tt := range tests {
		made := 0
		_, err := c.DoKey(t.Context(), tt.key.String("later", "x"), counting(&made, ""))
		if err == nil || !strings.Contains(err.Error(), tt.want) || made > 0 {
			t.Errorf("error %v, want %q; made %d times", err, tt.want, made)
		}
		if tt.key.Sum() != "" {
			t.Errorf("%s: there is a sum", tt.want)
		}
	}
	var input *InputError
	if err := tests[0].key.Err(); !errors.As(err, &input) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func TestExplain(t *testing.T) {
	key := func(distro, provider, long string) *KeyBuilder {
		return NewKey("rpm").String("distro", distro).String("provider/rib", provider).String("spec", strings.Repeat(long, 500))
	}
	c := open(t, t.TempDir())
	made := 0
	do := func(k *KeyBuilder) Entry {
		t.Helper()
		e, err := c.DoKey(t.Context(), k, counting(&made, "x"))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	if got := c.Explain("rpm", key("rocky9", "1", "a")); got != nil {
		t.Errorf("an empty cache: %q", got)
	}
	do(key("rocky9", "1", "a"))
	e := do(key("rocky8", "1", "b"))
	if e.Inputs["distro"] != "rocky8" || !strings.HasPrefix(e.Inputs["spec"], "sha256:") {
		t.Errorf("inputs %q", e.Inputs)
	}
	tests := []struct {
		key  *KeyBuilder
		want []string
	}{
		{key("rocky9", "1", "a"), []string{}},
		{key("rocky9", "2", "a"), []string{"provider/rib"}},
		{key("rocky8", "2", "b"), []string{"provider/rib"}},
		{key("rocky8", "1", "c"), []string{"spec"}},
		{key("rocky9", "1", "a").String("flag", ""), []string{"flag"}},
		{NewKey("rpm").String("distro", "rocky9"), []string{"provider/rib", "spec"}},
	}
	for _, tt := range tests {
		if got := c.Explain("rpm", tt.key); !slices.Equal(got, tt.want) {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	if hit := do(key("rocky9", "1", "a")); !hit.Hit || hit.Inputs["distro"] != "rocky9" {
		t.Errorf("%+v", hit)
	}
}
