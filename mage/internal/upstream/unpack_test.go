// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestUnpack(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	top := "rdma-core-" + testVersion
	data := gzipBytes(t, tarBytes(t, testCommit, source(top, testVersion,
		item{name: top + "/suid", body: "x", mode: 0o6755},
		item{name: top + "/undated", body: "y", mtime: time.Unix(0, 0)},
		item{name: top + "/deep/er/file", body: "z", mode: 0o600},
		item{name: top + "/deep/link", flag: tar.TypeSymlink, link: "../build.sh"},
		item{name: top + "/hard", flag: tar.TypeLink, link: top + "/build.sh"},
	)))
	v := verified(t, data)
	dir := filepath.Join(t.TempDir(), "made")
	s, err := v.Unpack(context.Background(), dir)
	must(t, err)

	if want := (Source{Dir: filepath.Join(dir, top), Version: testVersion, Tag: "v56.1", Commit: testCommit, Epoch: release}); *s != want {
		t.Errorf("source is %+v, want %+v", *s, want)
	}
	for name, want := range map[string]fs.FileMode{
		".": fs.ModeDir | 0o755, "build.sh": 0o755, "CMakeLists.txt": 0o644, "suid": 0o755, "undated": 0o644,
		"deep": fs.ModeDir | 0o755, "deep/er/file": 0o644, "hard": 0o755, "deep/link": fs.ModeSymlink | 0o777,
	} {
		info, err := os.Lstat(filepath.Join(s.Dir, name))
		must(t, err)
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", name, info.Mode(), want)
		}
		if name != "deep/link" && info.ModTime().After(release) {
			t.Errorf("%s has time %v, later than the Epoch", name, info.ModTime())
		}
	}
	info, err := os.Stat(filepath.Join(s.Dir, "providers/siw/siw.c"))
	must(t, err)
	if !info.ModTime().Equal(release.Add(-time.Hour)) {
		t.Errorf("siw.c has time %v, want the archive's", info.ModTime())
	}
	// An edit of one name of a hard link must not change the other.
	must(t, os.WriteFile(filepath.Join(s.Dir, "hard"), []byte("changed"), 0o644))
	if text, _ := os.ReadFile(filepath.Join(s.Dir, "build.sh")); string(text) != "#!/bin/sh\n" {
		t.Errorf("build.sh is %q after an edit of the hard link", text)
	}
	if _, err := v.Unpack(context.Background(), dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second unpack: %v, want that the folder exists", err)
	}
	if rest, _ := filepath.Glob(filepath.Join(dir, ".*")); len(rest) > 0 {
		t.Errorf("left behind: %v", rest)
	}
}

func hostile() map[string]struct {
	more []item
	want string
} {
	const top = "rdma-core-56.1"
	type c = struct {
		more []item
		want string
	}
	return map[string]c{
		"dot dot":             {[]item{{name: top + "/../../evil"}}, `leaves the archive`},
		"dot dot inside":      {[]item{{name: top + "/a/../evil"}}, `leaves the archive`},
		"absolute":            {[]item{{name: "/etc/evil"}}, `absolute path`},
		"second top":          {[]item{{name: "other/evil"}}, `outside the top directory`},
		"file beside top":     {[]item{{name: "evil"}}, `outside the top directory`},
		"link out":            {[]item{{name: top + "/l", flag: tar.TypeSymlink, link: "../x"}}, `outside the archive`},
		"link out deeper":     {[]item{{name: top + "/a/l", flag: tar.TypeSymlink, link: "../../x"}}, `outside the archive`},
		"link absolute":       {[]item{{name: top + "/l", flag: tar.TypeSymlink, link: "/etc/passwd"}}, `is absolute`},
		"link back and forth": {[]item{{name: top + "/d", flag: tar.TypeSymlink, link: "."}, {name: top + "/l", flag: tar.TypeSymlink, link: "d/../x"}}, `".." after a name`},
		"link empty":          {[]item{{name: top + "/l", flag: tar.TypeSymlink, link: ""}}, `target of 0 bytes`},
		"link newline":        {[]item{{name: top + "/l", flag: tar.TypeSymlink, link: "a\nb"}}, `control or invisible character`},
		"through a link":      {[]item{{name: top + "/l", flag: tar.TypeSymlink, link: "providers"}, {name: top + "/l/evil"}}, `through the link`},
		"over a link":         {[]item{{name: top + "/l", flag: tar.TypeSymlink, link: "build.sh"}, {name: top + "/l", body: "evil"}}, `appears twice`},
		"below a file":        {[]item{{name: top + "/build.sh/evil"}}, `below the file`},
		"link over a folder":  {[]item{{name: top + "/providers", flag: tar.TypeSymlink, link: "."}}, `appears twice`},
		"hard link out":       {[]item{{name: top + "/h", flag: tar.TypeLink, link: top + "/../../etc/passwd"}}, `leaves the archive`},
		"hard link absolute":  {[]item{{name: top + "/h", flag: tar.TypeLink, link: "/etc/passwd"}}, `absolute path`},
		"hard link to link":   {[]item{{name: top + "/l", flag: tar.TypeSymlink, link: "build.sh"}, {name: top + "/h", flag: tar.TypeLink, link: top + "/l"}}, `not an earlier file`},
		"hard link nowhere":   {[]item{{name: top + "/h", flag: tar.TypeLink, link: top + "/none"}}, `not an earlier file`},
		"character device":    {[]item{{name: top + "/null", flag: tar.TypeChar}}, `is a device`},
		"block device":        {[]item{{name: top + "/sda", flag: tar.TypeBlock}}, `is a device`},
		"fifo":                {[]item{{name: top + "/p", flag: tar.TypeFifo}}, `named pipe`},
		"unknown kind":        {[]item{{name: top + "/v", flag: 'V'}}, `unknown type`},
		"duplicate":           {[]item{{name: top + "/build.sh", body: "evil"}}, `appears twice`},
		"duplicate spelling":  {[]item{{name: top + "/./build.sh", body: "evil"}}, `appears twice`},
		"duplicate folder":    {[]item{{name: top + "/d/"}, {name: top + "/d/"}}, `appears twice`},
		"newline":             {[]item{{name: top + "/a\nb"}}, `control or invisible character`},
		"right to left":       {[]item{{name: top + "/a\u202egnp.c"}}, `invisible character`},
		"isolate":             {[]item{{name: top + "/a\u2066b"}}, `invisible character`},
		"no width":            {[]item{{name: top + "/build.sh\u200b"}}, `invisible character`},
		"soft hyphen":         {[]item{{name: top + "/bu\u00adild.sh"}}, `invisible character`},
		"byte order mark":     {[]item{{name: top + "/\ufeffbuild.sh"}}, `invisible character`},
		"no-break space":      {[]item{{name: top + "/a\u00a0b"}}, `invisible character`},
		"line separator":      {[]item{{name: top + "/a\u2028b"}}, `invisible character`},
		"Hangul filler":       {[]item{{name: top + "/a\u3164"}}, `invisible character`},
		"variation selector":  {[]item{{name: top + "/a\ufe0f"}}, `invisible character`},
		"tag":                 {[]item{{name: top + "/a\U000e0041"}}, `invisible character`},
		"private use":         {[]item{{name: top + "/a\ue000"}}, `invisible character`},
		"blank braille":       {[]item{{name: top + "/a\u2800"}}, `invisible character`},
		"link right to left":  {[]item{{name: top + "/l", flag: tar.TypeSymlink, link: "a\u202eb"}}, `invisible character`},
		"escape":              {[]item{{name: top + "/\x1b[2J"}}, `control or invisible character`},
		"not utf-8":           {[]item{{name: top + "/\xff\xfe"}}, `not UTF-8`},
		"long name":           {[]item{{name: top + "/" + strings.Repeat("n", 256)}}, `more than 255 bytes`},
		"deep":                {[]item{{name: top + strings.Repeat("/d", 80)}}, `directories deep`},
		"huge file":           {[]item{{name: top + "/huge", body: strings.Repeat("\x00", 5000)}}, `more than the limit of 4096`},
		"many entries":        {many(top, 40), `more than 30 entries`},
		"bomb":                {bomb(top), `unpacks to more than`},
	}
}

func many(top string, n int) (items []item) {
	for i := range n {
		items = append(items, item{name: top + "/f" + strings.Repeat("x", i)})
	}
	return items
}

func bomb(top string) (items []item) {
	for i := range 20 {
		items = append(items, item{name: top + "/b" + strings.Repeat("x", i), body: strings.Repeat("\x00", 4000)})
	}
	return items
}

func TestHostileEntriesAreRefused(t *testing.T) {
	lim := defaultLimits()
	lim.file, lim.entries, lim.total = 4096, 30, 64<<10
	for name, c := range hostile() {
		t.Run(name, func(t *testing.T) {
			data := gzipSource(t, "rdma-core-56.1", testVersion, c.more...)
			a := givenArchive(t, "h.tar.gz", data, Request{Version: testVersion, Sums: newSums()})
			a.lim = lim
			_, err := a.Verify(t.Context())
			var own *ArchiveError
			if !errors.As(err, &own) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("verify: %v, want an archive error with %q", err, c.want)
			}
			// A pinned sum must not open the door: unpack checks by itself.
			v := &Verified{archive: a, SHA256: sumOf(data), sum: &summary{newest: release}}
			around := t.TempDir()
			dir := filepath.Join(around, "in")
			if _, err := v.Unpack(context.Background(), dir); !errors.As(err, &own) {
				t.Fatalf("unpack: %v, want an archive error", err)
			}
			if got := names(t, around); !slices.Equal(got, []string{"in/"}) {
				t.Errorf("left behind: %q", got)
			}
		})
	}
}

func TestArchiveThatIsNotWhole(t *testing.T) {
	top := "rdma-core-56.1"
	whole := tarBytes(t, "", source(top, testVersion))
	packed := gzipBytes(t, whole)
	border := len(whole) - 1024
	cases := map[string]struct {
		data []byte
		want string
	}{
		"cut gzip":             {packed[:len(packed)/2], "truncated"},
		"cut gzip trailer":     {packed[:len(packed)-3], "truncated"},
		"cut xz":               {xzBytes(t, whole)[:200], "truncated"},
		"cut tar":              {whole[:border-100], "truncated"},
		"cut at a border":      {whole[:border], "truncated"},
		"one end block":        {whole[:border+512], "truncated"},
		"behind gzip":          {append(slices.Clone(packed), "twenty garbage bytes"...), "data after the end"},
		"behind the tar":       {gzipBytes(t, append(slices.Clone(whole), "garbage"...)), "data after the end"},
		"a second tar":         {gzipBytes(t, append(slices.Clone(whole), whole...)), "data after the end"},
		"another gzip member":  {append(slices.Clone(packed), packed...), "data after the end"},
		"damaged gzip":         {flip(packed, len(packed)-6), "is damaged"},
		"damaged xz":           {flip(xzBytes(t, whole), 100), "is damaged"},
		"damaged header":       {flip(whole, 700), "is damaged"},
		"an error page":        {[]byte("<!DOCTYPE html><title>Sign in</title>"), `starts with "<!DOCTYPE`},
		"nothing":              {nil, "is empty"},
		"empty tar":            {gzipBytes(t, make([]byte, 1024)), "holds no files"},
		"no cmake":             {gzipBytes(t, tarBytes(t, "", []item{{name: "a/b"}})), "not an rdma-core source"},
		"another project":      {gzipBytes(t, tarBytes(t, "", []item{{name: "a/CMakeLists.txt", body: "project(x)\n"}})), "not rdma-core"},
		"no version":           {gzipBytes(t, tarBytes(t, "", []item{{name: "a/CMakeLists.txt", body: "project(rdma-core C)\n"}})), "PACKAGE_VERSION"},
		"top is a file":        {gzipBytes(t, tarBytes(t, "", []item{{name: "CMakeLists.txt", body: cmakeText(testVersion)}})), "is the top directory, but not of that type"},
		"xz with a dictionary": {hugeDictionary(t, whole), "more memory"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			store := newSums()
			_, err := givenArchive(t, "x.tar", c.data, Request{Version: testVersion, Sums: store}).Verify(t.Context())
			var own *ArchiveError
			if !errors.As(err, &own) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want an archive error with %q", err, c.want)
			}
			if len(store.m) > 0 {
				t.Errorf("a broken archive's sum was recorded: %v", store.m)
			}
		})
	}
}

func flip(data []byte, at int) []byte {
	data = slices.Clone(data)
	data[at] ^= 0xff
	return data
}

// hugeDictionary makes an xz header claim a dictionary of 4 GiB - 1.
func hugeDictionary(t *testing.T, data []byte) []byte {
	t.Helper()
	out := xzBytes(t, data)
	header := out[12 : 12+(int(out[12])+1)*4]
	at := strings.Index(string(header), "\x21\x01")
	header[at+2] = 40
	crc := header[len(header)-4:]
	putCRC32(crc, header[:len(header)-4])
	return out
}

func TestUnpackCancelled(t *testing.T) {
	v := verified(t, gzipSource(t, "rdma-core-56.1", testVersion))
	mine := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(mine)
	dir := t.TempDir()
	if _, err := v.Unpack(ctx, dir); !errors.Is(err, mine) || errors.As(err, new(*ArchiveError)) {
		t.Errorf("unpack: %v, want the context's cause alone", err)
	}
	if err := v.WriteTarball(ctx, filepath.Join(dir, "x.tar.gz")); !errors.Is(err, mine) {
		t.Errorf("tarball: %v, want the context's cause", err)
	}
	if got := names(t, dir); len(got) > 0 {
		t.Errorf("left behind: %q", got)
	}
}

func TestFileThatChangesAfterVerify(t *testing.T) {
	for name, top := range map[string]string{"copied": "rdma-core-56.1", "normalised": "elsewhere"} {
		t.Run(name, func(t *testing.T) {
			v := verified(t, gzipSource(t, top, testVersion))
			writeFile(t, v.archive.path, gzipSource(t, top, testVersion, item{name: top + "/evil"}))
			dir := t.TempDir()
			var own *SumError
			if _, err := v.Unpack(context.Background(), dir); !errors.As(err, &own) {
				t.Errorf("unpack: %v, want a sum error", err)
			}
			if err := v.WriteTarball(context.Background(), filepath.Join(dir, "x.tar.gz")); !errors.As(err, &own) {
				t.Errorf("tarball: %v, want a sum error", err)
			}
			if got := names(t, dir); len(got) > 0 {
				t.Errorf("left behind: %q", got)
			}
		})
	}
}

func TestNothingUnverifiedUnpacks(t *testing.T) {
	if _, err := new(Verified).Unpack(context.Background(), t.TempDir()); err == nil {
		t.Error("an empty Verified was unpacked")
	}
	if err := new(Verified).WriteTarball(context.Background(), filepath.Join(t.TempDir(), "x")); err == nil {
		t.Error("an empty Verified was written")
	}
}

// The newest file dates the archive, whatever the time is here: a clock that is years behind or ahead gives the same.
func TestEpochIsTheArchives(t *testing.T) {
	for _, when := range []time.Time{firstDate(), release, time.Date(2099, time.December, 31, 23, 59, 59, 0, time.UTC)} {
		items := source("rdma-core-56.1", testVersion, item{name: "rdma-core-56.1/old", mtime: time.Unix(0, 0)})
		for i := range items[:3] {
			items[i].mtime = when.Add(-time.Hour)
		}
		items[3].mtime = when
		s, err := verified(t, gzipBytes(t, tarBytes(t, "", items))).Unpack(t.Context(), t.TempDir())
		if err != nil || !s.Epoch.Equal(when) {
			t.Errorf("%v: %+v, %v", when, s, err)
		}
	}
}

// A date that no rdma-core can have is an error that names the file and the date, not another date.
func TestImpossibleDates(t *testing.T) {
	const top = "rdma-core-56.1"
	pax := func(mtime string) []byte {
		data := tarBytes(t, "", source(top, testVersion, item{name: top + "/odd", body: "x"}))
		return withChecksums(before(data, top+"/odd", paxHeader("mtime="+mtime)))
	}
	all := func(when time.Time) []byte {
		items := source(top, testVersion)
		for i := range items {
			items[i].mtime = when
		}
		return tarBytes(t, "", items)
	}
	for name, c := range map[string]struct {
		data       []byte
		file, date string
	}{
		"no date":       {all(time.Unix(0, 0)), top + "/", "1970-01-01T00:00:00Z"},
		"1980":          {all(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)), top + "/", "1980-01-01T00:00:00Z"},
		"before 2005":   {all(firstDate().Add(-time.Second)), top + "/", "2004-12-31T23:59:59Z"},
		"from 2100 on":  {all(lastDate()), top + "/", "2100-01-01T00:00:00Z"},
		"one of 2242":   {tarBytes(t, "", source(top, testVersion, item{name: top + "/odd", mtime: time.Unix(1<<33-1, 0)})), top + "/odd", "2242-03-16"},
		"before 1970":   {pax("-1"), top + "/odd", "1969-12-31T23:59:59Z"},
		"overflows":     {pax("9223372036854775807"), top + "/odd", "9223372036854775807 seconds"},
		"overflows too": {pax("-9223372036854775807"), top + "/odd", "-9223372036854775807 seconds"},
		"nanoseconds":   {pax("9223372037"), top + "/odd", "2262-04-11"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := givenArchive(t, "a.tar", c.data, Request{Version: testVersion}).Verify(t.Context())
			var own *ArchiveError
			if !errors.As(err, &own) || own.Entry != c.file || !strings.Contains(own.Reason, "is dated "+c.date) {
				t.Errorf("got %v, want that %s is dated %s", err, c.file, c.date)
			}
		})
	}
}

func TestUnpackToAFullDisk(t *testing.T) {
	small := smallDisk(t)
	random := make([]byte, 200<<10)
	_, _ = rand.NewChaCha8([32]byte{}).Read(random)
	noise := string(random)
	v := verified(t, gzipSource(t, "other", testVersion, item{name: "other/noise", body: noise}))
	var own *SpaceError
	if _, err := v.Unpack(context.Background(), small); !errors.As(err, &own) || !strings.HasPrefix(own.Path, small) {
		t.Errorf("unpack: %v, want a space error with a path below %s", err, small)
	}
	if err := v.WriteTarball(context.Background(), filepath.Join(small, "x.tar.gz")); !errors.As(err, &own) {
		t.Errorf("tarball: %v, want a space error", err)
	}
	if got := names(t, small); len(got) > 0 {
		t.Errorf("left behind: %q", got)
	}
}

func TestZeroTail(t *testing.T) {
	z := &zeroTail{r: io.MultiReader(strings.NewReader("a\x00b\x00"), strings.NewReader("\x00\x00"))}
	_, _ = io.Copy(io.Discard, z)
	if z.zeros != 3 || z.read != 6 {
		t.Errorf("counted %d zeros of %d bytes, want 3 of 6", z.zeros, z.read)
	}
}
