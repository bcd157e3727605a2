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
	"regexp"
	"slices"
	"strings"

	shown "github.com/resnics/verbsmith/specs/edit"
)

// Foreign says how a patch that others have made is to be applied: the options of
// patch(1) that an RPM spec gives.
type Foreign struct {
	// Name is the patch's own name, for errors.
	Name string
	// Strip is -p: how many directories are cut off the names in the patch.
	Strip int
	// Reverse is -R: the patch is taken back.
	Reverse bool
	// RemoveEmpty is -E: files that the patch leaves empty go.
	RemoveEmpty bool
}

// HunkError says that a patch of others does not fit the tree. Nothing has been
// changed.
type HunkError struct {
	Patch string
	Line  int    // in the patch, of the hunk
	File  string // as named below the tree
	Hunk  int    // which of the file, from 1; 0 if the file itself is meant
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

// FormatError says that a patch of others cannot be read.
type FormatError struct {
	Patch string
	Line  int // 0 if no line is meant
	Why   string
}

// Error names the patch and the line.
func (e *FormatError) Error() string {
	if e.Line == 0 {
		return e.Patch + ": " + e.Why
	}
	return fmt.Sprintf("%s:%d: %s", e.Patch, e.Line, e.Why)
}

// ApplyForeign applies a patch that others have made to the tree in the directory
// dir, as "patch -f --fuzz=0" does, which is how rpmbuild applies patches: unified
// hunks in git's or in diff's format, which may sit at other lines than they say,
// but must fit whole. Unlike patch, it changes nothing at all if a hunk does not
// fit. All files are computed, then written.
//
// It returns how many hunks sat elsewhere. Errors: *HunkError, *FormatError;
// *PathError for a name that leads out of dir, through a link, or into .git;
// *FileTypeError; *BinaryError; the context's error.
func ApplyForeign(ctx context.Context, patch []byte, dir string, f Foreign) (moved int, err error) {
	changes, err := parseUnified(f.Name, patch)
	if err != nil {
		return 0, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	t := &foreignTree{Foreign: f, root: root, files: map[string]*result{}}
	for _, c := range changes {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if f.Reverse {
			c.reverse()
		}
		if err := t.apply(c); err != nil {
			return 0, err
		}
	}
	return t.moved, install(ctx, root, t.results())
}

// foreignTree is the tree as the changes so far would leave it: one patch may
// change a file several times.
type foreignTree struct {
	Foreign

	root  *os.Root
	files map[string]*result
	order []string
	moved int
}

// results are what has become of the files.
func (t *foreignTree) results() []result {
	var all []result
	for _, name := range t.order {
		r := t.files[name]
		if r.before == nil && r.after == nil {
			continue // made and removed again
		}
		all = append(all, *r)
	}
	return all
}

// look reads a file, or returns what earlier changes made of it. after is nil if
// there is none.
func (t *foreignTree) look(name string) (*result, error) {
	if r, ok := t.files[name]; ok {
		return r, nil
	}
	if !validPath(name) {
		return nil, &PathError{Name: name, Why: "want a path below the tree, without . and .."}
	}
	if slices.ContainsFunc(strings.Split(name, "/"), func(s string) bool { return strings.EqualFold(s, ".git") }) {
		return nil, &PathError{Name: name, Why: "it is in .git"}
	}
	if err := checkParents(t.root, name, nil); err != nil {
		return nil, err
	}
	r := &result{name: name}
	info, err := t.root.Lstat(name)
	switch {
	case gone(err):
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, &FileTypeError{File: name, Found: kindOf(info.Mode().Type())}
	default:
		r.mode = info.Mode().Perm()
		data, err := t.root.ReadFile(name)
		if err != nil {
			return nil, err
		}
		r.before = append([]byte{}, data...)
		r.after = r.before
	}
	t.files[name] = r
	t.order = append(t.order, name)
	return r, nil
}

// apply makes one file's change.
func (t *foreignTree) apply(c *fileChange) error {
	if c.binary {
		return &BinaryError{File: firstOf(c.newName, c.oldName)}
	}
	for _, mode := range []fs.FileMode{c.oldMode, c.newMode} {
		if mode != 0 && mode&fs.FileMode(0o170000) != 0o100000 {
			return &FileTypeError{File: firstOf(c.newName, c.oldName), Found: fmt.Sprintf("file of mode %o", mode)}
		}
	}
	from, to, err := t.choose(c)
	if err != nil {
		return err
	}
	source, err := t.look(from)
	if err != nil {
		return err
	}
	if err := t.expect(c, source); err != nil {
		return err
	}
	after, err := t.hunks(c, from, source.after)
	if err != nil {
		return err
	}
	return t.put(c, source, to, after)
}

// expect checks that the file is there, or is not there where it is to be made.
func (t *foreignTree) expect(c *fileChange, source *result) error {
	switch {
	case c.create && len(source.after) > 0:
		return t.fail(c, source.name, "no such file", "a file")
	case !c.create && source.after == nil:
		return t.fail(c, source.name, "a file", "none")
	}
	return nil
}

func (t *foreignTree) fail(c *fileChange, file, want, got string) error {
	return &HunkError{Patch: t.Name, Line: c.line, File: file, Want: want, Got: got}
}

// put keeps what a change makes of a file.
func (t *foreignTree) put(c *fileChange, source *result, to string, after []byte) error {
	if c.remove {
		if len(after) > 0 {
			return t.fail(c, to, "no lines but those to remove", fmt.Sprintf("%d bytes more", len(after)))
		}
		source.after = nil
		return nil
	}
	target := source
	if to != source.name {
		var err error
		if target, err = t.look(to); err != nil {
			return err
		}
		if target.after != nil {
			return t.fail(c, to, "no such file", "a file")
		}
		exec := source.mode&0o100 != 0
		if target.exec = source.exec; target.exec == nil {
			target.exec = &exec // a new file's mode is not asked for
		}
		if !c.copied {
			source.after = nil
		}
	}
	target.after = after
	if t.RemoveEmpty && len(after) == 0 && len(c.hunks) > 0 {
		target.after = nil
	}
	if c.newMode != 0 {
		exec := c.newMode&0o100 != 0
		target.exec = &exec
	}
	return nil
}

// choose finds the file that a change is about.
func (t *foreignTree) choose(c *fileChange) (from, to string, err error) {
	oldName, okOld := strip(c.oldName, t.Strip)
	newName, okNew := strip(c.newName, t.Strip)
	if c.renamed || c.copied {
		// The names of these lines have no a/ and b/.
		oldName, newName = c.oldName, c.newName
		okOld, okNew = true, true
	}
	noName := &FormatError{
		Patch: t.Name, Line: c.line,
		Why: fmt.Sprintf("names no file below the tree with -p%d: %s, %s", t.Strip, shown.Quote(c.oldName), shown.Quote(c.newName)),
	}
	switch {
	case c.create && okNew:
		return newName, newName, nil
	case c.remove && okOld:
		return oldName, oldName, nil
	case c.create, c.remove, !okOld && !okNew:
		return "", "", noName
	case c.renamed || c.copied:
		return oldName, newName, nil
	case !okOld:
		return newName, newName, nil
	case !okNew, oldName == newName:
		return oldName, oldName, nil
	}
	name := t.better(oldName, newName)
	return name, name, nil
}

// better is how patch(1) chooses of two names that diff wrote: one that exists; of
// both, the one with fewer directories, then the shorter file name, then the shorter
// name.
func (t *foreignTree) better(oldName, newName string) string {
	a, errA := t.look(oldName)
	b, errB := t.look(newName)
	there := func(r *result, err error) bool { return err == nil && r.after != nil }
	switch {
	case !there(a, errA) && there(b, errB):
		return newName
	case !there(b, errB):
		return oldName
	}
	for _, measure := range []func(string) int{
		func(s string) int { return strings.Count(s, "/") },
		func(s string) int { return len(path.Base(s)) },
		func(s string) int { return len(s) },
	} {
		if d := measure(newName) - measure(oldName); d != 0 {
			if d < 0 {
				return newName
			}
			return oldName
		}
	}
	return oldName
}

// strip cuts n directories off a name; several slashes count as one. It fails where
// there are not as many, or for no name.
func strip(name string, n int) (string, bool) {
	for range n {
		i := strings.IndexByte(name, '/')
		if i < 0 {
			return "", false
		}
		name = strings.TrimLeft(name[i:], "/")
	}
	return name, name != ""
}

func firstOf(names ...string) string {
	for _, n := range names {
		if n != "" {
			return n
		}
	}
	return ""
}

// hunks applies a change's hunks to a text.
func (t *foreignTree) hunks(c *fileChange, name string, before []byte) ([]byte, error) {
	if bytes.IndexByte(before, 0) >= 0 {
		return nil, &BinaryError{File: name}
	}
	f := fitter{lines: splitLines(string(before))}
	for i, h := range c.hunks {
		at, ok := f.locate(h)
		if !ok {
			want, got := f.explain(h)
			return nil, &HunkError{Patch: t.Name, Line: h.line, File: name, Hunk: i + 1, Want: want, Got: got}
		}
		if at != h.guess() {
			t.moved++
		}
		f.put(h, at)
	}
	return f.rest(), nil
}

// errNoChange is for patches that hold nothing to apply.
var errNoChange = errors.New("it changes no file")

var epochDate = regexp.MustCompile(`\t(?:1970-01-01|1969-12-31|Thu Jan +1 .* 1970|Wed Dec 31 .* 1969)`)
