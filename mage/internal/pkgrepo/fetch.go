// SPDX-License-Identifier: Apache-2.0

package pkgrepo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// FetchError is a file that could not be fetched.
type FetchError struct {
	URL string // without a password
	Err error
}

// Error names the file.
func (e *FetchError) Error() string { return fmt.Sprintf("fetch %s: %v", e.URL, e.Err) }

// Unwrap returns what the transfer said.
func (e *FetchError) Unwrap() error { return e.Err }

var (
	errURL       = errors.New("want a URL that begins with http://, https:// or file:///")
	errStalled   = errors.New("no data from the server for too long")
	errIrregular = errors.New("it is not a regular file")
)

// statusError is an answer that is no file. A missing file is fs.ErrNotExist.
type statusError struct{ status int }

func (e *statusError) Error() string {
	return fmt.Sprintf("%d %s", e.status, http.StatusText(e.status))
}

func (e *statusError) Is(target error) bool {
	return target == fs.ErrNotExist && e.status == http.StatusNotFound
}

// lengthError is a file with more bytes than it may have.
type lengthError struct{ most int64 }

func (e *lengthError) Error() string { return fmt.Sprintf("it has more than %d bytes", e.most) }

// sumError is a file with other bytes than the list that names it says.
type sumError struct{ want, got string }

func (e *sumError) Error() string {
	return fmt.Sprintf("want the SHA-256 %.16s… of the list that names it, got %.16s…", e.want, e.got)
}

// Client fetches files from URLs. Transfers have no time limit but that of their context, and end if nothing comes for a minute.
type Client struct {
	http  *http.Client
	stall time.Duration // longest silence
}

// NewClient is a client for http, https and file. It uses the machine's proxies.
func NewClient() *Client {
	const patience, stall = 30 * time.Second, time.Minute
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // it is what it is
	transport.ResponseHeaderTimeout = patience
	transport.DisableCompression = true // sums are those of files as they are
	return &Client{http: &http.Client{Transport: transport}, stall: stall}
}

// IsURL tells a URL that a Client knows from the path of a directory.
func IsURL(place string) bool {
	scheme, _, ok := strings.Cut(place, "://")
	return ok && (scheme == "http" || scheme == "https" || scheme == "file")
}

// File fetches the file name below the URL base, of at most so many bytes, into a new file. After an error there is none.
//
// Errors: *FetchError, which wraps fs.ErrNotExist if the server has no such file.
func (c *Client) File(ctx context.Context, base, name string, most int64, file string) error {
	return c.summed(ctx, base, name, most, "", file)
}

// summed is File for a file with a known SHA-256; "" is unknown.
func (c *Client) summed(ctx context.Context, base, name string, most int64, want, file string) error {
	u, err := below(base, name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return &FetchError{u.Redacted(), err}
	}
	out, err := os.Create(file)
	if err != nil {
		return &FetchError{u.Redacted(), err}
	}
	sum := sha256.New()
	err = errors.Join(c.get(ctx, u, most, io.MultiWriter(out, sum)), out.Close())
	if got := hex.EncodeToString(sum.Sum(nil)); err == nil && want != "" && got != want {
		err = &FetchError{u.Redacted(), &sumError{want, got}}
	}
	if err != nil {
		_ = os.Remove(file)
	}
	return err
}

// below is the URL of a file.
func below(base, name string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil { // whose text may have a password
		return nil, &FetchError{name, errURL}
	}
	if !IsURL(base) || (u.Scheme == "file") != (u.Host == "") {
		return nil, &FetchError{u.Redacted(), errURL}
	}
	return u.JoinPath((&url.URL{Path: name}).EscapedPath()), nil
}

// get writes the file at a URL.
func (c *Client) get(ctx context.Context, u *url.URL, most int64, to io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(c.stall, func() { cancel(errStalled) })
	defer watch.Stop()
	body, err := c.open(ctx, u)
	if err == nil {
		var n int64
		n, err = io.Copy(to, io.LimitReader(&watched{body, watch, c.stall}, most+1))
		if err == nil && n > most {
			err = &lengthError{most}
		}
		_ = body.Close()
	}
	if err != nil && errors.Is(context.Cause(ctx), errStalled) {
		err = errStalled
	}
	if err != nil {
		return &FetchError{u.Redacted(), err}
	}
	return nil
}

// open opens the file at a URL.
func (c *Client) open(ctx context.Context, u *url.URL) (io.ReadCloser, error) {
	if u.Scheme == "file" {
		return openRegular(u.Path)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, errURL // the error's text may have a password
	}
	request.Header.Set("User-Agent", "verbsmith")
	answer, err := c.http.Do(request)
	if err != nil {
		if inner, ok := errors.AsType[*url.Error](err); ok {
			err = inner.Err // whose URL has the password
		}
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close()
		return nil, &statusError{answer.StatusCode}
	}
	return answer.Body, nil
}

// openRegular opens a file of this machine, and does not wait for a pipe.
func openRegular(path string) (io.ReadCloser, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		if at, ok := errors.AsType[*fs.PathError](err); ok {
			err = at.Err // whose path the URL has
		}
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		_ = f.Close()
		return nil, errors.Join(err, errIrregular)
	}
	return f, nil
}

// watched is a body whose silence is noticed.
type watched struct {
	r     io.Reader
	watch *time.Timer
	stall time.Duration
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n > 0 {
		w.watch.Reset(w.stall)
	}
	return n, err
}
