// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// serveFile serves data under every path but those below /none.
func serveFile(t *testing.T, data []byte) *web {
	t.Helper()
	return serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/none") {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(data)
	})
}

// aptFunc is an AptSource.
type aptFunc func(ctx context.Context, suite, version, destDir string, log io.Writer) (string, error)

func (f aptFunc) Download(ctx context.Context, suite, version, destDir string, log io.Writer) (string, error) {
	return f(ctx, suite, version, destDir, log)
}

func TestResolveOrder(t *testing.T) {
	data := gzipSource(t, "rdma-core-56.1", testVersion)
	sum := sumOf(data)
	s := serveFile(t, data)
	apt := aptFunc(func(_ context.Context, suite, version, dir string, _ io.Writer) (string, error) {
		if suite != "trixie" || version != testVersion {
			return "", errors.New("asked for " + suite + " " + version)
		}
		path := filepath.Join(dir, "o.tar.gz")
		return path, os.WriteFile(path, data, 0o600)
	})
	debian := Origin{Kind: KindDebianSource, File: "d", Suite: "trixie"}
	asset := func(path string) Origin {
		return Origin{Kind: KindReleaseAsset, File: "a", URL: s.URL + path, SHA256: sum}
	}
	archive := func(path string) Origin {
		return Origin{Kind: KindGitHubArchive, File: "g", URL: s.URL + path}
	}
	cases := map[string]struct {
		origins []Origin
		from    string
	}{
		"the first":       {[]Origin{asset("/a"), archive("/g"), debian}, "release-asset (" + s.URL + "/a)"},
		"the second":      {[]Origin{asset("/none/a"), archive("/g"), debian}, "github-archive (" + s.URL + "/g)"},
		"the last":        {[]Origin{asset("/none/a"), archive("/none/g"), debian}, "debian-source (suite trixie)"},
		"another order":   {[]Origin{archive("/g"), debian, asset("/a")}, "github-archive (" + s.URL + "/g)"},
		"a mirror and it": {[]Origin{asset("/none/a"), asset("/a"), debian}, "release-asset (" + s.URL + "/a)"},
		"archive's wrong": {
			[]Origin{asset("/none"), {Kind: KindGitHubArchive, File: "g", URL: s.URL, SHA256: strings.Repeat("2", 64)}, debian},
			"debian-source (suite trixie)",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cacheDir := t.TempDir()
			store := newSums()
			req := Request{Version: testVersion, Origins: c.origins, Sums: store, CacheDir: cacheDir, AptSource: apt}
			a, err := Resolve(context.Background(), req)
			must(t, err)
			if a.From() != c.from {
				t.Errorf("from %s, want %s", a.From(), c.from)
			}
			v, err := a.Verify(t.Context())
			must(t, err)
			_, _ = v.Unpack(context.Background(), t.TempDir())

			// The second time nobody is asked.
			before := s.count()
			req.AptSource = nil
			again, err := Resolve(context.Background(), req)
			must(t, err)
			if again.Path() != a.Path() || !strings.HasPrefix(again.From(), "cache (") || s.count() != before {
				t.Errorf("second: %s from %s, %d requests", again.Path(), again.From(), s.count()-before)
			}
			w, err := again.Verify(t.Context())
			must(t, err)
			if (v.How == HowFirstUse && w.How != HowRecorded) || (v.How == HowPinned && w.How != HowPinned) {
				t.Errorf("verified by %s, then by %s", v.How, w.How)
			}
			for _, left := range names(t, cacheDir) {
				if strings.Contains(left, ".part") || strings.Contains(left, ".apt") {
					t.Errorf("left behind: %s", left)
				}
			}
		})
	}
}

func TestResolveNamesAllThatFailed(t *testing.T) {
	s := serveFile(t, []byte("<html>"))
	wrong := strings.Repeat("2", 64)
	_, err := Resolve(context.Background(), Request{Version: testVersion, CacheDir: t.TempDir(), Origins: []Origin{
		{Kind: KindReleaseAsset, File: "a", URL: s.URL + "/none"},
		{Kind: KindReleaseAsset, File: "a", URL: s.URL + "/page"},
		{Kind: KindGitHubArchive, File: "a", URL: s.URL + "/g", SHA256: wrong},
		{Kind: KindDebianSource, File: "a", Suite: "sid"},
	}})
	var own *ResolveError
	if !errors.As(err, &own) || len(own.Tried) != 4 {
		t.Fatalf("got %v, want a resolve error with 4 origins", err)
	}
	if !errors.As(err, new(*SumError)) || !errors.As(err, new(*DownloadError)) || !errors.As(err, new(*ArchiveError)) {
		t.Errorf("%v does not hold each origin's error", err)
	}
	for _, want := range []string{"404", "/none", "<html>", wrong, "suite sid", "no access to Debian's archive"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error has no %q: %v", want, err)
		}
	}
	if _, err = Resolve(context.Background(), Request{Version: testVersion, CacheDir: t.TempDir()}); !errors.As(err, &own) {
		t.Errorf("no origins: %v, want a resolve error", err)
	}
}

// What is not an rdma-core of this version must not get into the cache, or it
// would stand in the way of every later try.
func TestUnpinnedDownloadIsCheckedBeforeItIsKept(t *testing.T) {
	for name, data := range map[string][]byte{
		"page": []byte("<html>"), "other version": gzipSource(t, "rdma-core-56.1", "56.0"),
		"cut": gzipSource(t, "rdma-core-56.1", testVersion)[:99],
	} {
		t.Run(name, func(t *testing.T) {
			s := serveFile(t, data)
			cacheDir := t.TempDir()
			_, err := Resolve(context.Background(), Request{
				Version: testVersion, CacheDir: cacheDir,
				Origins: []Origin{{Kind: KindReleaseAsset, File: "a.tgz", URL: s.URL}},
			})
			if err == nil {
				t.Fatal("accepted")
			}
			for _, left := range names(t, cacheDir) {
				if !strings.HasSuffix(left, "/") && !strings.HasSuffix(left, ".lock") {
					t.Errorf("left behind: %s", left)
				}
			}
		})
	}
}

func TestRecordedDownloadThatChanges(t *testing.T) {
	s := serveFile(t, gzipSource(t, "rdma-core-56.1", testVersion))
	_, err := Resolve(context.Background(), Request{
		Version: testVersion, CacheDir: t.TempDir(),
		Sums:    newSums("56.1 release-asset " + strings.Repeat("3", 64)),
		Origins: []Origin{{Kind: KindReleaseAsset, File: "a.tgz", URL: s.URL}},
	})
	var own *SumError
	if !errors.As(err, &own) || own.Want[0].Origin != "recorded release-asset" || own.Line != "" {
		t.Errorf("got %v, want a sum error against the recorded sum", err)
	}
}

func TestDamagedCacheFileIsFetchedAnew(t *testing.T) {
	data := gzipSource(t, "rdma-core-56.1", testVersion)
	for name, pinned := range map[string]string{"pinned": sumOf(data), "not pinned": ""} {
		t.Run(name, func(t *testing.T) {
			s := serveFile(t, data)
			var n notes
			req := Request{
				Version: testVersion, CacheDir: t.TempDir(), Report: n.report,
				Origins: []Origin{{Kind: KindReleaseAsset, File: "a.tgz", URL: s.URL, SHA256: pinned}},
			}
			a, err := Resolve(context.Background(), req)
			must(t, err)
			if n.last.Done != int64(len(data)) || n.last.Total != int64(len(data)) || n.last.Origin != KindReleaseAsset {
				t.Errorf("the last progress is %+v", n.last)
			}
			for _, damage := range []func(){
				func() { writeFile(t, a.Path(), flip(data, 50)) },
				func() { writeFile(t, a.Path(), data[:50]) },
				func() { must(t, errors.Join(os.Remove(a.Path()), os.Symlink("/etc/passwd", a.Path()))) },
				func() { must(t, errors.Join(os.Remove(a.Path()), os.MkdirAll(filepath.Join(a.Path(), "x"), 0o755))) },
			} {
				damage()
				before := s.count()
				n.text = nil
				_, err := Resolve(context.Background(), req)
				must(t, err)
				if got, _ := os.ReadFile(a.Path()); !bytes.Equal(got, data) || s.count() != before+1 {
					t.Errorf("got %d bytes after %d requests", len(got), s.count()-before)
				}
				if !strings.Contains(n.all(), a.Path()) || !strings.Contains(n.all(), "removed") {
					t.Errorf("no note of it: %q", n.all())
				}
			}
		})
	}
}

// A part that someone else's bytes are in cannot be determined by its ETag; the sum
// tells, and then the download starts over.
func TestPoisonedPartIsThrownAway(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { content(w, r) })
	origin := Origin{Kind: KindReleaseAsset, File: "a.tgz", URL: s.URL, SHA256: sumOf(payload)}
	req := Request{Version: testVersion, CacheDir: t.TempDir(), Origins: []Origin{origin}}
	part := filepath.Join(req.CacheDir, "downloads", origin.SHA256, "a.tgz.part")
	writeFile(t, part, []byte("poison"))
	writeFile(t, partInfoPath(part), []byte(`{"url":"`+s.URL+`","etag":"\"one\"","total":327680}`))
	a, err := Resolve(context.Background(), req)
	must(t, err)
	if got, _ := os.ReadFile(a.Path()); !bytes.Equal(got, payload) || s.count() != 2 || s.requests[0].Header.Get("Range") != "bytes=6-" {
		t.Errorf("got %d bytes after %d requests", len(got), s.count())
	}
}

func TestTwoAtOnceDownloadOnce(t *testing.T) {
	data := gzipSource(t, "rdma-core-56.1", testVersion)
	waiting := make(chan struct{})
	s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		<-waiting
		_, _ = w.Write(data)
	})
	cacheDir := t.TempDir()
	var once sync.Once
	get := func() error {
		_, err := Resolve(context.Background(), Request{
			Version: testVersion, CacheDir: cacheDir,
			Report: func(p Progress) {
				if strings.Contains(p.Note, "another process is downloading") {
					once.Do(func() { close(waiting) })
				}
			},
			Origins: []Origin{{Kind: KindReleaseAsset, File: "a.tgz", URL: s.URL}},
		})
		return err
	}
	done := make(chan error, 2)
	for range 2 {
		go func() { done <- get() }()
	}
	must(t, errors.Join(<-done, <-done))
	if s.count() != 1 {
		t.Errorf("%d requests, want 1", s.count())
	}
}

func TestResolveCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	mine := errors.New("interrupted")
	s := serve(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
		cancel(mine)
		<-r.Context().Done()
	})
	cacheDir := t.TempDir()
	asked := false
	apt := aptFunc(func(context.Context, string, string, string, io.Writer) (string, error) {
		asked = true
		return "", mine
	})
	_, err := Resolve(ctx, Request{Version: testVersion, CacheDir: cacheDir, AptSource: apt, Origins: []Origin{
		{Kind: KindReleaseAsset, File: "a.tgz", URL: s.URL}, {Kind: KindDebianSource, File: "b.tgz", Suite: "sid"},
	}})
	if !errors.Is(err, mine) || errors.As(err, new(*ResolveError)) || asked {
		t.Errorf("got %v, want the cause, and no other origin asked (%v)", err, asked)
	}
	if slices.ContainsFunc(names(t, cacheDir), func(s string) bool { return strings.HasSuffix(s, ".tgz") }) {
		t.Error("there is a file under the final name")
	}
}

func TestFullDiskEndsTheSearch(t *testing.T) {
	small := smallDisk(t)
	s := serveFile(t, payload)
	_, err := Resolve(context.Background(), Request{Version: testVersion, CacheDir: small, Origins: []Origin{
		{Kind: KindReleaseAsset, File: "a.tgz", URL: s.URL}, {Kind: KindGitHubArchive, File: "b.tgz", URL: s.URL},
	}})
	if !errors.As(err, new(*SpaceError)) || s.count() != 1 {
		t.Errorf("got %v after %d requests, want a space error after 1", err, s.count())
	}
	for _, left := range names(t, small) {
		if strings.Contains(left, ".part") {
			t.Errorf("left on the full disk: %s", left)
		}
	}
}
