// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"errors"
	"fmt"
	"strings"

	shown "github.com/resnics/verbsmith/specs/edit"
)

// ErrNoDifference says that two trees are equal, so a patch would be empty.
var ErrNoDifference = errors.New("the trees do not differ")

// BinaryError says that a changed file is not text: it holds a NUL byte, or a
// patch holds binary data for it.
type BinaryError struct{ File string }

// Error names the file.
func (e *BinaryError) Error() string {
	return fmt.Sprintf("%s: want text, got a binary file, which GNU patch cannot handle", shown.Quote(e.File))
}

// FileTypeError says that a change is not of a regular file but, for example, of a link.
type FileTypeError struct {
	File  string
	Found string // "link to x", "named pipe", ...
}

// Error names the file and its type.
func (e *FileTypeError) Error() string {
	return fmt.Sprintf("%s: want a regular file, got a %s", shown.Quote(e.File), shown.Cut(e.Found))
}

// HeaderError says that a field of a Header is not valid in a mail.
type HeaderError struct{ Field, Want, Got string }

// Error names the field, the expected and the actual value.
func (e *HeaderError) Error() string {
	return fmt.Sprintf("patch header: %s: want %s, got %s", e.Field, e.Want, shown.Quote(e.Got))
}

// PathError says that a patch names a file that it may not touch.
type PathError struct{ Name, Why string }

// Error names the file as in the patch.
func (e *PathError) Error() string { return "patch names " + shown.Quote(e.Name) + ": " + e.Why }

// ConflictError says that a patch does not fit the tree. Nothing has been changed.
type ConflictError struct {
	File string
	Line int    // in the file as it was; 0 if no single line is meant
	Want string // what the patch expects there
	Got  string // what is there
}

// Error is "file:line: want ..., got ...".
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s: patch does not apply: want %s, got %s", shown.At(e.File, e.Line), shown.Cut(e.Want), shown.Cut(e.Got))
}

// HunkError says that another person's patch does not fit the tree. Nothing has been changed.
type HunkError struct {
	Patch string
	Line  int    // in the patch, of the hunk
	File  string // as named below the tree
	Hunk  int    // number within the file, from 1; 0 for the file itself
	Want  string
	Got   string
}

// Error is "patch:line: file: hunk N: want ..., got ...".
func (e *HunkError) Error() string {
	hunk := ""
	if e.Hunk > 0 {
		hunk = fmt.Sprintf(" hunk %d:", e.Hunk)
	}
	return fmt.Sprintf("%s:%d: %s:%s patch does not apply: want %s, got %s", e.Patch, e.Line, e.File, hunk, e.Want, e.Got)
}

// FormatError says that a patch cannot be read.
type FormatError struct {
	Patch string // "" for a patch of our own
	Line  int    // 0 if no line is meant
	Why   string
}

// Error names the patch and the line.
func (e *FormatError) Error() string {
	switch {
	case e.Patch == "" && e.Line == 0:
		return e.Why
	case e.Patch == "":
		return fmt.Sprintf("line %d: %s", e.Line, e.Why)
	case e.Line == 0:
		return e.Patch + ": " + e.Why
	}
	return fmt.Sprintf("%s:%d: %s", e.Patch, e.Line, e.Why)
}

// MissingToolError says that a tool which proves a patch is not installed.
type MissingToolError struct{ Tool, Advice string }

// Error names the tool and says how to get it.
func (e *MissingToolError) Error() string {
	return fmt.Sprintf("%s is not installed: %s", e.Tool, e.Advice)
}

// ProofError says that a tool did not apply a patch, or with a different result.
type ProofError struct {
	Tool   string
	Why    string
	Output string // all that the tool printed
}

// Error returns the reason and the last lines that the tool printed.
func (e *ProofError) Error() string {
	lines := strings.Split(strings.TrimSpace(e.Output), "\n")
	last := strings.Join(lines[max(0, len(lines)-10):], "\n")
	return strings.TrimSpace(fmt.Sprintf("%s failed to apply the patch: %s\n%s", e.Tool, e.Why, last))
}
