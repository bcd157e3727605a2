// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// The kinds of origin of a released archive. Their bytes differ: only the
// release asset carries prebuilt man pages.
const (
	KindReleaseAsset  = "release-asset"
	KindGitHubArchive = "github-archive"
	KindDebianSource  = "debian-source"
)

// Origin is one place that provides the archive of a release.
type Origin struct {
	// Kind is one of the Kind constants.
	Kind string
	// File is the archive's plain file name at that origin.
	File string
	// URL is the address of a release asset or GitHub archive.
	URL string
	// SHA256 is the pinned sum, 64 lower-case hex digits, or "" if none is published.
	SHA256 string
	// Suite is the Debian suite of a Debian source package.
	Suite string
}

// SumStore remembers the sums of archives that have no pinned sum.
type SumStore interface {
	// Lookup returns the recorded SHA-256 (hex) of a version's archive.
	Lookup(version, name string) (sum string, ok bool)
	// Record stores a sum. It fails if a different one is recorded.
	Record(ctx context.Context, version, name, sum string) error
}

// AptSource downloads the original tarball of a Debian source package.
type AptSource interface {
	// Download puts rdma-core's original tarball of that upstream version, from
	// that suite, into destDir and returns its path. Tool output goes to log.
	Download(ctx context.Context, suite, version, destDir string, log io.Writer) (file string, err error)
}

// Progress reports what Resolve is doing. Either Note is set, or the numbers
// are.
type Progress struct {
	// Origin is the kind of the current origin.
	Origin string
	// File is the file's name.
	File string
	// Done and Total count bytes. Total is -1 if the server does not state it.
	Done, Total int64
	// Note is a line for the user: a damaged cache file, a retry, an origin
	// that failed.
	Note string
}

// Request names the requested archive and the ways to get it.
type Request struct {
	// Version is rdma-core's version, such as "56.1". It may be empty if Source is set: then
	// the source determines it.
	Version string
	// Source is a tarball's path, or a git repository with an optional ref
	// (PATH@REF or PATH#REF). Empty: take it from an origin.
	Source string
	// Origins are the release's origins in the order in which they are tried; their pinned sums also apply to a given file.
	Origins []Origin
	// Sums remembers sums that are not pinned. It may be nil.
	Sums SumStore
	// Vouched names the verified source package that a given Source is from. The package's sum
	// covers it: it may differ from the origins' archive of the same name, and is not recorded.
	Vouched string
	// CacheDir keeps downloads (in its directory "downloads").
	CacheDir string
	// AptSource downloads Debian source packages. nil: that origin is not usable.
	AptSource AptSource
	// Report receives progress. It may be nil. It is called from one goroutine
	// at a time.
	Report func(Progress)
	// Log receives the output of the tools that are run. It may be nil.
	Log io.Writer
	// HTTP is the client for downloads. nil: one with timeouts, which all such requests share.
	HTTP *http.Client
}

func (r *Request) report(p Progress) {
	if r.Report != nil {
		r.Report(p)
	}
}

func (r *Request) notef(origin, format string, args ...any) {
	r.report(Progress{Origin: origin, Note: fmt.Sprintf(format, args...)})
}

func (r *Request) log() io.Writer {
	if r.Log == nil {
		return io.Discard
	}
	return r.Log
}

// A version becomes part of file names, of a tag and of an RPM's name, so it must be valid in
// RPM; a fork's may have letters, "59.amzn0".
var versionForm = regexp.MustCompile(`^[0-9][0-9A-Za-z.+~_]{0,31}$`)

var sumForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// check refuses unsafe requests: names in it become file names.
func (r *Request) check() error {
	if r.Version == "" && r.Source == "" {
		return &RequestError{Field: "version", Want: "a version such as 56.1, or a source that states it", Got: r.Version}
	}
	if r.Version != "" && !versionForm.MatchString(r.Version) {
		return &RequestError{Field: "version", Want: "a version such as 56.1", Got: r.Version}
	}
	for i, o := range r.Origins {
		field := fmt.Sprintf("origins[%d].", i)
		if !slices.Contains(kinds(), o.Kind) {
			return &RequestError{Field: field + "kind", Want: strings.Join(kinds(), " or "), Got: o.Kind}
		}
		if !plainName(o.File) {
			return &RequestError{Field: field + "file", Want: "a plain file name", Got: o.File}
		}
		if o.SHA256 != "" && !sumForm.MatchString(o.SHA256) {
			return &RequestError{Field: field + "sha256", Want: "64 lower-case hex digits", Got: o.SHA256}
		}
	}
	if r.CacheDir == "" && r.Source == "" {
		return &RequestError{Field: "cache directory", Want: "a directory", Got: ""}
	}
	return nil
}

// kinds are those of origins.
func kinds() []string { return []string{KindReleaseAsset, KindGitHubArchive, KindDebianSource} }

// plainName reports whether name is a plain file name.
func plainName(name string) bool {
	if name == "" || len(name) > 200 || name[0] == '.' || name[0] == '-' {
		return false
	}
	return !strings.ContainsFunc(name, func(c rune) bool {
		return c == '/' || c == '\\' || c == utf8.RuneError || invisible(c)
	})
}
