// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"context"
	"crypto/sha1" //nolint:gosec // Git names its blobs so; nothing is secured by it.
	"encoding/hex"
	"fmt"
	"strings"
)

// signature ends the patch, where git writes its version. It has none, so that patches do not
// depend on verbsmith's version.
const signature = "-- \nverbsmith\n\n"

// Diff returns the patch that turns the tree in the directory pristine into the one in
// the directory changed, in the form of git format-patch, and its statistics. Equal trees and
// headers produce equal bytes.
//
// Errors: ErrNoDifference; *HeaderError; *BinaryError and *FileTypeError for a change that a
// patch cannot contain; the context's error.
func Diff(ctx context.Context, pristine, changed string, h Header) ([]byte, Stat, error) {
	return DiffOf(ctx, pristine, changed, h, func(string) bool { return true })
}

// DiffOf is Diff of only those files that of selects, by their slash-separated names
// in the trees.
func DiffOf(ctx context.Context, pristine, changed string, h Header, of func(name string) bool) ([]byte, Stat, error) {
	message, err := h.message()
	if err != nil {
		return nil, Stat{}, err
	}
	pairs, err := differing(ctx, pristine, changed)
	if err != nil {
		return nil, Stat{}, fmt.Errorf("comparing %s and %s: %w", pristine, changed, err)
	}
	var stat Stat
	var diffs strings.Builder
	for _, p := range pairs {
		if err := ctx.Err(); err != nil {
			return nil, Stat{}, err
		}
		if !of(p.name) {
			continue
		}
		text, file, err := p.diff()
		if err != nil {
			return nil, Stat{}, fmt.Errorf("comparing %s and %s: %w", pristine, changed, err)
		}
		diffs.WriteString(text)
		stat.Files = append(stat.Files, file)
	}
	if len(stat.Files) == 0 {
		return nil, Stat{}, fmt.Errorf("comparing %s and %s: %w", pristine, changed, ErrNoDifference)
	}
	return []byte(message + "---\n" + stat.Text() + "\n" + diffs.String() + signature), stat, nil
}

// diff renders the change of one file.
func (p pair) diff() (string, FileStat, error) {
	oldText, err := p.before.text()
	if err != nil {
		return "", FileStat{}, err
	}
	newText, err := p.after.text()
	if err != nil {
		return "", FileStat{}, err
	}
	f := FileStat{Name: p.name}
	oldName, newName := quoteName("a/"+p.name), quoteName("b/"+p.name)
	oldID, newID := blobID(oldText), blobID(newText)
	var out strings.Builder
	if oldText == newText && strings.Contains(p.name, " ") {
		// No line with a name follows, and GNU patch would not find the end of the first name
		// here. Git does not quote spaces, but reads quoted ones.
		fmt.Fprintf(&out, "diff --git %s %s\n", quoted("a/"+p.name), quoted("b/"+p.name))
	} else {
		fmt.Fprintf(&out, "diff --git %s %s\n", oldName, newName)
	}
	switch {
	case p.before == nil:
		f.NewMode = gitMode(p.after.info.Mode())
		fmt.Fprintf(&out, "new file mode %s\n", f.NewMode)
		oldName, oldID = "/dev/null", noCommit
	case p.after == nil:
		f.OldMode = gitMode(p.before.info.Mode())
		fmt.Fprintf(&out, "deleted file mode %s\n", f.OldMode)
		newName, newID = "/dev/null", noCommit
	default:
		f.OldMode, f.NewMode = gitMode(p.before.info.Mode()), gitMode(p.after.info.Mode())
		if f.OldMode != f.NewMode {
			fmt.Fprintf(&out, "old mode %s\nnew mode %s\n", f.OldMode, f.NewMode)
		}
	}
	if oldID != newID {
		fmt.Fprintf(&out, "index %.7s..%.7s", oldID, newID)
		if f.OldMode == f.NewMode {
			out.WriteString(" " + f.OldMode)
		}
		out.WriteString("\n")
	}
	if oldText != newText {
		var text string
		text, f.Insertions, f.Deletions = hunks(oldText, newText)
		fmt.Fprintf(&out, "--- %s\n+++ %s\n%s", fileLine(oldName), fileLine(newName), text)
	}
	return out.String(), f, nil
}

// blobID is git's name for a file of this content.
func blobID(text string) string {
	sum := sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(text), text)) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}
