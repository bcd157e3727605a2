// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	shown "github.com/resnics/verbsmith/specs/edit"
)

// Apply applies a patch to the tree in the directory dir, as "patch -p1 -F0" would,
// but more strictly: each hunk must fit exactly where it says, a new file must
// not exist, a deleted one must hold what the patch removes, and modes must be as
// the patch has them. All files are computed, then written beside their place,
// then renamed; if anything fails the tree is as it was.
//
// Errors: *ConflictError; *PathError for a name that leads out of dir, through a
// link, or into .git; *BinaryError; *FileTypeError; the context's error.
func Apply(ctx context.Context, patch []byte, dir string) error {
	files, err := parse(patch)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // Nothing is written through it after this.
	results := make([]result, 0, len(files))
	deleted := map[string]bool{}
	for _, f := range files {
		if f.IsDelete {
			deleted[f.OldName] = true
		}
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, err := compute(root, f, deleted)
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	return install(ctx, root, results)
}

// parse reads a patch, and refuses what Diff never writes.
func parse(patch []byte) ([]*gitdiff.File, error) {
	files, _, err := gitdiff.Parse(bytes.NewReader(patch))
	if err != nil {
		return nil, fmt.Errorf("reading the patch: %w", err)
	}
	if len(files) == 0 {
		return nil, errors.New("reading the patch: it changes no file")
	}
	// The library reads other headers too, but then without -p1.
	if n := bytes.Count(append([]byte("\n"), patch...), []byte("\ndiff --git ")); n != len(files) {
		return nil, fmt.Errorf("reading the patch: want a \"diff --git\" line for each of %d files, got %d", len(files), n)
	}
	seen := map[string]bool{}
	for _, f := range files {
		name := nameOf(f)
		if err := checkFile(f); err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, &PathError{Name: name, Why: "it is changed twice"}
		}
		seen[name] = true
	}
	return files, nil
}

// validPath is fs.ValidPath without the demand for UTF-8.
func validPath(name string) bool {
	return !strings.Contains(name, "\x00") && !slices.ContainsFunc(strings.Split(name, "/"), func(s string) bool {
		return s == "" || s == "." || s == ".."
	})
}

func nameOf(f *gitdiff.File) string {
	if f.IsDelete {
		return f.OldName
	}
	return f.NewName
}

// checkFile refuses names that lead elsewhere, and what is not a change of a text file.
func checkFile(f *gitdiff.File) error {
	name := nameOf(f)
	switch {
	case f.IsRename, f.IsCopy, !f.IsNew && !f.IsDelete && f.OldName != f.NewName:
		return &PathError{Name: name, Why: "a file that is renamed or copied is not supported"}
	case f.IsBinary:
		return &BinaryError{File: name}
	case !validPath(name):
		return &PathError{Name: name, Why: "want a path below the tree, without . and .."}
	case slices.ContainsFunc(strings.Split(name, "/"), func(s string) bool { return strings.EqualFold(s, ".git") }):
		return &PathError{Name: name, Why: "it is in .git"}
	}
	return checkChange(f, name)
}

func checkChange(f *gitdiff.File, name string) error {
	for _, mode := range []fs.FileMode{f.OldMode, f.NewMode} {
		if mode != 0 && mode != 0o100644 && mode != 0o100755 {
			return &FileTypeError{File: name, Found: fmt.Sprintf("file of mode %o", mode)}
		}
	}
	for _, hunk := range f.TextFragments {
		// The library would take "-5,0" for "before line 5"; it means after.
		if hunk.OldLines == 0 && hunk.OldPosition != 0 {
			return &ConflictError{File: name, Line: int(hunk.OldPosition), Want: "a hunk with context", Got: "one without"}
		}
	}
	return nil
}

// result is what a file is to become.
type result struct {
	name   string
	before []byte      // nil if there was no file
	mode   fs.FileMode // of the file that was there
	after  []byte      // nil if the file is to go
	exec   *bool       // the executable bit that it gets; nil leaves the mode alone
}

// compute applies one file's part of the patch in memory. deleted holds the names
// that the patch deletes.
func compute(root *os.Root, f *gitdiff.File, deleted map[string]bool) (result, error) {
	r := result{name: nameOf(f)}
	if err := checkParents(root, r.name, deleted); err != nil {
		return r, err
	}
	look := r.lookAt
	if f.IsNew {
		look = r.lookFor
	}
	if err := look(root, f, deleted); err != nil {
		return r, err
	}
	var out bytes.Buffer
	if err := gitdiff.Apply(&out, bytes.NewReader(r.before), f); err != nil {
		return r, conflict(r, f, err)
	}
	if f.IsDelete {
		if out.Len() > 0 {
			return r, &ConflictError{File: r.name, Want: "no lines but those to remove", Got: fmt.Sprintf("%d bytes more", out.Len())}
		}
		return r, nil
	}
	r.after = append([]byte{}, out.Bytes()...)
	if f.NewMode != 0 {
		exec := f.NewMode&0o100 != 0
		r.exec = &exec
	}
	return r, nil
}

// lookFor makes sure that a file to be made is not there.
func (r *result) lookFor(root *os.Root, _ *gitdiff.File, deleted map[string]bool) error {
	info, err := root.Lstat(r.name)
	switch {
	case err == nil && info.IsDir() && emptied(root, r.name, deleted):
		return nil
	case err == nil:
		return &ConflictError{File: r.name, Want: "no such file", Got: "a " + kindOf(info.Mode().Type())}
	case errors.Is(err, fs.ErrNotExist), underDeleted(r.name, deleted):
		return nil
	default:
		return err
	}
}

// lookAt reads a file to be changed or deleted.
func (r *result) lookAt(root *os.Root, f *gitdiff.File, _ map[string]bool) error {
	info, err := root.Lstat(r.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &ConflictError{File: r.name, Want: "a file", Got: "none"}
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return &FileTypeError{File: r.name, Found: kindOf(info.Mode().Type())}
	case f.OldMode != 0 && gitMode(info) != fmt.Sprintf("%o", f.OldMode):
		return &ConflictError{File: r.name, Want: fmt.Sprintf("mode %o", f.OldMode), Got: "mode " + gitMode(info)}
	}
	r.mode = info.Mode().Perm()
	r.before, err = root.ReadFile(r.name)
	return err
}

// checkParents refuses a name that leads through something else than directories;
// os.Root would follow a link that stays in the tree.
func checkParents(root *os.Root, name string, deleted map[string]bool) error {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		info, err := root.Lstat(dir)
		switch {
		case err == nil && info.Mode()&fs.ModeSymlink != 0:
			return &PathError{Name: name, Why: shown.Quote(dir) + " is a link"}
		case err == nil && !info.IsDir() && !deleted[dir]:
			return &PathError{Name: name, Why: shown.Quote(dir) + " is not a directory"}
		}
	}
	return nil
}

func underDeleted(name string, deleted map[string]bool) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if deleted[dir] {
			return true
		}
	}
	return false
}

// emptied reports whether the patch deletes every file of a directory.
func emptied(root *os.Root, dir string, deleted map[string]bool) bool {
	left := fs.WalkDir(root.FS(), dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !deleted[name] {
			err = fs.ErrExist
		}
		return err
	})
	return left == nil
}

// conflict says at which line a file is not what the patch expects.
func conflict(r result, f *gitdiff.File, err error) error {
	var failed *gitdiff.ApplyError
	if !errors.As(err, &failed) || !errors.Is(err, &gitdiff.Conflict{}) {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	c := &ConflictError{File: r.name, Line: int(failed.Line), Want: "what the patch says", Got: err.Error()}
	found := splitLines(string(r.before))
	ordered := slices.Clone(f.TextFragments)
	slices.SortStableFunc(ordered, func(a, b *gitdiff.TextFragment) int { return int(a.OldPosition - b.OldPosition) })
	if n := failed.Fragment - 1; n >= 0 && n < len(ordered) {
		hunk := ordered[n]
		if l := failed.FragmentLine - 1; l >= 0 && l < len(hunk.Lines) {
			c.Want = shown.Quote(hunk.Lines[l].Line)
		} else if last := hunk.OldPosition + hunk.OldLines - 1; last > int64(len(found)) {
			c.Line, c.Want, c.Got = len(found), fmt.Sprintf("at least %d lines", last), fmt.Sprintf("%d", len(found))
			return c
		}
	}
	if c.Line > 0 && c.Line <= len(found) {
		c.Got = shown.Quote(found[c.Line-1])
	}
	return c
}
