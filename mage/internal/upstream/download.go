// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// errStalled ends a transfer without progress.
var errStalled = errors.New("no data from the server for too long")

// errStartOver means that the partial download cannot be resumed.
var errStartOver = errors.New("the partial download cannot be resumed")

// downloader gets one origin's file over HTTP.
type downloader struct {
	client *http.Client
	url    string
	stall  time.Duration // longest silence
	tries  int
	pause  time.Duration // before the second try; doubled for each additional one
	most   int64         // bytes
	report func(done, total int64)
	note   func(format string, args ...any)
}

func newDownloader(req *Request, o Origin) *downloader {
	d := &downloader{
		client: req.HTTP, url: o.URL, stall: 60 * time.Second, tries: 4,
		pause: time.Second, most: defaultLimits().packed,
		report: func(done, total int64) {
			req.report(Progress{Origin: o.Kind, File: o.File, Done: done, Total: total})
		},
		note: func(format string, args ...any) { req.notef(o.Kind, format, args...) },
	}
	if d.client == nil {
		d.client = machineClient()
	}
	return d
}

// machineClient is the client of all requests without their own, so that they share the
// knowledge about unknown hosts.
//
//nolint:gochecknoglobals // one for the process
var machineClient = sync.OnceValue(func() *http.Client { return newClient(nil) })

// newClient has a time limit for each step but none for the transfer, which has the stall
// limit. resolver may be nil for the machine's.
func newClient(resolver *net.Resolver) *http.Client {
	dialer := &net.Dialer{Timeout: 20 * time.Second, KeepAlive: 30 * time.Second, Resolver: resolver}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&unknownHosts{dial: dialer.DialContext}).DialContext,
			ForceAttemptHTTP2:     true,
			TLSHandshakeTimeout:   20 * time.Second,
			ResponseHeaderTimeout: 30 * time.Second,
			IdleConnTimeout:       30 * time.Second,
		},
		CheckRedirect: checkRedirect,
	}
}

func checkRedirect(next *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return errors.New("more than 10 redirects")
	}
	if via[0].URL.Scheme == "https" && next.URL.Scheme != "https" {
		return fmt.Errorf("redirected from https to %s", next.URL.Scheme)
	}
	return nil
}

// fetch is a [filler]: it downloads to part, resumes a partial download if the server still has
// the same file, and retries after a broken transfer.
func (d *downloader) fetch(ctx context.Context, part string) (resumed bool, err error) {
	where, err := url.Parse(d.url)
	if err != nil || where.Host == "" || (where.Scheme != "https" && where.Scheme != "http") {
		return false, &DownloadError{URL: d.url, Reason: "is not an http(s) URL", Err: err}
	}
	pause := d.pause
	for try := 1; ; try++ {
		var continued bool
		continued, err = d.once(ctx, part)
		resumed = resumed || continued
		if err == nil {
			return resumed, nil
		}
		if cause := context.Cause(ctx); cause != nil {
			return resumed, cause
		}
		var failed *DownloadError
		if !errors.As(err, &failed) || failed.final || try == d.tries {
			return resumed, err
		}
		d.note("%v: retrying (%d of %d)", err, try+1, d.tries)
		if !errors.Is(err, errStartOver) {
			select {
			case <-ctx.Done():
				return resumed, context.Cause(ctx)
			case <-time.After(pause):
			}
			pause *= 2
		}
	}
}

func (d *downloader) failed(status int, final bool, reason string, err error) error {
	shown := d.url
	if u, perr := url.Parse(d.url); perr == nil {
		shown = u.Redacted()
	}
	return &DownloadError{URL: shown, Status: status, Reason: reason, Err: err, final: final}
}

// once makes one request and reads its body.
func (d *downloader) once(ctx context.Context, part string) (continued bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(d.stall, func() { cancel(errStalled) })
	defer watch.Stop()

	info := readPart(part, d.url)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url, http.NoBody)
	if err != nil {
		return false, d.failed(0, true, "", err)
	}
	request.Header.Set("User-Agent", "verbsmith")
	// Without this the transport would decompress the response.
	request.Header.Set("Accept-Encoding", "identity")
	if info.Size > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", info.Size))
		request.Header.Set("If-Range", info.validator())
	}
	response, err := d.client.Do(request)
	if err != nil {
		return false, d.transportError(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	start, err := d.start(response, part, info)
	if err != nil {
		return false, err
	}
	return start.Size > 0, d.body(ctx, response, part, start, watch)
}

// transportError judges a request without an answer. An unreachable server will not be
// reachable in a second, but another origin may be.
func (d *downloader) transportError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errStalled) {
		return d.failed(0, false, "", cause)
	}
	op, ok := errors.AsType[*net.OpError](err)
	final := (ok && op.Op == "dial") || errors.As(err, new(*net.DNSError))
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the URL is named already
	}
	return d.failed(0, final, "", err)
}

// start reads the answer's header: the position in the file of its body (Size) and the file's
// length (Total).
func (d *downloader) start(response *http.Response, part string, had partInfo) (partInfo, error) {
	status := response.StatusCode
	now := partInfo{
		URL: d.url, ETag: response.Header.Get("ETag"),
		LastModified: response.Header.Get("Last-Modified"), Total: -1,
	}
	switch {
	case status == http.StatusOK:
		if response.ContentLength >= 0 {
			now.Total = response.ContentLength
		}
	case status == http.StatusPartialContent && had.Size > 0:
		first, total, ok := contentRange(response.Header.Get("Content-Range"))
		now.Size, now.Total = first, total
		if !ok || !now.continues(had) {
			removePart(part)
			return now, d.failed(status, false, "", errStartOver)
		}
	case status == http.StatusRequestedRangeNotSatisfiable && had.Size > 0:
		removePart(part)
		return now, d.failed(status, false, "", errStartOver)
	default:
		again := status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
		return now, d.failed(status, !again, "the server returned "+response.Status, nil)
	}
	if now.Total > d.most {
		return now, d.failed(status, true, fmt.Sprintf("has %d bytes, more than the limit of %d for an archive", now.Total, d.most), nil)
	}
	return now, nil
}

// body appends the answer's body to the part file.
func (d *downloader) body(ctx context.Context, response *http.Response, part string, start partInfo, watch *time.Timer) error {
	file, err := openPart(part, start)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	done := start.Size
	buffer := make([]byte, 64<<10)
	for {
		n, rerr := response.Body.Read(buffer)
		watch.Reset(d.stall)
		if done+int64(n) > d.most {
			return d.failed(response.StatusCode, true, fmt.Sprintf("has more than %d bytes, the limit for an archive", d.most), nil)
		}
		if _, err := file.Write(buffer[:n]); err != nil {
			return writeError(part, err)
		}
		done += int64(n)
		d.report(done, start.Total)
		switch {
		case errors.Is(rerr, io.EOF) && start.Total >= 0 && done != start.Total:
			return d.failed(response.StatusCode, false, fmt.Sprintf("ended after %d of %d bytes", done, start.Total), io.ErrUnexpectedEOF)
		case errors.Is(rerr, io.EOF):
			return writeError(part, file.Close())
		case rerr != nil:
			if cause := context.Cause(ctx); cause != nil {
				rerr = cause
			}
			return d.failed(response.StatusCode, false, fmt.Sprintf("was cut off after %d bytes", done), rerr)
		}
	}
}
