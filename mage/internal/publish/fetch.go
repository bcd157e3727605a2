// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// FetchError is a file of a release that could not be fetched.
type FetchError struct {
	URL string // without a password
	Err error
}

// Error names the file.
func (e *FetchError) Error() string { return fmt.Sprintf("fetch %s: %v", e.URL, e.Err) }

// Unwrap returns what the transfer said.
func (e *FetchError) Unwrap() error { return e.Err }

const (
	mostFile  = 4 << 30   // bytes of a released file
	mostFiles = 1_000_000 // of a release
)

var (
	errTooLong = errors.New("it has more bytes than a file of a release")
	errListing = errors.New(SumsFile + " is no list of files and their sums")
)

// Fetch fetches a released directory by its SHA256SUMS into an empty one. What the list names is fetched, signed or not: Check looks
// at it. A file that the server does not have is left out.
//
// Errors: *FetchError.
func Fetch(ctx context.Context, from, dir string) error {
	const patience = 30 * time.Second
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // it is what it is
	transport.ResponseHeaderTimeout = patience
	f := &fetcher{from: strings.TrimRight(from, "/"), dir: dir, client: &http.Client{Transport: transport}}
	for _, name := range []string{SumsFile, SignedSums} {
		if err := f.fetch(ctx, name); err != nil && (name == SumsFile || !errors.Is(err, fs.ErrNotExist)) {
			return err
		}
	}
	list, err := os.ReadFile(filepath.Join(dir, SumsFile))
	if err != nil {
		return &FetchError{from, err}
	}
	if strings.Count(string(list), "\n") > mostFiles {
		return &FetchError{from, errListing}
	}
	for line := range strings.Lines(string(list)) {
		_, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || !fs.ValidPath(name) {
			return &FetchError{from, errListing}
		}
		if err := f.fetch(ctx, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

type fetcher struct {
	from, dir string
	client    *http.Client
}

// statusError is an answer that is no file. A missing file is fs.ErrNotExist.
type statusError struct{ status int }

func (e *statusError) Error() string {
	return fmt.Sprintf("%d %s", e.status, http.StatusText(e.status))
}

func (e *statusError) Is(target error) bool {
	return target == fs.ErrNotExist && e.status == http.StatusNotFound
}

func (f *fetcher) fetch(ctx context.Context, name string) error {
	u, err := url.Parse(f.from)
	if err != nil {
		return &FetchError{"the release", errListing}
	}
	u = u.JoinPath(name)
	failed := func(err error) error { return &FetchError{u.Redacted(), err} }
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return failed(err)
	}
	answer, err := f.client.Do(request)
	if err != nil {
		if inner, ok := errors.AsType[*url.Error](err); ok {
			err = inner.Err // whose URL has the password
		}
		return failed(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return failed(&statusError{answer.StatusCode})
	}
	file := filepath.Join(f.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return failed(err)
	}
	out, err := os.Create(file)
	if err != nil {
		return failed(err)
	}
	n, err := io.Copy(out, io.LimitReader(answer.Body, mostFile+1))
	if err == nil && n > mostFile {
		err = errTooLong
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return failed(err)
	}
	return nil
}
