// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
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
	if err := extract(bytes.NewReader(stream), dir, "top", roomy()); err != nil {
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
		"long name":            fileEntry(strings.Repeat("long/", 1000)+"x", "x"),
		"deep":                 fileEntry(strings.Repeat("d/", maxDepth+1)+"x", "x"),
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
			err = extract(bytes.NewReader(stream), filepath.Join(parent, "dir"), "", roomy())
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
	err = extract(bytes.NewReader(stream), t.TempDir(), "top", roomy())
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
		if err := extract(bytes.NewReader(stream), dir, "", roomy()); !errors.Is(err, fs.ErrExist) {
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
		if err := extract(bytes.NewReader(stream[:n]), t.TempDir(), "", roomy()); err == nil {
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

func roomy() *outputBudget { return Limits{}.or(0).outputBudget() }

// Some kilobytes of a stream can say that they are a file of gigabytes.
func TestExtractRefusesHoles(t *testing.T) {
	for name, stream := range map[string][]byte{
		"pax 0.1": sparseStream(t, map[string]string{
			"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.numblocks": "1", "GNU.sparse.map": "0,1",
			"GNU.sparse.size": "2147483648", "GNU.sparse.name": "holes",
		}),
	} {
		dir := t.TempDir()
		unsafe := (*UnsafeEntryError)(nil)
		if err := extract(bytes.NewReader(stream), dir, "", roomy()); !errors.As(err, &unsafe) {
			t.Errorf("%s: got %v, want *UnsafeEntryError", name, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: written: %v, %v", name, left, err)
		}
		if _, err := onlyFile(bytes.NewReader(stream), 1<<32); !errors.As(err, &unsafe) {
			t.Errorf("%s, one file: got %v, want *UnsafeEntryError", name, err)
		}
	}
}

// sparseStream is a file of one byte with records that say that it is a longer one with holes. Go's own writer refuses
// to write these.
func sparseStream(t *testing.T, records map[string]string) []byte {
	t.Helper()
	var pax bytes.Buffer
	for key, value := range records {
		for n := len(key) + len(value) + 3; ; n++ {
			if line := fmt.Sprintf("%d %s=%s\n", n, key, value); len(line) == n {
				pax.WriteString(line)
				break
			}
		}
	}
	head, err := tarOf(tar.Header{Typeflag: tar.TypeReg, Name: "extended", Mode: 0o644}, pax.String())
	if err != nil {
		t.Fatal(err)
	}
	head = head[:len(head)-1024] // without the end of the stream
	head[156] = tar.TypeXHeader
	copy(head[148:156], "        ")
	sum := 0
	for _, b := range head[:512] {
		sum += int(b)
	}
	copy(head[148:156], fmt.Sprintf("%06o\x00 ", sum))
	file, err := tarOf(fileEntry("holes", "x")...)
	if err != nil {
		t.Fatal(err)
	}
	return append(head, file...)
}

// Bytes are counted before they are written, over all outputs of a run.
func TestExtractCounts(t *testing.T) {
	budget := Limits{Output: 100}.outputBudget()
	dir := t.TempDir()
	for i, test := range []struct {
		size int
		met  bool
	}{{60, false}, {41, true}, {40, false}, {1, true}} {
		name := fmt.Sprint("file", i)
		stream, err := tarOf(fileEntry(name, strings.Repeat("x", test.size))...)
		if err != nil {
			t.Fatal(err)
		}
		met := (*LimitError)(nil)
		err = extract(bytes.NewReader(stream), dir, "", budget)
		if errors.As(err, &met) != test.met || (test.met && (met.Limit != LimitOutput || met.Value != "100 bytes")) {
			t.Errorf("%d bytes: %v", test.size, err)
		}
		if _, err := os.Lstat(filepath.Join(dir, name)); (err == nil) == test.met {
			t.Errorf("%d bytes: %v", test.size, err)
		}
	}
}

func TestExtractCountsEntries(t *testing.T) {
	for name, test := range map[string]struct {
		entries []any
		most    int
	}{
		"files":              {join(fileEntry("a", ""), fileEntry("b", ""), fileEntry("c", "")), 3},
		"parents on the way": {fileEntry("a/b/c", ""), 3},
		"links":              {join(fileEntry("a", "x"), linkEntry(tar.TypeLink, "b", "a"), linkEntry(tar.TypeSymlink, "c", "a")), 3},
	} {
		stream, err := tarOf(test.entries...)
		if err != nil {
			t.Fatal(err)
		}
		for most, fails := range map[int]bool{test.most: false, test.most - 1: true} {
			budget := roomy()
			budget.entries = most
			if err := extract(bytes.NewReader(stream), t.TempDir(), "", budget); (err != nil) != fails {
				t.Errorf("%s, at most %d: %v", name, most, err)
			}
		}
	}
}
