// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	shown "github.com/resnics/verbsmith/specs/edit"
)

// patcher applies changes to a tree in memory. It keeps the current state of changed files,
// because another person's patch may change a file several times.
type patcher struct {
	Foreign

	// exact: lines, modes and files must match the patch exactly, which is one of our own.
	exact bool
	// deleted are the names that an exact patch deletes: a file may become a directory, or
	// the other way round.
	deleted map[string]bool

	root  *os.Root
	files map[string]*result
	order []string
	moved int // hunks that applied at other lines
}

// result is the new state of a file.
type result struct {
	name   string
	before []byte      // nil if there was no file
	mode   fs.FileMode // of the file that was there
	after  []byte      // nil if the file is to go
	exec   *bool       // the executable bit that it gets; nil leaves the mode alone
}

// mismatch says that a change does not fit. Apply and ApplyForeign convert it to their own
// errors.
type mismatch struct {
	file      string
	line      int // in the file; 0 if the file itself is meant
	inPatch   int // the line of the patch
	hunk      int // which of the file, from 1; 0 if the file itself is meant
	want, got string
}

// Error implements error.
func (m *mismatch) Error() string { return fmt.Sprintf("%s: want %s, got %s", m.file, m.want, m.got) }

// wantElsewhere is want for a hunk that could have been at other lines too.
func (m *mismatch) wantElsewhere() string {
	if m.hunk == 0 || m.line == 0 {
		return m.want
	}
	return fmt.Sprintf("%s in line %d or elsewhere", m.want, m.line)
}

// run applies the changes to the tree in a directory: all of them or none.
func (p *patcher) run(ctx context.Context, changes []*fileChange, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // Nothing is written through it after this.
	p.root, p.files = root, map[string]*result{}
	for _, c := range changes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.apply(c); err != nil {
			return err
		}
	}
	return install(ctx, root, p.results())
}

// results are the new states of the files.
func (p *patcher) results() []result {
	var all []result
	for _, name := range p.order {
		r := p.files[name]
		if r.before == nil && r.after == nil {
			continue // created and removed again
		}
		all = append(all, *r)
	}
	return all
}

// apply makes one file's change.
func (p *patcher) apply(c *fileChange) error {
	if c.binary {
		return &BinaryError{File: cmp.Or(c.newName, c.oldName)}
	}
	for _, mode := range []fs.FileMode{c.oldMode, c.newMode} {
		if mode != 0 && mode&fs.FileMode(0o170000) != 0o100000 {
			return &FileTypeError{File: cmp.Or(c.newName, c.oldName), Found: fmt.Sprintf("file of mode %o", mode)}
		}
	}
	from, to, err := p.choose(c)
	if err != nil {
		return err
	}
	source, err := p.look(from)
	if odd, ok := errors.AsType[*FileTypeError](err); ok && c.create {
		return c.mismatch(from, "no such file", "a "+odd.Found)
	}
	if err != nil {
		return err
	}
	if err := p.expect(c, source); err != nil {
		return err
	}
	text, err := p.hunks(c, source)
	if err != nil {
		return err
	}
	return p.put(c, source, to, text)
}

// look reads a file, or returns its state after earlier changes. after is nil if the file does
// not exist.
func (p *patcher) look(name string) (*result, error) {
	if r, ok := p.files[name]; ok {
		return r, nil
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	if err := p.checkParents(name); err != nil {
		return nil, err
	}
	r := &result{name: name}
	info, err := p.root.Lstat(name)
	switch {
	case gone(err):
	case err != nil:
		return nil, err
	case info.IsDir() && p.emptied(name):
	case !info.Mode().IsRegular():
		return nil, &FileTypeError{File: name, Found: kindOf(info.Mode().Type())}
	default:
		r.mode = info.Mode().Perm()
		data, err := p.root.ReadFile(name)
		if err != nil {
			return nil, err
		}
		r.before = append([]byte{}, data...)
		r.after = r.before
	}
	p.files[name] = r
	p.order = append(p.order, name)
	return r, nil
}

// checkParents refuses a name with a parent that is not a directory; os.Root would follow a
// link that stays in the tree.
func (p *patcher) checkParents(name string) error {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		info, err := p.root.Lstat(dir)
		switch {
		case err == nil && info.Mode()&fs.ModeSymlink != 0:
			return &PathError{Name: name, Why: shown.Quote(dir) + " is a link"}
		case err == nil && !info.IsDir() && !p.deleted[dir]:
			return &PathError{Name: name, Why: shown.Quote(dir) + " is not a directory"}
		}
	}
	return nil
}

// emptied reports whether the patch deletes every file of a directory.
func (p *patcher) emptied(dir string) bool {
	left := fs.WalkDir(p.root.FS(), dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !p.deleted[name] {
			err = fs.ErrExist
		}
		return err
	})
	return left == nil && len(p.deleted) > 0
}

// expect checks that the file exists, or does not exist if it is to be created.
func (p *patcher) expect(c *fileChange, source *result) error {
	mode := cmp.Or(c.oldMode, c.mode)
	switch have := source.after != nil; {
	case c.create && have && (p.exact || len(source.after) > 0):
		return c.mismatch(source.name, "no such file", "a regular file")
	case c.create:
	case !have:
		return c.mismatch(source.name, "a file", "none")
	case p.exact && mode != 0 && gitMode(source.mode) != fmt.Sprintf("%o", mode):
		return c.mismatch(source.name, fmt.Sprintf("mode %o", mode), "mode "+gitMode(source.mode))
	}
	return nil
}

// mismatch returns an error for a file that the change does not fit.
func (c *fileChange) mismatch(file, want, got string) error {
	return &mismatch{file: file, inPatch: c.line, want: want, got: got}
}

// hunks applies a change's hunks to a file's text.
func (p *patcher) hunks(c *fileChange, source *result) (*fitter, error) {
	if bytes.IndexByte(source.after, 0) >= 0 {
		return nil, &BinaryError{File: source.name}
	}
	f := &fitter{lines: splitLines(string(source.after)), exact: p.exact}
	for i, h := range c.hunks {
		at, ok := f.locate(h)
		if !ok {
			line, want, got := f.explain(h)
			return nil, &mismatch{file: source.name, line: line, inPatch: h.line, hunk: i + 1, want: want, got: got}
		}
		if at != h.guess() {
			p.moved++
		}
		f.put(h, at)
	}
	return f, nil
}

// put stores the result of a change.
func (p *patcher) put(c *fileChange, source *result, to string, text *fitter) error {
	after := text.rest()
	if c.remove {
		if len(after) > 0 {
			return &mismatch{
				file: to, line: text.kept, inPatch: c.line,
				want: "no lines but those to remove", got: shown.Quote(splitLines(string(after))[0]),
			}
		}
		source.after = nil
		return nil
	}
	target := source
	if to != source.name {
		var err error
		if target, err = p.look(to); err != nil {
			return err
		}
		if target.after != nil {
			return c.mismatch(to, "no such file", "a regular file")
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
	if p.RemoveEmpty && len(after) == 0 && len(c.hunks) > 0 {
		target.after = nil
	}
	if c.newMode != 0 {
		exec := c.newMode&0o100 != 0
		target.exec = &exec
	}
	return nil
}
