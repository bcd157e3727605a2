// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var payload = bytes.Repeat([]byte("0123456789abcdef"), 20<<10) // 320 KiB

// web is a server of one file whose behaviour a test sets.
type web struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

func serve(t *testing.T, handler func(n int, w http.ResponseWriter, r *http.Request)) *web {
	t.Helper()
	s := &web{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r)
		n := len(s.requests)
		s.mu.Unlock()
		handler(n, w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *web) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

func testDownloader(url string) *downloader {
	d := newDownloader(&Request{}, Origin{Kind: KindReleaseAsset, File: "f", URL: url})
	d.pause = time.Millisecond
	return d
}

// content serves payload with ETag and ranges.
func content(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"one"`)
	http.ServeContent(w, r, "f", time.Time{}, bytes.NewReader(payload))
}

// breakOff sends the first bytes of payload and drops the connection.
func breakOff(w http.ResponseWriter, etag string, most int) {
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(payload)))
	_, _ = w.Write(payload[:most])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func TestDownload(t *testing.T) {
	const broke = 100_000
	cases := map[string]struct {
		handler func(n int, w http.ResponseWriter, r *http.Request)
		ranges  []string // the requests' Range headers
		resumed bool
	}{
		"at once": {func(_ int, w http.ResponseWriter, r *http.Request) { content(w, r) }, []string{""}, false},
		"resumed": {func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				breakOff(w, `"one"`, broke)
			}
			content(w, r)
		}, []string{"", "bytes=100000-"}, true},
		"changed in between": {func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				breakOff(w, `"zero"`, broke)
			}
			content(w, r)
		}, []string{"", "bytes=100000-"}, false},
		"no ranges": {func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				breakOff(w, `"one"`, broke)
			}
			w.Header().Set("ETag", `"one"`)
			_, _ = w.Write(payload)
		}, []string{"", "bytes=100000-"}, false},
		"weak etag": {func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				breakOff(w, `W/"one"`, broke)
			}
			content(w, r)
		}, []string{"", ""}, false},
		"no validator": {func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				breakOff(w, "", broke)
			}
			content(w, r)
		}, []string{"", ""}, false},
		"another range than asked for": {func(n int, w http.ResponseWriter, r *http.Request) {
			switch n {
			case 1:
				breakOff(w, `"one"`, broke)
			case 2:
				w.Header().Set("ETag", `"one"`)
				w.Header().Set("Content-Range", fmt.Sprintf("bytes 5-%d/%d", len(payload)-1, len(payload)))
				w.WriteHeader(http.StatusPartialContent)
				_, _ = w.Write(payload[5:])
			default:
				content(w, r)
			}
		}, []string{"", "bytes=100000-", ""}, false},
		"less of the range than it says": {func(n int, w http.ResponseWriter, r *http.Request) {
			switch n {
			case 1:
				breakOff(w, `"one"`, broke)
			case 2:
				w.Header().Set("ETag", `"one"`)
				w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", broke, len(payload)-1, len(payload)))
				w.WriteHeader(http.StatusPartialContent)
				_, _ = w.Write(payload[broke : broke+5])
			default:
				content(w, r)
			}
		}, []string{"", "bytes=100000-", "bytes=100005-"}, true},
		"range refused": {func(n int, w http.ResponseWriter, r *http.Request) {
			switch n {
			case 1:
				breakOff(w, `"one"`, broke)
			case 2:
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			default:
				content(w, r)
			}
		}, []string{"", "bytes=100000-", ""}, false},
		"busy at first": {func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			content(w, r)
		}, []string{"", ""}, false},
		"redirected": {func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
				return
			}
			content(w, r)
		}, []string{"", ""}, false},
		"of unknown length": {func(_ int, w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write(payload)
		}, []string{""}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := serve(t, c.handler)
			part := filepath.Join(t.TempDir(), "f.part")
			d := testDownloader(s.URL + "/f")
			var last int64
			d.report = func(done, _ int64) { last = done }
			resumed, err := d.fetch(context.Background(), part)
			must(t, err)
			if got, _ := os.ReadFile(part); !bytes.Equal(got, payload) {
				t.Errorf("got %d bytes that are not the file's %d", len(got), len(payload))
			}
			if resumed != c.resumed {
				t.Errorf("resumed is %v, want %v", resumed, c.resumed)
			}
			if last != int64(len(payload)) {
				t.Errorf("the last report is of %d bytes", last)
			}
			var ranges []string
			for _, r := range s.requests {
				ranges = append(ranges, r.Header.Get("Range"))
				if r.Header.Get("Range") != "" && r.Header.Get("If-Range") == "" {
					t.Error("a range was asked for without If-Range")
				}
			}
			if fmt.Sprint(ranges) != fmt.Sprint(c.ranges) {
				t.Errorf("ranges asked for: %q, want %q", ranges, c.ranges)
			}
		})
	}
}

func TestDownloadThatFails(t *testing.T) {
	cases := map[string]struct {
		handler func(n int, w http.ResponseWriter, r *http.Request)
		want    string
		is      error
		tries   int
	}{
		"not found": {func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, "404 Not Found", nil, 1},
		"down":      {func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "502 Bad Gateway", nil, 3},
		"too short": {func(_ int, w http.ResponseWriter, _ *http.Request) { breakOff(w, "", 10) }, "after 10", io.ErrUnexpectedEOF, 3},
		"stalled head": {func(_ int, _ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}, "no data from the server for too long", errStalled, 3},
		"stalled body": {func(_ int, w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("some"))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, "was cut off after 4 bytes: no data from the server", errStalled, 3},
		"said to be too large": {func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9999999")
		}, "has 9999999 bytes, more than", nil, 1},
		"too large": {func(_ int, w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			for range 5 {
				_, _ = w.Write(payload)
			}
		}, "has more than 1000000 bytes", nil, 1},
		"in circles": {func(_ int, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/f", http.StatusFound)
		}, "redirects", nil, 3},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := serve(t, c.handler)
			d := testDownloader(s.URL + "/f")
			d.tries, d.most, d.stall = 3, 1_000_000, 5*time.Second
			again := 1
			d.note = func(string, ...any) { again++ }
			if errors.Is(c.is, errStalled) {
				d.stall = 50 * time.Millisecond
			}
			_, err := d.fetch(context.Background(), filepath.Join(t.TempDir(), "f.part"))
			var own *DownloadError
			if !errors.As(err, &own) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), s.URL) {
				t.Fatalf("got %v, want a download error with %q and the URL", err, c.want)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v is not %v", err, c.is)
			}
			if again != c.tries {
				t.Errorf("tried %d times, want %d", again, c.tries)
			}
		})
	}
}

func TestDownloadOfAnUnreachableServerIsNotTriedAgain(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	d := testDownloader(s.URL)
	d.pause = time.Hour
	var own *DownloadError
	if _, err := d.fetch(context.Background(), filepath.Join(t.TempDir(), "f")); !errors.As(err, &own) {
		t.Errorf("got %v, want a download error", err)
	}
	for _, bad := range []string{"", "ftp://x/y", "/etc/passwd", "http://", "ht tp://x"} {
		if _, err := testDownloader(bad).fetch(context.Background(), "f"); !errors.As(err, &own) {
			t.Errorf("%q: %v, want a download error", bad, err)
		}
	}
}

func TestDownloadKeepsAPasswordOutOfErrors(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	d := testDownloader(strings.Replace(s.URL, "://", "://me:secret@", 1))
	if _, err := d.fetch(context.Background(), filepath.Join(t.TempDir(), "f")); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestDownloadCancelledLeavesAPartThatIsContinued(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	mine := errors.New("interrupted")
	first := true
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if !first {
			content(w, r)
			return
		}
		first = false
		w.Header().Set("ETag", `"one"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(payload)))
		_, _ = w.Write(payload[:1000])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	part := filepath.Join(t.TempDir(), "f.part")
	d := testDownloader(s.URL)
	d.report = func(done, _ int64) {
		if done == 1000 {
			cancel(mine)
		}
	}
	if _, err := d.fetch(ctx, part); !errors.Is(err, mine) {
		t.Fatalf("got %v, want the cancel's cause", err)
	}
	d.report = func(int64, int64) {}
	resumed, err := d.fetch(context.Background(), part)
	must(t, err)
	if got, _ := os.ReadFile(part); !resumed || !bytes.Equal(got, payload) {
		t.Errorf("resumed %v, %d bytes", resumed, len(got))
	}
}

func TestDownloadToAFullDisk(t *testing.T) {
	small := smallDisk(t)
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { content(w, r) })
	part := filepath.Join(small, "f.part")
	var own *SpaceError
	_, err := testDownloader(s.URL).fetch(context.Background(), part)
	if !errors.As(err, &own) || own.Path != part || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v, want a space error for %s", err, part)
	}
	if s.count() != 1 {
		t.Errorf("%d requests, want 1", s.count())
	}
}

func TestContentRange(t *testing.T) {
	for value, want := range map[string][3]int64{
		"bytes 5-9/10": {5, 10, 1}, "bytes 5-9/*": {5, -1, 1}, "bytes 5-10/10": {0, 0, 0},
		"bytes 9-5/10": {0, 0, 0}, "": {0, 0, 0}, "lines 1-2/3": {0, 0, 0}, "bytes */10": {0, 0, 0},
	} {
		first, total, ok := contentRange(value)
		if ok != (want[2] == 1) || ok && (first != want[0] || total != want[1]) {
			t.Errorf("%q gives %d of %d, %v", value, first, total, ok)
		}
	}
}

// What was asked for by https comes by https, and after few detours.
func TestRedirects(t *testing.T) {
	request := func(url string) *http.Request {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, tt := range []struct {
		from, to string
		hops     int
		want     string
	}{
		{"https://host.example/a", "https://mirror.example/a", 1, ""},
		{"http://host.example/a", "https://host.example/a", 1, ""},
		{"http://host.example/a", "http://host.example/a", 9, ""},
		{"https://host.example/a", "http://host.example/a", 1, "redirected from https to http"},
		{"https://host.example/a", "ftp://host.example/a", 1, "redirected from https to ftp"},
		{"https://host.example/a", "https://host.example/a", 10, "more than 10 redirects"},
	} {
		via := make([]*http.Request, tt.hops)
		via[0] = request(tt.from)
		err := checkRedirect(request(tt.to), via)
		if (err != nil) != (tt.want != "") || err != nil && err.Error() != tt.want {
			t.Errorf("%s to %s, hop %d: got %v, want %q", tt.from, tt.to, tt.hops, err, tt.want)
		}
	}
}

// What another try can change is tried again: a server in trouble, but not one that says no.
func TestWhichAnswersAreFinal(t *testing.T) {
	for status, final := range map[int]bool{400: true, 403: true, 404: true, 408: false, 410: true, 429: false, 500: false, 501: false, 503: false, 206: true, 416: true} {
		response := &http.Response{StatusCode: status, Status: strconv.Itoa(status)}
		_, err := testDownloader("http://host.example/f").start(response, filepath.Join(t.TempDir(), "f.part"), partInfo{})
		if failed, ok := errors.AsType[*DownloadError](err); !ok || failed.final != final {
			t.Errorf("%d: got %v, want final %t", status, err, final)
		}
	}
}

// A part is continued by an answer that is about the same file and begins where the part ends.
func TestContinues(t *testing.T) {
	had := partInfo{ETag: `"one"`, Total: 100, Size: 40}
	for _, tt := range []struct {
		answer partInfo
		want   bool
	}{
		{partInfo{ETag: `"one"`, Total: 100, Size: 40}, true},
		{partInfo{ETag: `"one"`, Total: -1, Size: 40}, true},
		{partInfo{ETag: `"two"`, Total: 100, Size: 40}, false},
		{partInfo{Total: 100, Size: 40}, false},
		{partInfo{ETag: `"one"`, Total: 101, Size: 40}, false},
		{partInfo{ETag: `"one"`, Total: 100, Size: 39}, false},
	} {
		if got := tt.answer.continues(had); got != tt.want {
			t.Errorf("%+v: got %t", tt.answer, got)
		}
	}
}
