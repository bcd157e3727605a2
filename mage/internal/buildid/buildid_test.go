// SPDX-License-Identifier: Apache-2.0

package buildid_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/buildid"
)

// The go command reads the same id.
func TestRead(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "tool", "buildid", os.Args[0]).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := buildid.Read(os.Args[0]); err != nil || got != strings.TrimSpace(string(out)) {
		t.Errorf("got %q, %v, want %s", got, err, out)
	}
}

func TestReadNone(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "text": "Go\x00\x00 is a language", "no note": "\x7fELF and nothing else",
		"not a note":    "\x7fELF\x04\x00\x00\x00\x03\x00\x00\x00\x05\x00\x00\x00Go\x00\x00abc",
		"cut in the id": "\x7fELF\x04\x00\x00\x00\x09\x00\x00\x00\x04\x00\x00\x00Go\x00\x00abc",
		"huge id":       "\x7fELF\x04\x00\x00\x00\xff\xff\xff\xff\x04\x00\x00\x00Go\x00\x00abc",
		"at the start":  "\x7fELGo\x00\x00",
	} {
		file := filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if id, err := buildid.Read(file); err == nil || id != "" {
			t.Errorf("%s: got %q, %v", name, id, err)
		}
	}
	if _, err := buildid.Read(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
