// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What mage would take for a magefile is one, and nothing else is.
func TestHasMagefiles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"//go:build mage\n\npackage main\n":                           true,
		"// A comment.\n\n//go:build linux && mage\n\npackage main\n": true,
		"// +build mage\n\npackage main\n":                            true,
		"package main\n\n//go:build mage\n":                           false,
		"//go:build !mage\n\npackage main\n":                          false,
		"//go:build linux\n\npackage main\n":                          false,
		"//go:build mage && !mage\n\npackage main\n":                  false,
		"//go:build mage &&\n\npackage main\n":                        false,
		"package main\n":                                              false,
		"":                                                            false,
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "a_test.go"), "package main\n")
		write(t, filepath.Join(dir, "b.go"), text)
		if got := hasMagefiles(dir); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.go"), 0o600); err != nil {
		t.Fatal(err)
	}
	if hasMagefiles(dir) {
		t.Error("a pipe is a magefile")
	}
	if err := os.Mkdir(filepath.Join(dir, "magefiles"), 0o700); err != nil {
		t.Fatal(err)
	}
	if !hasMagefiles(dir) {
		t.Error("the directory magefiles has none")
	}
}

// Without a go.mod that names verbsmith, this program, which has no version, says what to do.
func TestNoModule(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"none":           "",
		"an unrelated":   "module example.com/driver\n",
		"one beside it":  "module example.com/driver\nrequire github.com/resnics/verbsmithing v1.0.0 // github.com/resnics/verbsmith\n",
		"an empty one's": "\n",
	} {
		dir := t.TempDir()
		if text != "" {
			if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := mageIn(t, dir, t.TempDir(), "patch")
		out, err := cmd.CombinedOutput()
		const want = "no go.mod here or above requires github.com/resnics/verbsmith: run `go get -tool github.com/resnics/verbsmith/mage`"
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, said %s", name, err, out)
		}
	}
}

// A workspace counts if one of its modules names verbsmith, wherever that is.
func TestInWorkspace(t *testing.T) {
	top := t.TempDir()
	for name, text := range map[string]string{
		"go.work": "go 1.26\n\nuse (\n\t./a\n\t\"./b\"\n)\n", "a/go.mod": "module example.com/a\n", "b/go.mod": "module example.com/b\n",
	} {
		file := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOWORK", "")
	if inWorkspace(filepath.Join(top, "a")) {
		t.Error("modules that do not name it")
	}
	if err := os.WriteFile(filepath.Join(top, "b/go.mod"), []byte("module example.com/b\nrequire github.com/resnics/verbsmith v1.0.0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !inWorkspace(filepath.Join(top, "a")) {
		t.Error("another module names it")
	}
	t.Setenv("GOWORK", "off")
	if inWorkspace(filepath.Join(top, "a")) {
		t.Error("it is switched off")
	}
	t.Setenv("GOWORK", filepath.Join(top, "go.work"))
	if !inWorkspace(t.TempDir()) {
		t.Error("it is named in the environment")
	}
}
