// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Links stay in the tree, whatever they say.
func TestLinksStayInTheTree(t *testing.T) {
	m := newMachine(t)
	m.text("/usr/lib/a", "inside")
	m.text("/etc/passwd", "of the tree")
	m.link("/lib", "usr/lib")
	m.link("/top", "/lib/a")
	m.link("/usr/lib/deep", "/lib/a")
	m.link("/usr/lib/up", "../../../../../../etc/passwd")
	m.link("/loop", "loop")
	tree := m.tree()
	for name, want := range map[string]string{"/lib/a": "inside", "/top": "inside", "/lib/up": "of the tree", "/lib/deep": "inside", "/lib/../lib/a": "inside", "/../../top": "inside"} {
		if data, err := tree.ReadFile(name, maxText); err != nil || string(data) != want {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	if target, err := tree.Real("/lib/../lib/./a"); err != nil || target != "/usr/a" && target != "/usr/lib/a" {
		t.Errorf("got %s, %v", target, err)
	}
	if _, err := tree.ReadFile("/loop", maxText); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("got %v", err)
	}
	if _, err := tree.ReadFile("/nowhere", maxText); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// What is larger than anything of its kind, or would make a reader wait, is not read.
func TestBounds(t *testing.T) {
	m := newMachine(t)
	m.text("/big", "12345")
	if err := syscall.Mkfifo(m.path("/pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	tree := m.tree()
	big := &TooBigError{}
	if _, err := tree.ReadFile("/big", 4); !errors.As(err, &big) || big.Path != "/big" {
		t.Errorf("got %v", err)
	}
	if data, err := tree.ReadFile("/big", 5); err != nil || string(data) != "12345" {
		t.Errorf("got %q, %v", data, err)
	}
	for _, name := range []string{"/pipe", "/etc"} {
		if _, err := tree.ReadFile(name, 5); err == nil {
			t.Errorf("%s was read", name)
		}
	}
	if _, err := tree.Names("/big"); err == nil {
		t.Error("a file has names")
	}
}

// Attributes are taken as libibverbs takes them: with room for their end, and up to one line end.
func TestAttributes(t *testing.T) {
	m := newMachine(t)
	for text, want := range map[string]string{
		"rib0\n": "rib0", "rib0": "rib0", "1234567\n": "1234567", "12345678": "", "12345678\n": "", "": "", "\n": "", "a\x00b": "a", "a\n\n": "a\n",
	} {
		m.text("/attr", text)
		if got := m.tree().attr("/attr", 8); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestGlob(t *testing.T) {
	m := newMachine(t)
	for _, name := range []string{"/opt/b/lib/x.so", "/opt/a/lib/x.so", "/opt/a/lib/.x.so", "/opt/c/x.so"} {
		m.text(name, "")
	}
	if got := m.tree().glob("/opt/*/lib/*.so"); !slices.Equal(got, []string{"/opt/a/lib/x.so", "/opt/b/lib/x.so"}) {
		t.Errorf("got %v", got)
	}
}

// Text of others cannot move the cursor, hide anything or end a line.
func TestShow(t *testing.T) {
	for text, want := range map[string]string{
		"rib0": "rib0", "": `""`, "a b": `"a b"`, "a\x1b[2J": `"a\x1b[2J"`, "a\nb": `"a\nb"`, "\u202ex": `"\u202ex"`, `a"b`: `"a\"b"`, "é": "é", "\xff": `"\xff"`,
	} {
		if got := show(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	if got := show(strings.Repeat("x", 10000)); len(got) > maxShown+10 {
		t.Errorf("%d bytes are shown", len(got))
	}
}

func TestFnmatch(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"rdma_device:*Nrib*", "rdma_device:Nrib0", true},
		{"rdma_device:*Nrib*", "rdma_device:NxNrib0", true},
		{"rdma_device:*Nrib*", "rdma_device:Nfly0", false},
		{"pci:v000015B3d00001017sv*", "pci:v000015B3d00001017sv000015B3sd00000001", true},
		{"pci:v000015B3d00001017sv*", "pci:v000015B3d00001018sv000015B3sd00000001", false},
		{"*", "", true},
		{"", "", true},
		{"", "a", false},
		{"a*b*c", "a/b.c", true},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"[a-c]x", "bx", true},
		{"[!a-c]x", "bx", false},
		{"[]]x", "]x", true},
		{"[ax", "[ax", true},
		{`a\*`, "a*", true},
		{`a\*`, "ab", false},
		{strings.Repeat("*a", 200), strings.Repeat("a", 10000) + "b", false},
	} {
		if got := fnmatch(tt.pattern, tt.text); got != tt.want {
			t.Errorf("%q, %q: got %t", tt.pattern, tt.text, got)
		}
	}
}
