// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/resnics/verbsmith/specs/edit"
)

// RequestError is an invalid request.
type RequestError struct{ Field, Want, Got string }

func (e *RequestError) Error() string {
	return fmt.Sprintf("request for rdma-core: %s: want %s, got %s", e.Field, e.Want, edit.Quote(e.Got))
}

// ResolveError says why no origin delivered the archive.
type ResolveError struct {
	Version string
	// Tried are the origins in the order in which they were tried.
	Tried []Attempt
}

// Attempt is one origin that failed.
type Attempt struct {
	// Origin is the kind, and the suite if there is one. The error names the URL.
	Origin string
	Err    error
}

func (e *ResolveError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "rdma-core %s: not available from any origin", e.Version)
	if len(e.Tried) == 0 {
		b.WriteString(" (none is known: give a file with -source)")
	}
	for _, t := range e.Tried {
		fmt.Fprintf(&b, "\n  %s: %s", t.Origin, strings.ReplaceAll(t.Err.Error(), "\n", "\n    "))
	}
	return b.String()
}

// Unwrap returns each origin's error.
func (e *ResolveError) Unwrap() []error {
	errs := make([]error, 0, len(e.Tried))
	for _, t := range e.Tried {
		errs = append(errs, t.Err)
	}
	return errs
}

// Candidate is a valid sum of an archive.
type Candidate struct {
	// Origin is the origin's kind, or "recorded NAME" for an entry of
	// specs/rdma-core.sum.
	Origin string
	SHA256 string
}

// SumError is an archive with a SHA-256 that is not the recorded one.
type SumError struct {
	Version string
	// File is the archive's path or URL.
	File string
	// Want are all valid sums.
	Want []Candidate
	Got  string
	// Line, if not empty, is the line of specs/rdma-core.sum that accepts the
	// file.
	Line string
}

func (e *SumError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "rdma-core %s: the SHA-256 of %s does not match the recorded one\n  got  %s", e.Version, edit.Quote(e.File), e.Got)
	for _, c := range e.Want {
		fmt.Fprintf(&b, "\n  want %s (%s)", c.SHA256, c.Origin)
	}
	if e.Line != "" {
		fmt.Fprintf(&b, "\nif you trust this file, add this line to rdma-core.sum at the top of the repository,"+
			" in verbsmith's own to specs/rdma-core.sum (replacing the line for that name, if any):\n%s", e.Line)
	}
	return b.String()
}

// VersionError is a source of another version than the requested one.
type VersionError struct {
	// Source names the archive or the git ref.
	Source string
	// Want is the requested version, Got the one that the source states in Where.
	Want, Got, Where string
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s is rdma-core %s (says %s), but %s was requested",
		edit.Quote(e.Source), edit.Cut(e.Got), e.Where, edit.Cut(e.Want))
}

// NameError is a given archive of another version than its own name, or that of its top directory, says.
type NameError struct {
	// Archive is the archive's path, Name the name that says Want.
	Archive, Name, Want string
	// Got is the version in the archive.
	Got string
}

func (e *NameError) Error() string {
	return fmt.Sprintf("%s: want rdma-core %s, as the name %s says, got %s in its %s",
		edit.Quote(e.Archive), e.Want, edit.Quote(e.Name), edit.Cut(e.Got), cmakeLists)
}

// ArchiveError is an archive that is damaged, or that contains something that no release of
// rdma-core contains.
type ArchiveError struct {
	// Archive is the archive's path.
	Archive string
	// Entry is the entry's name as the archive has it, "" for the archive as a
	// whole.
	Entry string
	// Reason says what is wrong.
	Reason string
	// Err is the reader's error, if there is one.
	Err error
}

func (e *ArchiveError) Error() string {
	msg := "archive " + edit.Quote(e.Archive) + ": "
	if e.Entry != "" {
		msg += "entry " + edit.Quote(e.Entry) + ": "
	}
	msg += e.Reason
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg
}

// Unwrap returns the reader's error.
func (e *ArchiveError) Unwrap() error { return e.Err }

// GivenError is a -source that is neither a tarball nor a git ref.
type GivenError struct {
	Source, Reason string
	Err            error
}

func (e *GivenError) Error() string {
	msg := "-source " + edit.Quote(e.Source) + ": " + e.Reason
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg
}

// Unwrap returns the underlying error.
func (e *GivenError) Unwrap() error { return e.Err }

// DownloadError is a failed download.
type DownloadError struct {
	URL string
	// Status is the HTTP status, 0 if there was no answer.
	Status int
	Reason string
	Err    error
	// final: another try would end the same way.
	final bool
}

func (e *DownloadError) Error() string {
	msg := "download " + e.URL
	if e.Reason != "" {
		msg += ": " + e.Reason
	}
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg
}

// Unwrap returns the underlying error.
func (e *DownloadError) Unwrap() error { return e.Err }

// MissingToolError is a program that is not installed.
type MissingToolError struct {
	Tool string
	// Need is its purpose.
	Need string
}

func (e *MissingToolError) Error() string {
	return fmt.Sprintf("the program %q is not installed: it is needed to %s", e.Tool, e.Need)
}

// SpaceError is a disk (or quota) that is full.
type SpaceError struct {
	// Path is the file or directory that could not be written.
	Path string
	Err  error
}

func (e *SpaceError) Error() string {
	return fmt.Sprintf("no space left to write %s: free some space there: %v", e.Path, e.Err)
}

// Unwrap returns the system's error.
func (e *SpaceError) Unwrap() error { return e.Err }

// writeError returns a [SpaceError] for an error that means a full disk (or quota). Other
// errors already name their file.
func writeError(path string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &SpaceError{Path: path, Err: err}
	}
	return err
}
