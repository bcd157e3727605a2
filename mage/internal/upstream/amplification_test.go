// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rawBlock is a tar header of ustar's form, whose checksum is made right later.
func rawBlock(name string, flag byte, size int) []byte {
	block := make([]byte, 512)
	copy(block, name)
	copy(block[100:], "0000644\x000000000\x000000000\x00")
	copy(block[124:], fmt.Sprintf("%011o\x00%011o\x00", size, release.Unix()))
	block[156] = flag
	copy(block[257:], "ustar\x0000")
	return block
}

func padded(data []byte) []byte { return append(data, make([]byte, (512-len(data)%512)%512)...) }

// paxHeader is a pax header with these records. The library writes none that it would not read.
func paxHeader(records ...string) []byte {
	var text []byte
	for _, r := range records {
		n := len(r) + 3
		for n != len(fmt.Sprintf("%d %s\n", n, r)) {
			n++
		}
		text = fmt.Appendf(text, "%d %s\n", n, r)
	}
	return append(rawBlock("pax", tar.TypeXHeader, len(text)), padded(text)...)
}

// before puts blocks before an entry.
func before(data []byte, entry string, blocks []byte) []byte {
	return slices.Insert(slices.Clone(data), bytes.Index(data, []byte(entry+"\x00")), blocks...)
}

// atTheEnd puts blocks before the end of an archive.
func atTheEnd(data, blocks []byte) []byte {
	return slices.Insert(slices.Clone(data), len(data)-endOfArchive, blocks...)
}

// sparseForms are a file that is one hole of size bytes, in all the ways in which a tar archive can say so.
func sparseForms(size int) map[string]func(name string) []byte {
	return map[string]func(string) []byte{
		"GNU": func(name string) []byte {
			b := rawBlock(name, tar.TypeGNUSparse, 0)
			copy(b[257:], "ustar  \x00")
			copy(b[386:], fmt.Sprintf("%011o\x00%011o\x00", size, 0))
			copy(b[483:], fmt.Sprintf("%011o\x00", size))
			return b
		},
		"pax 0.0": func(name string) []byte {
			return append(paxHeader(fmt.Sprint("GNU.sparse.size=", size), "GNU.sparse.numblocks=1",
				fmt.Sprint("GNU.sparse.offset=", size), "GNU.sparse.numbytes=0"), rawBlock(name, tar.TypeReg, 0)...)
		},
		"pax 0.1": func(name string) []byte {
			return append(paxHeader(fmt.Sprint("GNU.sparse.size=", size), "GNU.sparse.numblocks=1",
				fmt.Sprintf("GNU.sparse.map=%d,0", size), "GNU.sparse.name="+name), rawBlock("x", tar.TypeReg, 0)...)
		},
		"pax 1.0": func(name string) []byte {
			return slices.Concat(paxHeader("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name="+name, fmt.Sprint("GNU.sparse.realsize=", size)),
				rawBlock("x", tar.TypeReg, 512), padded(fmt.Appendf(nil, "1\n%d\n0\n", size)))
		},
	}
}

// What an archive becomes is counted before it is written: the copies that hard links are, and the holes of sparse files.
func TestWhatIsWrittenIsCounted(t *testing.T) {
	const top, size, n = "rdma-core-56.1", 4000, 20
	forms := sparseForms(size)
	delete(forms, "GNU") // refused altogether
	forms["hard link"] = func(name string) []byte {
		b := rawBlock(name, tar.TypeLink, 0)
		copy(b[157:], top+"/big")
		return b
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			data := tarBytes(t, "", source(top, testVersion, item{name: top + "/big", body: strings.Repeat("b", size)}))
			one := withChecksums(atTheEnd(data, form(top+"/one")))
			for i := range n {
				data = atTheEnd(data, form(fmt.Sprintf("%s/f%02d", top, i)))
			}
			data = withChecksums(data)
			lim := defaultLimits()
			lim.file, lim.total = size, 64<<10
			if len(data) > 60<<10 {
				t.Fatalf("the archive alone has %d bytes", len(data))
			}
			// One is a file like any other.
			a := givenArchive(t, "a.tar", one, Request{Version: testVersion})
			a.lim = lim
			v, err := a.Verify(t.Context())
			must(t, err)
			s, err := v.Unpack(t.Context(), t.TempDir())
			must(t, err)
			if sum, err := fileSum(t.Context(), filepath.Join(s.Dir, "one"), 1<<20); err != nil || sum == sumOf(nil) {
				t.Errorf("one: %s, %v", sum, err)
			}
			a = givenArchive(t, "a.tar", data, Request{Version: testVersion})
			a.lim = lim
			_, err = a.Verify(t.Context())
			var own *ArchiveError
			// 65536 less the few bytes of the source, by 4000 each.
			if !errors.As(err, &own) || own.Entry != top+"/f15" || !strings.Contains(own.Reason, "unpacks to more than 65536") {
				t.Fatalf("got %v, want that the 16th of them is refused", err)
			}
			around := t.TempDir()
			v = &Verified{archive: a, SHA256: sumOf(data), sum: &summary{newest: release}}
			if _, err := v.Unpack(t.Context(), filepath.Join(around, "in")); !errors.As(err, &own) {
				t.Errorf("unpack: %v", err)
			}
			if got := names(t, around); !slices.Equal(got, []string{"in/"}) {
				t.Errorf("left behind: %q", got)
			}
		})
	}
}

// A file whose hole alone is larger than a file may be.
func TestOneHugeHole(t *testing.T) {
	const top = "rdma-core-56.1"
	for name, form := range sparseForms(1 << 32) {
		data := withChecksums(atTheEnd(tarBytes(t, "", source(top, testVersion)), form(top+"/hole")))
		_, err := givenArchive(t, "a.tar", data, Request{Version: testVersion}).Verify(t.Context())
		want := "has 4294967296 bytes, more than the"
		if name == "GNU" {
			want = "is of an unknown type (type flag 'S')"
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What costs an inode or a turn of the loop counts, though it has no bytes.
func TestEntriesWithoutBytesAreCounted(t *testing.T) {
	const top = "rdma-core-56.1"
	lim := defaultLimits()
	lim.entries = 40
	var deep, files, folders, links []item
	for i := range 6 {
		deep = append(deep, item{name: fmt.Sprintf("%s/d%d/a/b/c/d/e/f/g", top, i)})
	}
	for i := range 50 {
		files = append(files, item{name: fmt.Sprintf("%s/f%d", top, i)})
		folders = append(folders, item{name: fmt.Sprintf("%s/d%d/", top, i)})
		links = append(links, item{name: fmt.Sprintf("%s/l%d", top, i), flag: tar.TypeSymlink, link: "build.sh"})
	}
	globals := tarBytes(t, "", source(top, testVersion))
	for range 50 {
		block := paxHeader("comment=x")
		block[156] = tar.TypeXGlobalHeader
		globals = atTheEnd(globals, block)
	}
	for name, data := range map[string][]byte{
		"implied folders": tarBytes(t, "", source(top, testVersion, deep...)),
		"files":           tarBytes(t, "", source(top, testVersion, files...)),
		"folders":         tarBytes(t, "", source(top, testVersion, folders...)),
		"links":           tarBytes(t, "", source(top, testVersion, links...)),
		"global headers":  withChecksums(globals),
	} {
		a := givenArchive(t, "a.tar", data, Request{Version: testVersion})
		a.lim = lim
		if _, err := a.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), "more than 40 entries") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A directory counts once, whether its content or it comes first.
	both := source(top, testVersion)
	for i := range 15 {
		both = append(both, item{name: fmt.Sprintf("%s/d%d/f", top, i)}, item{name: fmt.Sprintf("%s/d%d/", top, i)})
	}
	a := givenArchive(t, "a.tar", tarBytes(t, "", both), Request{Version: testVersion})
	a.lim = lim
	if _, err := a.Verify(t.Context()); err != nil {
		t.Errorf("34 entries and the folders that they imply: %v", err)
	}
}
