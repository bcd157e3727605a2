// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"archive/tar"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// FuzzUnpack looks for an archive that gets out of its directory, leaves
// something half written, or makes a tree that WriteTarball cannot keep.
func FuzzUnpack(f *testing.F) {
	const top = "rdma-core-56.1"
	f.Add(tarBytes(f, testCommit, source(top, testVersion)))
	f.Add(tarBytes(f, "", source("x", testVersion, item{name: "x/l", flag: tar.TypeSymlink, link: "providers"}, item{name: "x/l2", flag: tar.TypeSymlink, link: "l/siw"})))
	f.Add(tarBytes(f, "", source(top, testVersion, item{name: top + "/h", flag: tar.TypeLink, link: top + "/build.sh"})))
	f.Add(gzipBytes(f, tarBytes(f, "", source(top, testVersion))))
	f.Add(xzBytes(f, tarBytes(f, "", source(top, testVersion))))
	for _, h := range hostile() {
		if len(h.more) < 3 {
			f.Add(tarBytes(f, "", source(top, testVersion, h.more...)))
		}
	}
	lim := limits{packed: 1 << 20, total: 1 << 20, file: 64 << 10, entries: 100, name: 512, depth: 16}
	f.Fuzz(func(t *testing.T, data []byte) {
		around := t.TempDir()
		path := writeFile(t, filepath.Join(around, "a"), withChecksums(data))
		dir := filepath.Join(around, "in")
		v, err := (&Archive{path: path, version: testVersion, name: "a", lim: lim}).Verify(t.Context())
		if err != nil {
			return
		}
		s, err := v.Unpack(context.Background(), dir)
		if err != nil {
			t.Fatalf("verified, but does not unpack: %v", err)
		}
		if got := topLevel(t, around); !slices.Equal(got, []string{"a", "in"}) {
			t.Fatalf("it got out: %q", got)
		}
		must(t, filepath.WalkDir(s.Dir, func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type()&fs.ModeSymlink != 0 {
				if target, rerr := filepath.EvalSymlinks(name); rerr == nil {
					if in, rerr := filepath.Rel(s.Dir, target); rerr != nil || !filepath.IsLocal(in) {
						t.Fatalf("%s leads out to %s", name, target)
					}
				}
			}
			return err
		}))
		out := filepath.Join(around, "out.tar.gz")
		must(t, v.WriteTarball(context.Background(), out))
		if _, err := (&Archive{path: out, version: testVersion, name: "a", lim: defaultLimits()}).Verify(t.Context()); err != nil {
			t.Fatalf("the tarball it makes is refused: %v", err)
		}
	})
}

// withChecksums makes the checksums of tar headers right, or nearly every
// change would be found by them and by nothing else.
func withChecksums(data []byte) []byte {
	data = slices.Clone(data)
	for block := range slices.Chunk(data, 512) {
		if len(block) < 512 || string(block[257:262]) != "ustar" {
			continue
		}
		copy(block[148:156], "        ")
		sum := 0
		for _, c := range block {
			sum += int(c)
		}
		copy(block[148:156], fmt.Sprintf("%06o\x00 ", sum))
	}
	return data
}

func topLevel(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}
