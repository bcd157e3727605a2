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

// Without go.mod, this program, which has no version, says what to do.
func TestNoModule(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := mageIn(t, dir, t.TempDir(), "patch")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "no go.mod here or above: run `go mod init NAME` and `go get -tool github.com/resnics/verbsmith/mage`") {
		t.Errorf("%v, said %s", err, out)
	}
}
