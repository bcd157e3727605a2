// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/pkgrepo"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const (
	mostFile  = 4 << 30   // bytes of a released file
	mostFiles = 1_000_000 // of a release
)

var errListing = errors.New(SumsFile + " is no list of files and their sums")

// Fetch fetches a released directory by its SHA256SUMS into an empty one. What the list names is fetched, signed or not: Check looks
// at it. A file that the server does not have is left out.
//
// Errors: *pkgrepo.FetchError.
func Fetch(ctx context.Context, from, dir string) error {
	client := pkgrepo.NewClient()
	fetch := func(name string) error {
		return client.File(ctx, from, name, mostFile, filepath.Join(dir, filepath.FromSlash(name)))
	}
	for _, name := range []string{SumsFile, SignedSums} {
		if err := fetch(name); err != nil && (name == SumsFile || !errors.Is(err, fs.ErrNotExist)) {
			return err
		}
	}
	list, err := os.ReadFile(filepath.Join(dir, SumsFile))
	if err != nil {
		return &pkgrepo.FetchError{URL: ui.Redact(from), Err: err}
	}
	if strings.Count(string(list), "\n") > mostFiles {
		return &pkgrepo.FetchError{URL: ui.Redact(from), Err: errListing}
	}
	for line := range strings.Lines(string(list)) {
		_, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || !fs.ValidPath(name) {
			return &pkgrepo.FetchError{URL: ui.Redact(from), Err: errListing}
		}
		if err := fetch(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
