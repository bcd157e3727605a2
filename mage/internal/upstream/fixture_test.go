// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ulikunitz/xz"
)

// release is the time of the fixtures' files.
var release = time.Date(2025, time.February, 3, 4, 5, 6, 0, time.UTC)

const (
	testVersion = "56.1"
	testCommit  = "0123456789abcdef0123456789abcdef01234567"
)

func cmakeText(version string) string {
	return "cmake_minimum_required(VERSION 3.10)\nproject(rdma-core C)\n# set(PACKAGE_VERSION \"0\")\nset(PACKAGE_VERSION \"" + version + "\")\n"
}

// item is an entry of a hand-made archive. Name ending in "/" is a directory.
type item struct {
	name, body string
	flag       byte
	link       string
	mode       int64
	mtime      time.Time
}

// source is a small rdma-core below top, with further items behind it.
func source(top, version string, more ...item) []item {
	items := []item{
		{name: top + "/"},
		{name: top + "/CMakeLists.txt", body: cmakeText(version)},
		{name: top + "/build.sh", body: "#!/bin/sh\n", mode: 0o775},
		{name: top + "/providers/siw/siw.c", body: "int siw;\n", mtime: release.Add(-time.Hour)},
	}
	return append(items, more...)
}

func tarBytes(tb testing.TB, commit string, items []item) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	if commit != "" {
		must(tb, w.WriteHeader(&tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{"comment": commit}}))
	}
	for _, i := range items {
		h := &tar.Header{Name: i.name, Typeflag: i.flag, Linkname: i.link, Mode: i.mode, ModTime: i.mtime, Uid: 1000, Uname: "somebody"}
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
			if strings.HasSuffix(i.name, "/") {
				h.Typeflag = tar.TypeDir
			}
		}
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(i.body))
		}
		if h.Mode == 0 {
			h.Mode = 0o664
		}
		if h.ModTime.IsZero() {
			h.ModTime = release
		}
		must(tb, w.WriteHeader(h))
		if h.Typeflag == tar.TypeReg {
			_, err := w.Write([]byte(i.body))
			must(tb, err)
		}
	}
	must(tb, w.Close())
	return out.Bytes()
}

func gzipBytes(tb testing.TB, data []byte) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(data)
	must(tb, errors.Join(err, w.Close()))
	return out.Bytes()
}

func xzBytes(tb testing.TB, data []byte) []byte {
	tb.Helper()
	var out bytes.Buffer
	w, err := xz.NewWriter(&out)
	must(tb, err)
	_, err = w.Write(data)
	must(tb, errors.Join(err, w.Close()))
	return out.Bytes()
}

func gzipSource(tb testing.TB, top, version string, more ...item) []byte {
	tb.Helper()
	return gzipBytes(tb, tarBytes(tb, "", source(top, version, more...)))
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func writeFile(tb testing.TB, path string, data []byte) string {
	tb.Helper()
	must(tb, os.MkdirAll(filepath.Dir(path), 0o755))
	must(tb, os.WriteFile(path, data, 0o644))
	return path
}

// givenArchive resolves data as a given file of that name.
func givenArchive(tb testing.TB, name string, data []byte, req Request) *Archive {
	tb.Helper()
	req.Source = writeFile(tb, filepath.Join(tb.TempDir(), name), data)
	a, err := Resolve(context.Background(), req)
	must(tb, err)
	return a
}

func verified(tb testing.TB, data []byte) *Verified {
	tb.Helper()
	v, err := givenArchive(tb, "given.tar.gz", data, Request{Version: testVersion}).Verify(tb.Context())
	must(tb, err)
	return v
}

// sums is a SumStore in memory.
type sums struct {
	mu sync.Mutex
	m  map[string]string
}

func newSums(lines ...string) *sums {
	s := &sums{m: map[string]string{}}
	for _, line := range lines {
		f := strings.Fields(line)
		s.m[f[0]+" "+f[1]] = strings.TrimPrefix(f[2], "sha256:")
	}
	return s
}

func (s *sums) Lookup(version, name string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum, ok := s.m[version+" "+name]
	return sum, ok
}

func (s *sums) Record(_ context.Context, version, name, sum string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.m[version+" "+name]; ok && old != sum {
		return fmt.Errorf("conflict: %s %s", version, name)
	}
	s.m[version+" "+name] = sum
	return nil
}

// names lists all below dir, with the kind of what is not a plain file.
func names(tb testing.TB, dir string) []string {
	tb.Helper()
	var all []string
	must(tb, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if d.IsDir() {
			rel += "/"
		}
		all = append(all, rel)
		return err
	}))
	return all
}

// notes collects what Resolve reports.
type notes struct {
	mu   sync.Mutex
	text []string
	last Progress
}

func (n *notes) report(p Progress) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p.Note != "" {
		n.text = append(n.text, p.Note)
	} else {
		n.last = p
	}
}

func (n *notes) all() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.text, "\n")
}

func putCRC32(to, of []byte) { binary.LittleEndian.PutUint32(to, crc32.ChecksumIEEE(of)) }

// smallDisk is a directory on a file system of 64 KiB. Making it needs root.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("cannot mount a small file system:", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}
