// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVerifyGivenFile(t *testing.T) {
	data := gzipSource(t, "rdma-core-56.1", testVersion)
	good, bad := sumOf(data), strings.Repeat("0", 64)
	asset := func(sum string) []Origin {
		return []Origin{
			{Kind: KindReleaseAsset, File: "rdma-core-56.1.tar.gz", SHA256: sum},
			{Kind: KindDebianSource, File: "rdma-core_56.1.orig.tar.gz", Suite: "trixie", SHA256: strings.Repeat("1", 64)},
		}
	}
	cases := map[string]struct {
		file          string
		origins       []Origin
		sums          *sums
		how           How
		against, line string // line: of the sum error
	}{
		"pinned":                 {file: "mine.tgz", origins: asset(good), sums: newSums(), how: HowPinned, against: KindReleaseAsset},
		"recorded":               {file: "mine.tgz", sums: newSums("56.1 mine.tgz " + good), how: HowRecorded, against: "recorded mine.tgz"},
		"recorded for an origin": {file: "mine.tgz", origins: asset(""), sums: newSums("56.1 release-asset " + good), how: HowRecorded, against: "recorded release-asset"},
		"nothing known":          {file: "mine.tgz", origins: asset(bad), sums: newSums(), how: HowGiven, against: "mine.tgz"},
		"odd name":               {file: "my file\n%.tgz", sums: newSums(), how: HowGiven, against: "my%20file%0A%25.tgz"},
		"another sum is pinned":  {file: "rdma-core-56.1.tar.gz", origins: asset(bad), sums: newSums(), line: "56.1 rdma-core-56.1.tar.gz sha256:" + good},
		"accepted by a line":     {file: "rdma-core-56.1.tar.gz", origins: asset(bad), sums: newSums("56.1 rdma-core-56.1.tar.gz " + good), how: HowRecorded, against: "recorded rdma-core-56.1.tar.gz"},
		"another is recorded":    {file: "mine.tgz", sums: newSums("56.1 mine.tgz " + bad), line: "56.1 mine.tgz sha256:" + good},
		"another for its origin": {file: "rdma-core-56.1.tar.gz", origins: asset(""), sums: newSums("56.1 release-asset " + bad), line: "56.1 rdma-core-56.1.tar.gz sha256:" + good},
		"of another version":     {file: "mine.tgz", sums: newSums("56.0 mine.tgz " + bad), how: HowGiven, against: "mine.tgz"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			before := maps.Clone(c.sums.m)
			v, err := givenArchive(t, c.file, data, Request{Version: testVersion, Origins: c.origins, Sums: c.sums}).Verify(t.Context())
			if c.line != "" {
				var own *SumError
				if !errors.As(err, &own) || own.Got != good || !strings.HasSuffix(err.Error(), "\n"+c.line) {
					t.Fatalf("got %v, want a sum error that ends with %q", err, c.line)
				}
				for _, want := range own.Want {
					if !strings.Contains(err.Error(), want.SHA256+" ("+want.Origin+")") {
						t.Errorf("the error does not name candidate %+v: %v", want, err)
					}
				}
				if !maps.Equal(before, c.sums.m) {
					t.Errorf("the store was changed: %v", c.sums.m)
				}
				return
			}
			must(t, err)
			if v.How != c.how || v.Against != c.against || v.SHA256 != good {
				t.Errorf("verified by %s (%s), want %s (%s)", v.How, v.Against, c.how, c.against)
			}
			if !maps.Equal(before, c.sums.m) {
				t.Errorf("recorded %v, want nothing: the file is the user's own", c.sums.m)
			}
		})
	}
}

func TestVerifyVersion(t *testing.T) {
	store := newSums()
	_, err := givenArchive(t, "x.tgz", gzipSource(t, "rdma-core-56.1", "65.0"), Request{Version: testVersion, Sums: store}).Verify(t.Context())
	var own *VersionError
	if !errors.As(err, &own) || own.Want != testVersion || own.Got != "65.0" || !strings.Contains(err.Error(), "x.tgz") {
		t.Errorf("got %v, want a version error that names both", err)
	}
	if len(store.m) > 0 {
		t.Errorf("recorded %v", store.m)
	}
}

type failingSums struct{ sums }

var errStore = errors.New("read-only")

func (*failingSums) Record(context.Context, string, string, string) error { return errStore }

func TestVerifyThatCannotRecord(t *testing.T) {
	s := serveFile(t, gzipSource(t, "rdma-core-56.1", testVersion))
	a, err := Resolve(t.Context(), Request{
		Version: testVersion, Sums: &failingSums{*newSums()}, CacheDir: t.TempDir(),
		Origins: []Origin{{Kind: KindGitHubArchive, File: "g", URL: s.URL}},
	})
	must(t, err)
	_, err = a.Verify(t.Context())
	if !errors.Is(err, errStore) {
		t.Errorf("got %v, want the store's error", err)
	}
}

// The tag goes into the patch's header, so it must not claim too much.
func TestTagOfAGivenFile(t *testing.T) {
	cases := map[string]struct {
		top    string
		pinned bool
		want   string
	}{
		"a release's form":    {"rdma-core-56.1", false, "v56.1"},
		"another top":         {"rdma-core-main", false, ""},
		"another top, pinned": {"linux-rdma-rdma-core-0123456", true, "v56.1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			data := gzipSource(t, c.top, testVersion)
			req := Request{Version: testVersion}
			if c.pinned {
				req.Origins = []Origin{{Kind: KindDebianSource, File: "f", SHA256: sumOf(data)}}
			}
			v, err := givenArchive(t, "x.tgz", data, req).Verify(t.Context())
			must(t, err)
			s, err := v.Unpack(context.Background(), t.TempDir())
			must(t, err)
			if s.Tag != c.want || filepath.Base(s.Dir) != "rdma-core-56.1" {
				t.Errorf("tag %q in %s, want %q", s.Tag, s.Dir, c.want)
			}
		})
	}
}

// What the user makes again and again under one name is not a record of anybody's: neither the file of another directory
// nor the next one of the same is shut out.
func TestGivenFilesOfOneName(t *testing.T) {
	store := newSums()
	for _, more := range []string{"a", "b"} {
		data := gzipSource(t, "rdma-core-56.1", testVersion, item{name: "rdma-core-56.1/" + more, body: more})
		v, err := givenArchive(t, "fork.tar.gz", data, Request{Version: testVersion, Sums: store}).Verify(t.Context())
		must(t, err)
		if v.How != HowGiven || v.SHA256 != sumOf(data) || len(store.m) > 0 {
			t.Errorf("%s: %s, recorded %v", more, v.How, store.m)
		}
	}
}

// An archive with a pinned sum is read when it is unpacked, and is refused then if it is another release.
func TestPinnedArchiveIsReadWhenItIsUnpacked(t *testing.T) {
	data := gzipSource(t, "rdma-core-56.1", "65.0")
	origins := []Origin{{Kind: KindReleaseAsset, File: "x.tgz", SHA256: sumOf(data)}}
	v, err := givenArchive(t, "x.tgz", data, Request{Version: testVersion, Origins: origins}).Verify(t.Context())
	if err != nil || v.How != HowPinned || v.sum != nil {
		t.Fatalf("got %+v, %v", v, err)
	}
	dir := t.TempDir()
	if _, err := v.Unpack(t.Context(), dir); !errors.As(err, new(*VersionError)) {
		t.Errorf("got %v, want a VersionError", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
