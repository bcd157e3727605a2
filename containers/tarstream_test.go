// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"archive/tar"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The entries of the tests, each a header and a content for tarOf.
func dirEntry(name string) []any {
	return []any{tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755}, ""}
}

func fileEntry(name, content string) []any {
	return []any{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644}, content}
}

func linkEntry(kind byte, name, target string) []any {
	return []any{tar.Header{Typeflag: kind, Name: name, Linkname: target, Mode: 0o777}, ""}
}

func join(entries ...[]any) []any {
	var all []any
	for _, e := range entries {
		all = append(all, e...)
	}
	return all
}

func TestExtract(t *testing.T) {
	when := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	stream, err := tarOf(join(
		dirEntry("top/"), dirEntry("top/sub/"), fileEntry("top/sub/file", "one"),
		[]any{tar.Header{Typeflag: tar.TypeReg, Name: "top/tool", Mode: 0o6755, Uid: 4242, ModTime: when}, "two"},
		fileEntry("top/no folder entry/odd \"'\n%s", "three"),
		linkEntry(tar.TypeSymlink, "top/link", "sub/file"), linkEntry(tar.TypeSymlink, "top/sub/up", "../tool"),
		linkEntry(tar.TypeSymlink, "top/sub/root", ".."), linkEntry(tar.TypeLink, "top/hard", "top/sub/file"),
		[]any{tar.Header{Typeflag: tar.TypeDir, Name: "top/closed/", Mode: 0o555}, ""}, fileEntry("top/closed/file", "four"),
	)...)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "made", "here")
	if err := extract(bytes.NewReader(stream), dir, "top"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"sub/file": "one", "tool": "two", "no folder entry/odd \"'\n%s": "three", "link": "one", "sub/up": "two",
		"hard": "one", "closed/file": "four", "sub/root/tool": "two",
	} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%q: got %q, %v, want %q", name, got, err, want)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "tool"))
	if err != nil || info.Mode() != 0o755 || !info.ModTime().Equal(when) {
		t.Errorf("tool: %v, %v", info, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "closed")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("closed: %v, %v", info.Mode(), err)
	}
}

func TestExtractRefuses(t *testing.T) {
	for name, entries := range map[string][]any{
		"climbs":                     fileEntry("../out", "x"),
		"climbs in the middle":       fileEntry("a/../../out", "x"),
		"absolute":                   fileEntry("/out", "x"),
		"link to absolute":           linkEntry(tar.TypeSymlink, "link", "/etc/passwd"),
		"link out":                   linkEntry(tar.TypeSymlink, "link", "../out"),
		"link out from below":        join(dirEntry("a/"), linkEntry(tar.TypeSymlink, "a/link", "../../out")),
		"link to above":              linkEntry(tar.TypeSymlink, "link", ".."),
		"link that climbs later":     join(dirEntry("a/"), linkEntry(tar.TypeSymlink, "link", "a/../../out")),
		"link that climbs by a link": join(linkEntry(tar.TypeSymlink, "here", "."), linkEntry(tar.TypeSymlink, "l", "here/..")),
		"link with doubled slashes":  join(dirEntry("a/"), linkEntry(tar.TypeSymlink, "a/link", "..//..//out")),
		"empty link":                 linkEntry(tar.TypeSymlink, "link", ""),
		"write below a link":         join(dirEntry("a/"), linkEntry(tar.TypeSymlink, "link", "a"), fileEntry("link/file", "x")),
		"hard link out":              linkEntry(tar.TypeLink, "hard", "../secret"),
		"hard link to absolute":      linkEntry(tar.TypeLink, "hard", "/secret"),
		"hard link to a link": join(fileEntry("f", "x"), linkEntry(tar.TypeSymlink, "s", "f"),
			linkEntry(tar.TypeLink, "hard", "s")),
		"hard link to nothing": linkEntry(tar.TypeLink, "hard", "none"),
		"fifo":                 {tar.Header{Typeflag: tar.TypeFifo, Name: "fifo"}, ""},
		"device":               {tar.Header{Typeflag: tar.TypeChar, Name: "null", Devmajor: 1, Devminor: 3}, ""},
		"file as the root":     fileEntry(".", "x"),
	} {
		t.Run(name, func(t *testing.T) {
			stream, err := tarOf(entries...)
			if err != nil {
				t.Fatal(err)
			}
			parent := t.TempDir()
			if err := os.WriteFile(filepath.Join(parent, "secret"), []byte("s"), 0o600); err != nil {
				t.Fatal(err)
			}
			err = extract(bytes.NewReader(stream), filepath.Join(parent, "dir"), "")
			if unsafe := (*UnsafeEntryError)(nil); !errors.As(err, &unsafe) {
				t.Errorf("got %v, want *UnsafeEntryError", err)
			}
			if _, err := os.Lstat(filepath.Join(parent, "out")); err == nil {
				t.Error("something was written outside")
			}
		})
	}
}

func TestExtractWantsTheTopFolder(t *testing.T) {
	stream, err := tarOf(fileEntry("topless/file", "x")...)
	if err != nil {
		t.Fatal(err)
	}
	err = extract(bytes.NewReader(stream), t.TempDir(), "top")
	if err == nil || !strings.Contains(err.Error(), `"topless/file"`) || !strings.Contains(err.Error(), `below "top"`) {
		t.Errorf("got %v", err)
	}
}

func TestExtractReplacesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, entry := range [][]any{fileEntry("file", "x"), linkEntry(tar.TypeSymlink, "file", "y"), dirEntry("file/")} {
		stream, err := tarOf(entry...)
		if err != nil {
			t.Fatal(err)
		}
		if err := extract(bytes.NewReader(stream), dir, ""); !errors.Is(err, fs.ErrExist) {
			t.Errorf("got %v, want fs.ErrExist", err)
		}
	}
	if got, err := os.ReadFile(filepath.Join(dir, "file")); string(got) != "mine" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestExtractOfACutStream(t *testing.T) {
	stream, err := tarOf(fileEntry("file", strings.Repeat("x", 4000))...)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{100, 600, 3000} {
		if err := extract(bytes.NewReader(stream[:n]), t.TempDir(), ""); err == nil {
			t.Errorf("cut at %d: no error", n)
		}
	}
}

func TestOnlyFile(t *testing.T) {
	for name, test := range map[string]struct {
		entries []any
		want    string
		fails   bool
	}{
		"file":    {fileEntry("f", "content"), "content", false},
		"folder":  {dirEntry("d/"), "", true},
		"link":    {linkEntry(tar.TypeSymlink, "l", "f"), "", true},
		"too big": {fileEntry("f", strings.Repeat("x", 101)), "", true},
		"nothing": {nil, "", true},
	} {
		stream, err := tarOf(test.entries...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := onlyFile(bytes.NewReader(stream), 100)
		if string(got) != test.want || (err != nil) != test.fails {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}
