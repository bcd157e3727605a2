// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	rpmutils "github.com/sassoftware/go-rpmutils"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

// cpioItem is a file of a hand-made payload; what is not set is as in a plain
// package.
type cpioItem struct {
	name, body string
	mode       uint32
	links      uint32
	size       int // claimed; 0: that of the body
}

// rpmMaker writes a source package. Its fields spoil one thing each.
type rpmMaker struct {
	items    []cpioItem
	listed   []cpioItem // in the header; nil: the items
	compress func(testing.TB, []byte) []byte
	binary   bool
	name     string
	noDigest bool
	noMD5    bool          // as where MD5 is forbidden
	tail     string        // behind the payload's end, inside the compression
	header   func([]byte)  // changes the main header behind its digests
	payload  func(*[]byte) // changes the payload behind its digests
	tags     func([]rpmTag) []rpmTag
	format6  bool // as RPM 6 writes it: 64-bit sizes, entries that have only their number, no SHA-1 and MD5
	number   int  // of the first of them
}

type rpmTag struct {
	tag, kind int
	value     any // string, []string, uint32, []uint16, []uint32, []uint64, []byte
}

const specBody = "Name: rdma-core\nVersion: 56.1\nRelease: 3%{?dist}\nSource: x.tar.gz\n%prep\n%autosetup -p1\n"

func plainPackage() rpmMaker {
	return rpmMaker{items: []cpioItem{{name: "rdma-core.spec", body: specBody}, {name: "x.tar.gz", body: "data"}}}
}

func (m rpmMaker) cpio() []byte {
	var b bytes.Buffer
	for i, item := range append(slices.Clone(m.items), cpioItem{name: unpack.CPIOTrailer, mode: 1}) {
		mode, links, size := item.mode, max(item.links, 1), len(item.body)
		if mode == 0 {
			mode = 0o100644
		}
		if item.size != 0 {
			size = item.size
		}
		if m.format6 && i < len(m.items) {
			fmt.Fprintf(&b, "07070X%08x", i+m.number)
			pad(&b, 4)
			b.WriteString(item.body)
			pad(&b, 4)
			continue
		}
		fmt.Fprintf(&b, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
			i+1, mode, 0, 0, links, release.Unix(), size, 0, 0, 0, 0, len(item.name)+1, 0)
		b.WriteString(item.name + "\x00")
		pad(&b, 4)
		b.WriteString(item.body)
		pad(&b, 4)
	}
	b.WriteString(m.tail)
	return b.Bytes()
}

func pad(b *bytes.Buffer, to int) {
	for b.Len()%to != 0 {
		b.WriteByte(0)
	}
}

func headerBytes(tags []rpmTag) []byte {
	var index, store bytes.Buffer
	put := func(v any) { binary.Write(&index, binary.BigEndian, v) }
	for _, t := range tags {
		count := 1
		switch v := t.value.(type) {
		case uint32:
			pad(&store, 4)
		case []uint16:
			pad(&store, 2)
			count = len(v)
		case []uint32:
			pad(&store, 4)
			count = len(v)
		case []uint64:
			pad(&store, 8)
			count = len(v)
		case []string:
			count = len(v)
		case []byte:
			count = len(v)
		}
		put([]uint32{uint32(t.tag), uint32(t.kind), uint32(store.Len()), uint32(count)})
		switch v := t.value.(type) {
		case string:
			store.WriteString(v + "\x00")
		case []string:
			store.WriteString(strings.Join(v, "\x00") + "\x00")
		default:
			binary.Write(&store, binary.BigEndian, v)
		}
	}
	out := bytes.NewBufferString(unpack.HeaderMagic + "\x00\x00\x00\x00")
	binary.Write(out, binary.BigEndian, []uint32{uint32(len(tags)), uint32(store.Len())})
	out.Write(index.Bytes())
	out.Write(store.Bytes())
	return out.Bytes()
}

func (m rpmMaker) bytes(tb testing.TB) []byte {
	tb.Helper()
	payload := m.cpio()
	if m.compress != nil {
		payload = m.compress(tb, payload)
	}
	if m.name == "" {
		m.name = "rdma-core"
	}
	tags := []rpmTag{
		{rpmutils.NAME, 6, m.name}, {rpmutils.VERSION, 6, "56.1"}, {rpmutils.RELEASE, 6, "3.el9"}, {rpmutils.ARCH, 6, "x86_64"},
	}
	tags = append(tags, m.fileTags()...)
	if m.binary {
		tags = append(tags, rpmTag{rpmutils.SOURCERPM, 6, "rdma-core-56.1-3.el9.src.rpm"})
	}
	tags = append(tags, rpmTag{rpmutils.PAYLOADFORMAT, 6, "cpio"}, rpmTag{rpmutils.PAYLOADDIGEST, 8, []string{sumOf(payload)}}, rpmTag{rpmutils.PAYLOADDIGESTALGO, 4, uint32(8)})
	if m.tags != nil {
		tags = m.tags(tags)
	}
	main := headerBytes(tags)
	both := md5.Sum(slices.Concat(main, payload))
	sha := sha1.Sum(main)
	var signature []rpmTag
	if !m.noDigest {
		signature = []rpmTag{
			{rpmutils.SIG_SHA1, 6, fmt.Sprintf("%x", sha)},
			{rpmutils.SIG_SHA256, 6, sumOf(main)},
			{rpmutils.SIG_MD5 - 16384, 7, both[:]},
		}
	}
	if m.noMD5 {
		signature = signature[:2]
	}
	if m.format6 {
		signature = signature[1:2]
	}
	if m.header != nil {
		m.header(main)
	}
	if m.payload != nil {
		m.payload(&payload)
	}
	lead := make([]byte, unpack.LeadSize)
	copy(lead, unpack.RPMMagic)
	lead[4], lead[7], lead[79] = 3, 1, 5
	out := bytes.NewBuffer(lead)
	out.Write(headerBytes(signature))
	pad(out, 8)
	out.Write(main)
	out.Write(payload)
	return out.Bytes()
}

// fileTags are the header's list of files.
func (m rpmMaker) fileTags() []rpmTag {
	listed := m.listed
	if listed == nil {
		listed = m.items
	}
	if len(listed) == 0 {
		return nil
	}
	var names, digests []string
	var sizes, times []uint32
	var long []uint64
	var modes []uint16
	for _, item := range listed {
		names, digests = append(names, item.name), append(digests, sumOf([]byte(item.body)))
		size := uint32(max(len(item.body), item.size))
		sizes, long, times = append(sizes, size), append(long, uint64(size)), append(times, uint32(release.Unix()))
		mode := uint16(item.mode)
		if mode == 0 {
			mode = 0o100644
		}
		modes = append(modes, mode)
	}
	tags := []rpmTag{{rpmutils.FILEDIGESTS, 8, digests}, {rpmutils.BASENAMES, 8, names}}
	if m.format6 {
		const rpmFormat = 5114
		return append(tags, rpmTag{rpmFormat, 4, uint32(6)}, rpmTag{rpmutils.LONGFILESIZES, 5, long},
			rpmTag{rpmutils.FILEMODES, 3, modes}, rpmTag{rpmutils.FILEMTIMES, 4, times})
	}
	return append(tags, rpmTag{rpmutils.FILESIZES, 4, sizes})
}

func zstdBytes(tb testing.TB, data []byte) []byte {
	tb.Helper()
	w, err := zstd.NewWriter(nil)
	must(tb, err)
	return w.EncodeAll(data, nil)
}

// bzip2Payload is what bzip2 makes of the payload of plainPackage: Go cannot write it.
func bzip2Payload(tb testing.TB, _ []byte) []byte {
	tb.Helper()
	data, err := base64.StdEncoding.DecodeString("QlpoOTFBWSZTWSKcaxgAAEL/gFwQCABqC3/woiUdAD+n3lowALlg1EAmRkxNoRgTA0AADVTNJ+pNpPSepgIxAMAANIMSpsk9JpoGg0yBoAAA" +
		"R7GB+KO4GCIF3u5v3FxdUBINcQkGNt4v0+Ra+h5IBmpCgg3LpXoDlqejMUcQaIz6ctsqo1hoGdoBPKMX9khUiAGIyJTalHX49h1j4TCsuwMTl0YoBrS/BGzENYGAUjHaeMtGZaAulxYflKQH9md3zwnDFMvMPNEZ1PRhcNE25yI7e4QX8XckU4UJAinGsYA=")
	must(tb, err)
	return data
}

func verifyPackage(t *testing.T, data []byte, s SumStore) (*VerifiedPackage, error) {
	t.Helper()
	pkg, err := OpenPackage(writeFile(t, filepath.Join(t.TempDir(), "rdma-core-56.1-3.el9.src.rpm"), data), s)
	must(t, err)
	return pkg.Verify(t.Context())
}

func TestPackage(t *testing.T) {
	for name, m := range map[string]rpmMaker{
		"plain": {}, "gzip": {compress: gzipBytes}, "xz": {compress: xzBytes}, "zstd": {compress: zstdBytes}, "bzip2": {compress: bzip2Payload},
		"RPM 6": {format6: true}, "RPM 6, zstd": {format6: true, compress: zstdBytes},
	} {
		t.Run(name, func(t *testing.T) {
			m.items = plainPackage().items
			v, err := verifyPackage(t, m.bytes(t), nil)
			must(t, err)
			if v.Info.NVR() != "rdma-core-56.1-3.el9" || v.Spec != "rdma-core.spec" || !v.Newest.Equal(release) || v.How != HowGiven {
				t.Errorf("got %+v", v)
			}
			dir := filepath.Join(t.TempDir(), "deep", "out")
			must(t, v.Unpack(t.Context(), dir))
			if got := names(t, dir); !slices.Equal(got, []string{"rdma-core.spec", "x.tar.gz"}) || !slices.Equal(got, v.Files) {
				t.Errorf("unpacked %q, listed %q", got, v.Files)
			}
			text, err := os.ReadFile(filepath.Join(dir, "rdma-core.spec"))
			if err != nil || string(text) != specBody {
				t.Errorf("got %q, %v", text, err)
			}
			if err := v.Unpack(t.Context(), dir); !errors.Is(err, os.ErrExist) {
				t.Errorf("unpacked over what is there: %v", err)
			}
		})
	}
}

// vendorPackage is the source package of a distro: name, version and release are those of every other one.
func vendorPackage(vendor, distribution, data string) rpmMaker {
	m := plainPackage()
	m.items[1].body = data
	m.tags = func(tags []rpmTag) []rpmTag {
		if vendor != "" {
			tags = append(tags, rpmTag{rpmutils.VENDOR, 6, vendor})
		}
		if distribution != "" {
			tags = append(tags, rpmTag{rpmutils.DISTRIBUTION, 6, distribution})
		}
		return tags
	}
	return m
}

func TestPackageIsTrustedOnFirstUse(t *testing.T) {
	s := newSums()
	distro := func(data string) []byte { return vendorPackage("The Distro", "", data).bytes(t) }
	v, err := verifyPackage(t, distro("data"), s)
	must(t, err)
	if len(s.m) != 0 {
		t.Errorf("recorded by Verify: %v", s.m)
	}
	must(t, v.Record(t.Context()))
	if got, ok := s.Lookup("56.1", "srpm:rdma-core-56.1-3.el9@The%20Distro"); !ok || got != v.SHA256 || v.How != HowFirstUse {
		t.Errorf("%s, recorded %v", v.How, s.m)
	}
	if v, err = verifyPackage(t, distro("data"), s); err != nil || v.How != HowRecorded {
		t.Errorf("a second time: %+v, %v", v, err)
	}
	var sum *SumError
	if _, err := verifyPackage(t, distro("DATA"), s); !errors.As(err, &sum) || !strings.Contains(sum.Line, sum.Got) || len(s.m) != 1 {
		t.Fatalf("another package of the same: %v, %v", err, s.m)
	}
	// The line that the error prints accepts it.
	pinned := newSums(sum.Line)
	if v, err := verifyPackage(t, distro("DATA"), pinned); err != nil || v.How != HowRecorded {
		t.Errorf("with the line %q: %v, %v", sum.Line, v, err)
	}
}

// Distros give one file name to packages of their own: the origin tells them apart.
func TestPackagesOfTwoDistros(t *testing.T) {
	s := newSums()
	for _, origin := range [][2]string{{"One", ""}, {"Two", ""}, {"Two", "Two 15"}, {"Two", "Two 16"}, {"", "Two"}, {"One\nTwo%", ""}, {"Two:Two 15", ""}} {
		v, err := verifyPackage(t, vendorPackage(origin[0], origin[1], origin[0]+origin[1]).bytes(t), s)
		must(t, err)
		if v.How != HowFirstUse {
			t.Errorf("%q: %s", origin, v.How)
		}
		must(t, v.Record(t.Context()))
	}
	if len(s.m) != 7 {
		t.Errorf("recorded %v, want one for each origin", s.m)
	}
	for key := range s.m {
		if strings.ContainsAny(strings.TrimPrefix(key, "56.1 "), " \n") {
			t.Errorf("the name %q is not one word", key)
		}
	}
}

// A package that names no origin is someone else's own: nothing is recorded, and the next one of that name is not shut out.
func TestPackageOfNobody(t *testing.T) {
	s := newSums()
	for _, data := range []string{"data", "DATA"} {
		v, err := verifyPackage(t, vendorPackage("", "", data).bytes(t), s)
		must(t, err)
		must(t, v.Record(t.Context()))
		if v.How != HowGiven || len(s.m) != 0 {
			t.Errorf("%s, recorded %v", v.How, s.m)
		}
	}
	var sum *SumError
	pinned := newSums("56.1 srpm:rdma-core-56.1-3.el9 " + strings.Repeat("a", 64))
	if _, err := verifyPackage(t, plainPackage().bytes(t), pinned); !errors.As(err, &sum) {
		t.Errorf("a line that is there decides: %v", err)
	}
}

func TestPackageThatChanges(t *testing.T) {
	v, err := verifyPackage(t, plainPackage().bytes(t), nil)
	must(t, err)
	other := plainPackage()
	other.items[1].body = "DATA"
	must(t, os.WriteFile(v.Path(), other.bytes(t), 0o600))
	around := t.TempDir()
	var sum *SumError
	if err := v.Unpack(t.Context(), filepath.Join(around, "out")); !errors.As(err, &sum) {
		t.Errorf("got %v", err)
	}
	if left := names(t, around); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestPackageRefuses(t *testing.T) {
	spec := cpioItem{name: "rdma-core.spec", body: specBody}
	with := func(more ...cpioItem) rpmMaker { return rpmMaker{items: append([]cpioItem{spec}, more...)} }
	change := func(f func(*rpmMaker)) rpmMaker {
		m := plainPackage()
		f(&m)
		return m
	}
	for name, tt := range map[string]struct {
		m    rpmMaker
		want string
	}{
		"climbs":         {with(cpioItem{name: "../x", body: "a"}), `entry "../x": is not a plain file name`},
		"absolute":       {with(cpioItem{name: "/etc/x", body: "a"}), `entry "/etc/x": is not a plain file name`},
		"in a folder":    {with(cpioItem{name: "a/b", body: "a"}), "has no directories"},
		"hidden climb":   {with(cpioItem{name: "./../x", body: "a"}), "not a plain file name"},
		"dots":           {with(cpioItem{name: "..", body: "a"}), "not a plain file name"},
		"control":        {with(cpioItem{name: "a\nb", body: "a"}), "not a plain file name"},
		"folder":         {with(cpioItem{name: "d", mode: 0o040755}), "a directory"},
		"link":           {with(cpioItem{name: "l", body: "/etc/passwd", mode: 0o120777}), "a link"},
		"device":         {with(cpioItem{name: "d", mode: 0o020666}), "a device"},
		"block device":   {with(cpioItem{name: "d", mode: 0o060666}), "a device"},
		"pipe":           {with(cpioItem{name: "p", mode: 0o010644}), "a named pipe"},
		"hard link":      {with(cpioItem{name: "h", body: "a", links: 2}), "a hard link"},
		"twice":          {with(spec), "appears twice"},
		"a GiB":          {with(cpioItem{name: "big", body: "a", size: 1 << 30}), "has 1073741824 bytes, more than"},
		"no spec":        {rpmMaker{items: []cpioItem{{name: "a", body: "a"}}}, "holds no spec"},
		"two specs":      {with(cpioItem{name: "b.spec", body: "a"}), "holds 2 specs (b.spec, rdma-core.spec)"},
		"binary":         {change(func(m *rpmMaker) { m.binary = true }), "is a binary package (built from rdma-core-56.1-3.el9.src.rpm): want a source package"},
		"empty":          {rpmMaker{}, "lists no files"},
		"not listed":     {rpmMaker{items: []cpioItem{spec, {name: "a"}}, listed: []cpioItem{spec}}, `entry "a": is not listed`},
		"not there":      {rpmMaker{items: []cpioItem{spec}, listed: []cpioItem{spec, {name: "a"}}}, `entry "a": is listed`},
		"other size":     {rpmMaker{items: []cpioItem{spec}, listed: []cpioItem{{name: spec.name, body: "a"}}}, "bytes, but 1 in"},
		"other content":  {rpmMaker{items: []cpioItem{{name: spec.name, body: "b"}}, listed: []cpioItem{{name: spec.name, body: "a"}}}, "has the digest"},
		"tail":           {change(func(m *rpmMaker) { m.tail = "more" }), "data after the end of the payload"},
		"no digest":      {change(func(m *rpmMaker) { m.noDigest = true }), "records no digest of its header"},
		"header changed": {change(func(m *rpmMaker) { m.header = func(h []byte) { h[bytes.Index(h, []byte("56.1"))] = '6' } }), "bad header: SHA-256 mismatch"},
		"payload changed": {
			change(func(m *rpmMaker) { m.payload = func(p *[]byte) { (*p)[len(*p)-200] ^= 1 } }), "but records",
		},
		"payload cut": {
			change(func(m *rpmMaker) { m.compress = gzipBytes; m.payload = func(p *[]byte) { *p = (*p)[:len(*p)-9] } }), "damaged or truncated",
		},
		"payload changed, without MD5": {
			change(func(m *rpmMaker) { m.noMD5 = true; m.payload = func(p *[]byte) { (*p)[len(*p)-200] ^= 1 } }), "has the payload digest",
		},
		"payload longer": {change(func(m *rpmMaker) { m.payload = func(p *[]byte) { *p = append(*p, 0) } }), "damaged or truncated"},
		"no payload":     {change(func(m *rpmMaker) { m.payload = func(p *[]byte) { *p = nil } }), "but records"},
		"odd name":       {change(func(m *rpmMaker) { m.name = "../../rdma-core" }), "an invalid name, version or release"},
		"unknown digest": {
			change(func(m *rpmMaker) {
				m.tags = func(tags []rpmTag) []rpmTag { tags[len(tags)-1].value = uint32(99); return tags }
			}), "unknown algorithm",
		},
		"lzma": {change(func(m *rpmMaker) {
			m.compress = func(testing.TB, []byte) []byte { return []byte("\x5d\x00\x00garbage...") }
		}), "not a cpio archive"},
		"not cpio": {change(func(m *rpmMaker) {
			m.compress = func(testing.TB, []byte) []byte { return []byte("0707" + strings.Repeat("9", 200)) }
		}), "starts with"},
		"numbered": {change(func(m *rpmMaker) {
			m.compress = func(testing.TB, []byte) []byte { return []byte("07070X" + strings.Repeat("0", 200)) }
		}), "file 0 of the 0 that its header describes"},
		"6: no such number": {change(func(m *rpmMaker) { m.format6, m.number = true, 2 }), "file 2 of the 2 that"},
		"6: folder":         {rpmMaker{format6: true, items: []cpioItem{spec, {name: "d", mode: 0o040755}}}, "a directory"},
		"6: climbs":         {rpmMaker{format6: true, items: []cpioItem{spec, {name: "../x", body: "a"}}}, `entry "../x": is not a plain file name`},
		"6: a GiB":          {rpmMaker{format6: true, items: []cpioItem{spec, {name: "b", size: 1 << 30}}}, "has 1073741824 bytes, more than"},
		"6: too large": {change(func(m *rpmMaker) {
			m.format6 = true
			m.tags = func(tags []rpmTag) []rpmTag {
				return append(tags, rpmTag{rpmutils.LONGFILESIZES, 5, []uint64{1 << 63, 1}})
			}
		}), "has 9223372036854775808 bytes in"},
		"6: payload changed": {
			change(func(m *rpmMaker) { m.format6 = true; m.payload = func(p *[]byte) { (*p)[20] ^= 1 } }), "has the payload digest",
		},
		"6: other content": {
			rpmMaker{format6: true, items: []cpioItem{{name: spec.name, body: "b"}}, listed: []cpioItem{{name: spec.name, body: "a"}}}, "has the digest",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := verifyPackage(t, tt.m.bytes(t), nil)
			var archive *ArchiveError
			if !errors.As(err, &archive) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), ".src.rpm") {
				t.Errorf("got %v\nwant an *ArchiveError with %q", err, tt.want)
			}
		})
	}
}

// TestPackageCutShort cuts a package at every byte.
func TestPackageCutShort(t *testing.T) {
	m := plainPackage()
	m.compress = gzipBytes
	data := m.bytes(t)
	path := filepath.Join(t.TempDir(), "a.src.rpm")
	for n := range data {
		must(t, os.WriteFile(path, data[:n], 0o600))
		pkg, err := OpenPackage(path, nil)
		must(t, err)
		var archive *ArchiveError
		if _, err := pkg.Verify(t.Context()); !errors.As(err, &archive) {
			t.Fatalf("%d of %d bytes: got %v", n, len(data), err)
		}
	}
}

// TestHeaderWithValuesOutside has an index that points out of the store: the
// library would look there.
func TestHeaderWithValuesOutside(t *testing.T) {
	for name, spoil := range map[string]func(index []byte){
		"offset":          func(i []byte) { binary.BigEndian.PutUint32(i[8:], 1<<20) },
		"negative offset": func(i []byte) { binary.BigEndian.PutUint32(i[8:], 0xffffff00) },
		"count":           func(i []byte) { binary.BigEndian.PutUint32(i[12:], 1<<30) },
		"no values":       func(i []byte) { binary.BigEndian.PutUint32(i[12:], 0) },
		"two strings":     func(i []byte) { binary.BigEndian.PutUint32(i[12:], 2) },
		"type":            func(i []byte) { binary.BigEndian.PutUint32(i[4:], 77) },
		"integers":        func(i []byte) { binary.BigEndian.PutUint32(i[4:], 5); binary.BigEndian.PutUint32(i[12:], 99) },
	} {
		t.Run(name, func(t *testing.T) {
			m := plainPackage()
			m.header = func(h []byte) { spoil(h[16:]) }
			_, err := verifyPackage(t, m.bytes(t), nil)
			if err == nil || !strings.Contains(err.Error(), "has a bad header: tag 1000") {
				t.Errorf("got %v", err)
			}
		})
	}
	m := plainPackage()
	m.header = func(h []byte) { binary.BigEndian.PutUint32(h[8:], 0xffffffff) }
	if _, err := verifyPackage(t, m.bytes(t), nil); err == nil || !strings.Contains(err.Error(), "4294967295 tags") {
		t.Errorf("got %v", err)
	}
}

func TestPackageBomb(t *testing.T) {
	m := plainPackage()
	m.items[1].body = strings.Repeat("\x00", 4<<20)
	m.compress = zstdBytes
	pkg, err := OpenPackage(writeFile(t, filepath.Join(t.TempDir(), "a.src.rpm"), m.bytes(t)), nil)
	must(t, err)
	pkg.lim.total = 1 << 20
	if _, err := pkg.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), "unpacks to more than 1048576 bytes") {
		t.Errorf("got %v", err)
	}
}

func TestPackageCancelled(t *testing.T) {
	v, err := verifyPackage(t, plainPackage().bytes(t), nil)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	around := t.TempDir()
	if err := v.Unpack(ctx, filepath.Join(around, "out")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left := names(t, around); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestPackageOnFullDisk(t *testing.T) {
	m := plainPackage()
	m.items[1].body = strings.Repeat("x", 200<<10)
	v, err := verifyPackage(t, m.bytes(t), nil)
	must(t, err)
	disk := smallDisk(t)
	var space *SpaceError
	if err := v.Unpack(t.Context(), filepath.Join(disk, "out")); !errors.As(err, &space) {
		t.Errorf("got %v", err)
	}
	if left := names(t, disk); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestIsPackage(t *testing.T) {
	dir := t.TempDir()
	for name, tt := range map[string]struct {
		data string
		want bool
	}{
		"a.src.rpm": {"junk", true}, "renamed": {unpack.RPMMagic, true}, "a.tar.gz": {"\x1f\x8b", false}, "empty": {"", false},
	} {
		if got := IsPackage(writeFile(t, filepath.Join(dir, name), []byte(tt.data))); got != tt.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if IsPackage(dir) || IsPackage(filepath.Join(dir, "none.rpm")) {
		t.Error("a folder, or nothing, is a package")
	}
}

// parts are a package's main header and its payload before it is compressed.
func (m rpmMaker) parts(tb testing.TB) (main, payload []byte) {
	tb.Helper()
	data := m.bytes(tb)
	r := bytes.NewReader(data[unpack.LeadSize:])
	_, err := unpack.ReadHeaderBlock(r, true)
	must(tb, err)
	main, err = unpack.ReadHeaderBlock(r, false)
	must(tb, err)
	return main, m.cpio()
}

// FuzzPackage looks for a package that makes the reader panic, take much memory,
// or write outside its directory. All digests are made right: they are no help
// against one who makes them, and nearly every change would be found by them.
func FuzzPackage(f *testing.F) {
	add := func(m rpmMaker, how byte) {
		main, payload := m.parts(f)
		f.Add(main, payload, how)
	}
	for how := range byte(4) {
		add(plainPackage(), how)
	}
	six := plainPackage()
	six.format6 = true
	add(six, 0)
	for _, item := range []cpioItem{
		{name: "../x", body: "a"},
		{name: "l", body: "/", mode: 0o120777},
		{name: "h", links: 2},
		{name: "./b", body: "bbb"},
		{name: "b.spec"},
	} {
		m := plainPackage()
		m.items = append(m.items, item)
		add(m, 0)
	}
	lim := limits{packed: 1 << 20, total: 1 << 20, file: 64 << 10, entries: 100, name: 512, depth: 16}
	f.Fuzz(func(t *testing.T, main, payload []byte, how byte) {
		around := t.TempDir()
		path := writeFile(t, filepath.Join(around, "a"), withDigests(t, main, payload, how))
		v, err := (&Package{path: path, lim: lim}).Verify(t.Context())
		if err != nil {
			if _, ok := errors.AsType[*ArchiveError](err); !ok {
				t.Fatalf("error of type %T: %v", err, err)
			}
			return
		}
		if err := v.Unpack(t.Context(), filepath.Join(around, "in")); err != nil {
			t.Fatalf("verified, but does not unpack: %v", err)
		}
		if got := topLevel(t, around); !slices.Equal(got, []string{"a", "in"}) {
			t.Fatalf("it got out: %q", got)
		}
		if got := topLevel(t, filepath.Join(around, "in")); !slices.Equal(got, v.Files) {
			t.Fatalf("unpacked %q of %q", got, v.Files)
		}
	})
}

// withDigests makes a package of a main header and a payload.
func withDigests(tb testing.TB, main, payload []byte, how byte) []byte {
	tb.Helper()
	main = slices.Clone(main)
	switch how & 3 {
	case 1:
		payload = gzipBytes(tb, payload)
	case 2:
		payload = xzBytes(tb, payload)
	case 3:
		payload = zstdBytes(tb, payload)
	}
	// rpmMaker has the payload's digest behind this word.
	if i := bytes.LastIndex(main, []byte("cpio\x00")); i >= 0 && i+5+64 <= len(main) {
		copy(main[i+5:], sumOf(payload))
	}
	both := md5.Sum(slices.Concat(main, payload))
	out := bytes.NewBuffer(make([]byte, unpack.LeadSize))
	copy(out.Bytes(), unpack.RPMMagic)
	out.Write(headerBytes([]rpmTag{{rpmutils.SIG_SHA256, 6, sumOf(main)}, {rpmutils.SIG_MD5 - 16384, 7, both[:]}}))
	pad(out, 8)
	out.Write(main)
	out.Write(payload)
	return out.Bytes()
}

// TestArchiveOutOfPackage has another sum than the published archive of its name.
func TestArchiveOutOfPackage(t *testing.T) {
	data := gzipSource(t, "rdma-core-56.1", testVersion)
	origins := []Origin{{Kind: KindReleaseAsset, File: "rdma-core-56.1.tar.gz", SHA256: strings.Repeat("0", 64)}}
	s := newSums()
	req := Request{Version: testVersion, Origins: origins, Sums: s, Vouched: "rdma-core-56.1-3.el9"}
	v, err := givenArchive(t, "rdma-core-56.1.tar.gz", data, req).Verify(t.Context())
	if err != nil || v.How != HowPackage || v.Against != req.Vouched || len(s.m) != 0 {
		t.Errorf("got %+v, %v, recorded %v", v, err, s.m)
	}
	req.Origins[0].SHA256 = sumOf(data)
	if v, err = givenArchive(t, "rdma-core-56.1.tar.gz", data, req).Verify(t.Context()); err != nil || v.How != HowPinned {
		t.Errorf("the published one: got %+v, %v", v, err)
	}
	req.Vouched, req.Origins[0].SHA256 = "", strings.Repeat("0", 64)
	if _, err := givenArchive(t, "rdma-core-56.1.tar.gz", data, req).Verify(t.Context()); !errors.As(err, new(*SumError)) {
		t.Errorf("without a package: got %v", err)
	}
}
