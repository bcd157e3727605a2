// SPDX-License-Identifier: Apache-2.0

package releasetest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	rpmutils "github.com/sassoftware/go-rpmutils"
)

// released is the time of the fixture's files.
var released = time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC)

// tag is one entry of a package's header.
type tag struct {
	number int
	kind   uint32 // 4 is int32
	values []string
}

const (
	kindString = 6
	kindArray  = 8
)

// Tarball is a tarball of files that is an rdma-core by its CMakeLists.txt.
func Tarball(t testing.TB, files map[string]string) string {
	t.Helper()
	all := map[string]string{"CMakeLists.txt": "project(rdma-core C)\nset(PACKAGE_VERSION \"56.1\")\n"}
	maps.Copy(all, files)
	var out bytes.Buffer
	zw := gzip.NewWriter(&out)
	tw := tar.NewWriter(zw)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		h := &tar.Header{Name: "rdma-core-56.1/" + name, Mode: 0o644, Size: int64(len(all[name])), ModTime: released}
		if err := tw.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write([]byte(all[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(tw.Close(), zw.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// SourceRPM writes a source package whose release is 3.el9.
func SourceRPM(t testing.TB, name string, files map[string]string) string {
	t.Helper()
	sum := func(data []byte) string { s := sha256.Sum256(data); return hex.EncodeToString(s[:]) }
	var payload bytes.Buffer
	put := func(name, body string) {
		fmt.Fprintf(&payload, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
			1, 0o100644, 0, 0, 1, released.Unix(), len(body), 0, 0, 0, 0, len(name)+1, 0)
		for _, part := range []string{name + "\x00", body} {
			payload.WriteString(part)
			payload.Write(make([]byte, (4-payload.Len()%4)%4))
		}
	}
	names := slices.Sorted(maps.Keys(files))
	var digests []string
	var sizes bytes.Buffer
	for _, n := range names {
		put(n, files[n])
		digests = append(digests, sum([]byte(files[n])))
		binary.Write(&sizes, binary.BigEndian, uint32(len(files[n])))
	}
	put("TRAILER!!!", "")
	block := func(tags []tag, ints []byte) []byte {
		var index, store bytes.Buffer
		store.Write(ints)
		for _, t := range tags {
			at, count := uint32(store.Len()), uint32(len(t.values))
			if t.kind == 4 {
				at, count = 0, uint32(len(ints)/4)
			}
			binary.Write(&index, binary.BigEndian, []uint32{uint32(t.number), t.kind, at, count})
			for _, v := range t.values {
				store.WriteString(v + "\x00")
			}
		}
		out := bytes.NewBuffer([]byte{0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0})
		binary.Write(out, binary.BigEndian, []uint32{uint32(len(tags)), uint32(store.Len())})
		return slices.Concat(out.Bytes(), index.Bytes(), store.Bytes())
	}
	main := block([]tag{
		{rpmutils.NAME, kindString, []string{"rdma-core"}},
		{rpmutils.VERSION, kindString, []string{"56.1"}},
		{rpmutils.RELEASE, kindString, []string{"3.el9"}},
		{rpmutils.VENDOR, kindString, []string{"The Distro"}},
		{rpmutils.FILESIZES, 4, nil},
		{rpmutils.FILEDIGESTS, kindArray, digests},
		{rpmutils.BASENAMES, kindArray, names},
		{rpmutils.PAYLOADDIGEST, kindArray, []string{sum(payload.Bytes())}},
	}, sizes.Bytes())
	signature := block([]tag{{rpmutils.SIG_SHA256, kindString, []string{sum(main)}}}, nil)
	lead := make([]byte, 96)
	copy(lead, []byte{0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 1})
	file := filepath.Join(t.TempDir(), name)
	data := slices.Concat(lead, signature, make([]byte, (8-len(signature)%8)%8), main, payload.Bytes())
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// PackageSpec is the spec of PackageFiles.
const PackageSpec = `Name: rdma-core
Version: 56.1
Release: 3%{?dist}
Source: https://example.com/%{name}-%{version}.tar.gz
Source1: helper
Patch1: one.patch
%if 0%{?fedora}
Patch2: two.patch
%endif
Patch9999: three.patch

%description -n libibverbs
Drivers:
- libmlx5: Mellanox Connect-IB/X-4+ InfiniBand HCA

%prep
%autosetup -p1

%files
%{_libdir}/libibverbs/*.so
%{_sysconfdir}/libibverbs.d/*.driver

%changelog
* Mon Mar 04 2024 The Distro <distro@example.com> - 56.1-3
- Rebuild
`

// PackageFiles are those of a source package that applies one.patch and three.patch on
// EL, and two.patch on Fedora.
func PackageFiles(t testing.TB) map[string]string {
	t.Helper()
	return map[string]string{
		"rdma-core.spec":        PackageSpec,
		"rdma-core-56.1.tar.gz": Tarball(t, map[string]string{"README": "a\nb\nc\n"}),
		"one.patch":             "--- a/README\n+++ b/README\n@@ -1,3 +1,4 @@\n+0\n a\n b\n c\n",
		"two.patch":             "no patch at all\n",
		"three.patch":           "diff --git a/new b/new\nnew file mode 100755\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+n\n--- a/README\n+++ b/README\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n",
		"helper":                "#!/bin/sh\n",
	}
}
