// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tarballOf returns what WriteTarball makes of an archive's bytes.
func tarballOf(t *testing.T, data []byte) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sub", "rdma-core-56.1.tar.gz")
	must(t, verified(t, data).WriteTarball(context.Background(), path))
	out, err := os.ReadFile(path)
	must(t, err)
	if got := names(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
	return out
}

// listing shows a tarball, a line for each header.
func listing(t *testing.T, data []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	must(t, err)
	if z.Name != "" || !z.ModTime.IsZero() {
		t.Errorf("the gzip header has name %q, time %v", z.Name, z.ModTime)
	}
	var out strings.Builder
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out.String()
		}
		must(t, err)
		if h.Typeflag == tar.TypeXGlobalHeader {
			fmt.Fprintf(&out, "comment %s\n", h.PAXRecords["comment"])
			continue
		}
		body, err := io.ReadAll(r)
		must(t, err)
		fmt.Fprintf(&out, "%c %o %d/%d%s %d %s %q %q\n", h.Typeflag, h.Mode, h.Uid, h.Gid, h.Uname, h.ModTime.Unix()-release.Unix(), h.Name, h.Linkname, body)
	}
}

func TestTarballOfAnotherTop(t *testing.T) {
	const top = "linux-rdma-rdma-core-0123456"
	links := []item{
		{name: top + "/z-link", flag: tar.TypeSymlink, link: "providers/siw"},
		{name: top + "/a-hard", flag: tar.TypeLink, link: top + "/build.sh"},
		{name: top + "/providers.txt", body: "sorted behind the folder\n", mode: 0o4711},
	}
	got := tarballOf(t, gzipBytes(t, tarBytes(t, testCommit, source(top, testVersion, links...))))
	want := fmt.Sprintf(`comment %s
5 755 0/0 0 rdma-core-56.1/ "" ""
0 644 0/0 0 rdma-core-56.1/CMakeLists.txt "" %q
0 755 0/0 0 rdma-core-56.1/a-hard "" "#!/bin/sh\n"
0 755 0/0 0 rdma-core-56.1/build.sh "" "#!/bin/sh\n"
5 755 0/0 0 rdma-core-56.1/providers/ "" ""
5 755 0/0 0 rdma-core-56.1/providers/siw/ "" ""
0 644 0/0 0 rdma-core-56.1/providers/siw/siw.c "" "int siw;\n"
0 755 0/0 0 rdma-core-56.1/providers.txt "" "sorted behind the folder\n"
2 777 0/0 0 rdma-core-56.1/z-link "providers/siw" ""
`, testCommit, cmakeText(testVersion))
	if text := listing(t, got); text != want {
		t.Errorf("normalised to\n%s\nwant\n%s", text, want)
	}
	// Neither the order nor the compression of the input may show.
	items := source(top, testVersion, links...)
	items = append([]item{items[0], items[3], items[2], items[1]}, items[4:]...)
	for name, again := range map[string][]byte{
		"another order":       gzipBytes(t, tarBytes(t, testCommit, items)),
		"without folders":     gzipBytes(t, tarBytes(t, testCommit, items[1:])),
		"another top folder":  gzipBytes(t, tarBytes(t, testCommit, renamed(items, top, "./x"))),
		"another compression": xzBytes(t, tarBytes(t, testCommit, items)),
		"its own output":      got,
	} {
		if !bytes.Equal(tarballOf(t, again), got) {
			t.Errorf("%s gives other bytes", name)
		}
	}
}

func renamed(items []item, from, to string) []item {
	out := make([]item, len(items))
	for i, it := range items {
		it.name = strings.Replace(it.name, from, to, 1)
		if it.flag == tar.TypeLink {
			it.link = strings.Replace(it.link, from, to, 1)
		}
		out[i] = it
	}
	return out
}

func TestTarballThatIsRight(t *testing.T) {
	plain := tarBytes(t, testCommit, source("rdma-core-56.1", testVersion))
	packed := gzipBytes(t, plain)
	if got := tarballOf(t, packed); !bytes.Equal(got, packed) {
		t.Error("a right tarball was changed")
	}
	var outputs [][]byte
	for name, data := range map[string][]byte{"tar": plain, "xz": xzBytes(t, plain)} {
		got := tarballOf(t, data)
		z, err := gzip.NewReader(bytes.NewReader(got))
		must(t, err)
		if unpacked, err := io.ReadAll(z); err != nil || !bytes.Equal(unpacked, plain) {
			t.Errorf("%s: the tar stream was changed (%v)", name, err)
		}
		outputs = append(outputs, got)
	}
	if !bytes.Equal(outputs[0], outputs[1]) {
		t.Error("tar and xz of the same content give different tarballs")
	}
}

func TestTarballReplacesWhatIsThere(t *testing.T) {
	path := writeFile(t, filepath.Join(t.TempDir(), "x.tar.gz"), []byte("old"))
	data := gzipSource(t, "rdma-core-56.1", testVersion)
	must(t, verified(t, data).WriteTarball(context.Background(), path))
	if got, _ := os.ReadFile(path); !bytes.Equal(got, data) {
		t.Error("the old file is still there")
	}
}
