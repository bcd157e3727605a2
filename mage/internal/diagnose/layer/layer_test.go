// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

const elfText = "\x7fELF and more"

// tarOf is a tar archive: NAME=TEXT is a file, NAME->TARGET a link, NAME=>TARGET a hard link, NAME/ a directory.
func tarOf(t testing.TB, entries ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		h, body := &tar.Header{Typeflag: tar.TypeReg, Mode: 0o600}, ""
		if name, to, ok := strings.Cut(e, "->"); ok {
			h.Typeflag, h.Name, h.Linkname = tar.TypeSymlink, name, to
		} else if name, to, ok := strings.Cut(e, "=>"); ok {
			h.Typeflag, h.Name, h.Linkname = tar.TypeLink, name, to
		} else if name, text, ok := strings.Cut(e, "="); ok {
			h.Name, h.Size, body = name, int64(len(text)), text
		} else {
			h.Typeflag, h.Name = tar.TypeDir, e
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, body)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func layerOf(t testing.TB, below fs.FS) *Files {
	t.Helper()
	f, err := New(below)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// all is what a file system has, in the form of tarOf.
func all(t *testing.T, f *Files) []string {
	t.Helper()
	var found []string
	err := fs.WalkDir(f, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
			return err
		case d.Type()&fs.ModeSymlink != 0:
			to, err := f.ReadLink(name)
			found = append(found, name+"->"+to)
			return err
		}
		text, err := fs.ReadFile(f, name)
		found = append(found, name+"="+string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

// Of an image, libraries, links and what names providers are kept, whatever their modes are, and nothing leaves the tree.
func TestTar(t *testing.T) {
	f := layerOf(t, nil)
	err := f.AddTar(t.Context(), bytes.NewReader(tarOf(t, "./etc/", "etc/passwd=x", "etc/libibverbs.d/rib.driver=driver rib\n",
		"lib64->usr/lib64", "usr/lib64/liba.so.1="+elfText, "usr/lib64/libb.so=>usr/lib64/liba.so.1", "usr/lib64/text.so=GROUP ( x )",
		"../../up/libc.so="+elfText, "usr/bin/sh="+elfText, ".dockerenv=", "var/lib/dpkg/info/a.list=/a\n")))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"etc/libibverbs.d/rib.driver=driver rib\n", "lib64->usr/lib64", "up/libc.so=" + elfText,
		"usr/lib64/liba.so.1=" + elfText, "usr/lib64/libb.so=" + elfText, "var/lib/dpkg/info/a.list=/a\n",
	}
	if got := all(t, f); !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// Packages go where links of the tree below lead, and replace what is there; what is below stays otherwise.
func TestOver(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"usr/lib64/old.so": "old", "usr/lib64/same.so": "old", "etc/libibverbs.d/a.driver": "driver a\n"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Symlink("/usr/lib64", filepath.Join(dir, "lib64")), os.Symlink("/", filepath.Join(dir, "usr/up"))); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	f := layerOf(t, root.FS())
	err = f.AddTar(t.Context(), bytes.NewReader(tarOf(t, "lib64/same.so="+elfText, "usr/up/usr/up/lib64/new.so="+elfText,
		"etc/libibverbs.d/b.driver=driver b\n")))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"etc/libibverbs.d/a.driver=driver a\n", "etc/libibverbs.d/b.driver=driver b\n", "lib64->/usr/lib64",
		"usr/lib64/new.so=" + elfText, "usr/lib64/old.so=old", "usr/lib64/same.so=" + elfText, "usr/up->/",
	}
	if got := all(t, f); !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// What is hostile ends with an error, and not with a loop or a full disk.
func TestHostile(t *testing.T) {
	f := layerOf(t, nil)
	if err := f.AddTar(t.Context(), bytes.NewReader(tarOf(t, "a->b", "b->a", "a/c.so="+elfText))); err == nil {
		t.Error("a loop of links: no error")
	}
	var limit *LimitError
	if err := f.AddTar(t.Context(), bytes.NewReader(tarOf(t, strings.Repeat("d/", 70)+"c.so="+elfText))); !errors.As(err, &limit) {
		t.Errorf("a deep name: %v", err)
	}
	f.kept = maxKept
	if err := f.AddTar(t.Context(), bytes.NewReader(tarOf(t, "c.so="+elfText))); !errors.As(err, &limit) {
		t.Errorf("too much: %v", err)
	}
}

// squeezed are the compressions of packages.
func squeezed(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"": data}
	for name, open := range map[string]func(io.Writer) (io.WriteCloser, error){
		".gz":  func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
		".xz":  func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) },
		".zst": func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) },
	} {
		var out bytes.Buffer
		w, err := open(&out)
		if err == nil {
			_, err = w.Write(data)
			err = errors.Join(err, w.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		all[name] = out.Bytes()
	}
	return all
}

func arOf(members ...any) []byte {
	out := bytes.NewBufferString(debMagic)
	for i := 0; i < len(members); i += 2 {
		data := members[i+1].([]byte)
		fmt.Fprintf(out, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", members[i], 0, 0, 0, "100644", len(data))
		out.Write(data)
		if len(data)%2 == 1 {
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}

func TestDeb(t *testing.T) {
	data := squeezed(t, tarOf(t, "./usr/lib/x86_64-linux-gnu/liba.so.1="+elfText))
	control := squeezed(t, tarOf(t, "./control=Package: liba1\nArchitecture: amd64\nDescription: a\n b: c\n"))
	for end := range data {
		file := filepath.Join(t.TempDir(), "liba1.deb")
		deb := arOf("debian-binary", []byte("2.0\n"), "control.tar"+end, control[end], "data.tar"+end+"/", data[end])
		if err := os.WriteFile(file, deb, 0o600); err != nil {
			t.Fatal(err)
		}
		f := layerOf(t, nil)
		p, err := f.AddPackage(t.Context(), file)
		if err != nil || p != (Package{"liba1", "amd64"}) || !slices.Equal(all(t, f), []string{"usr/lib/x86_64-linux-gnu/liba.so.1=" + elfText}) {
			t.Errorf("%q: %+v, %v", end, p, err)
		}
		for cut := 0; cut < len(deb)-1; cut += 61 {
			if err := os.WriteFile(file, deb[:cut], 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := layerOf(t, nil).AddPackage(t.Context(), file); err == nil {
				t.Fatalf("%q: cut to %d bytes of %d, it is taken", end, cut, len(deb))
			}
		}
	}
}

// cpioOf is a payload. A name with several links has its content with the last one.
func cpioOf(entries ...[3]string) []byte {
	var out bytes.Buffer
	pad := func() { out.Write(make([]byte, (4-out.Len()%4)%4)) }
	for i, e := range append(entries, [3]string{"0", "TRAILER!!!", ""}) {
		mode, inode, links := uint32(0o100644), i, 1
		switch e[0] {
		case "d":
			mode = 0o040755
		case "l":
			mode = 0o120777
		case "h":
			inode, links = 77, 2
		}
		fmt.Fprintf(&out, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", inode, mode, 0, 0, links, 0, len(e[2]), 0, 0, 0, 0, len(e[1])+1, 0)
		out.WriteString(e[1] + "\x00")
		pad()
		out.WriteString(e[2])
		pad()
	}
	return out.Bytes()
}

func TestRPM(t *testing.T) {
	payload := cpioOf([3]string{"d", "./etc/libibverbs.d", ""}, [3]string{"", "./etc/libibverbs.d/rib.driver", "driver rib\n"},
		[3]string{"l", "./usr/lib64/liba.so", "liba.so.1"}, [3]string{"h", "./usr/lib64/liba.so.1", ""}, [3]string{"", "./usr/bin/a", elfText},
		[3]string{"h", "./usr/lib64/libb.so.1", elfText})
	for end, data := range squeezed(t, payload) {
		file := filepath.Join(t.TempDir(), "a.rpm")
		if err := os.WriteFile(file, append(rpmHead("a", "x86_64", true), data...), 0o600); err != nil {
			t.Fatal(err)
		}
		f := layerOf(t, nil)
		p, err := f.AddPackage(t.Context(), file)
		want := []string{"etc/libibverbs.d/rib.driver=driver rib\n", "usr/lib64/liba.so->liba.so.1", "usr/lib64/liba.so.1=" + elfText, "usr/lib64/libb.so.1=" + elfText}
		if got := all(t, f); err != nil || p != (Package{"a", "amd64"}) || !slices.Equal(got, want) {
			t.Errorf("%q: %+v, %v\n%q", end, p, err, got)
		}
	}
	for name, data := range map[string][]byte{
		"a source package": append(rpmHead("a", "x86_64", false), payload...), "neither an RPM nor": []byte("junk"),
		"not a cpio archive": append(rpmHead("a", "x86_64", true), "junkjunk"...), "EOF": append(rpmHead("a", "x86_64", true), payload[:200]...),
	} {
		file := filepath.Join(t.TempDir(), "a.rpm")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := layerOf(t, nil).AddPackage(t.Context(), file); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want %q, got %v", name, err)
		}
	}
}

// Directories give what can be installed.
func TestPackageFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"RPMS/a-1-1.x86_64.rpm", "RPMS/a-debuginfo-1-1.x86_64.rpm", "SRPMS/a-1-1.src.rpm", "x.txt", "a_1_amd64.deb",
		"a-dbgsym_1_amd64.deb",
	} {
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755), os.WriteFile(filepath.Join(dir, name), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := PackageFiles([]string{dir})
	want := []string{filepath.Join(dir, "RPMS/a-1-1.x86_64.rpm"), filepath.Join(dir, "a_1_amd64.deb")}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := PackageFiles([]string{filepath.Join(dir, "SRPMS")}); err == nil {
		t.Error("a directory without packages is taken")
	}
}
