// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Bounds on what is kept of all packages or of an image.
const (
	maxFile    = 64<<20 + 1 // bytes of a file, one more than anybody reads
	maxKept    = 4 << 30    // bytes of all files
	maxEntries = 1 << 19
	maxDepth   = 64
	maxName    = 4 << 10 // bytes of a path or of a link
	maxNames   = 1 << 14 // entries of a directory below that are looked at
	maxLinks   = 40
)

// LimitError is more than is kept of any installation.
type LimitError struct {
	What string
	Most int64
}

func (e *LimitError) Error() string { return fmt.Sprintf("more than %d %s", e.Most, e.What) }

// Files is a file system with what was added over another one. It implements fs.ReadLinkFS and follows no link.
type Files struct {
	nodes map[string]*node
	below fs.FS
	spool *os.File
	kept  int64
}

// node is a file, a directory or a link.
type node struct {
	mode     fs.FileMode
	link     string
	at, size int64    // in the spool
	names    []string // of a directory, in the order in which they came
}

// New is an empty layer over a file system that has links (fs.ReadLinkFS), nil for nothing. The caller closes it.
func New(below fs.FS) (*Files, error) {
	spool, err := os.CreateTemp("", "verbsmith-diagnose-")
	if err != nil {
		return nil, fmt.Errorf("create a temporary file: %w", err)
	}
	if err := os.Remove(spool.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("remove the name of a temporary file: %w", err), spool.Close())
	}
	return &Files{nodes: map[string]*node{".": {mode: fs.ModeDir}}, below: below, spool: spool}, nil
}

// Close gives the space back.
func (f *Files) Close() error { return f.spool.Close() }

// local is a name in an archive as a path of the file system.
func local(name string) (string, error) {
	if len(name) > maxName || strings.Count(name, "/") > maxDepth {
		return "", &LimitError{"bytes or directories in a name", maxName}
	}
	return strings.TrimPrefix(path.Clean("/"+name), "/"), nil
}

// put adds a node. The directories above it are made, and links to directories are followed as an installation does.
func (f *Files) put(name string, n *node) error {
	if name == "" {
		return nil // the top
	}
	dir, err := f.directory(path.Dir(name))
	if err != nil {
		return err
	}
	name = path.Join(dir, path.Base(name))
	if n.mode.IsDir() {
		if info, err := f.Lstat(name); err == nil && !info.Mode().IsRegular() {
			_, err := f.directory(name) // the directory, or what a link leads to
			return err
		}
	}
	return f.set(name, n)
}

// set puts a node at a path whose directory is there.
func (f *Files) set(name string, n *node) error {
	if len(f.nodes) >= maxEntries {
		return &LimitError{"files", maxEntries}
	}
	parent := f.nodes[path.Dir(name)]
	if parent == nil { // of the file system below
		if err := f.set(path.Dir(name), &node{mode: fs.ModeDir}); err != nil {
			return err
		}
		parent = f.nodes[path.Dir(name)]
	}
	if f.nodes[name] == nil {
		parent.names = append(parent.names, path.Base(name))
	}
	f.nodes[name] = n
	return nil
}

// directory gives a directory without links in its path, and makes what is missing of it.
func (f *Files) directory(name string) (string, error) {
	done := "."
	todo := strings.Split(name, "/")
	for links := 0; len(todo) > 0; {
		part := todo[0]
		todo = todo[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			done = path.Dir(done)
			continue
		}
		next := path.Join(done, part)
		info, err := f.Lstat(next)
		switch {
		case err == nil && info.IsDir():
			done = next
		case err == nil && info.Mode()&fs.ModeSymlink != 0:
			if links++; links > maxLinks {
				return "", &fs.PathError{Op: "follow", Path: name, Err: syscall.ELOOP}
			}
			to, err := f.ReadLink(next)
			if err != nil {
				return "", err
			}
			if path.IsAbs(to) {
				done = "."
			}
			todo = append(strings.Split(to, "/"), todo...)
		default: // nothing, or what an installation would replace
			if err := f.set(next, &node{mode: fs.ModeDir}); err != nil {
				return "", err
			}
			done = next
		}
	}
	return done, nil
}

// content keeps the content of a file, or gives nil if it is to be an ELF file and is none.
func (f *Files) content(r io.Reader, isELF bool) (*node, error) {
	r = io.LimitReader(r, maxFile)
	if isELF {
		head := make([]byte, len(elf.ELFMAG))
		n, err := io.ReadFull(r, head)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, err
		}
		if n > 0 && string(head[:n]) != elf.ELFMAG { // an empty one is kept: it is damaged
			return nil, nil //nolint:nilnil // none is no error
		}
		r = io.MultiReader(bytes.NewReader(head[:n]), r)
	}
	size, err := io.Copy(io.NewOffsetWriter(f.spool, f.kept), r)
	if err != nil {
		return nil, err
	}
	n := &node{at: f.kept, size: size}
	if f.kept += size; f.kept > maxKept {
		return nil, &LimitError{"bytes of libraries", maxKept}
	}
	return n, nil
}

// hides says whether something that is no directory is above a path, so that what is below is not seen.
func (f *Files) hides(name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if n := f.nodes[dir]; n != nil {
			return !n.mode.IsDir()
		}
	}
	return false
}

// Lstat implements fs.ReadLinkFS.
func (f *Files) Lstat(name string) (fs.FileInfo, error) {
	switch n := f.nodes[name]; {
	case n != nil:
		return info{path.Base(name), n}, nil
	case f.below == nil || f.hides(name):
		return nil, &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrNotExist}
	}
	return fs.Lstat(f.below, name)
}

// ReadLink implements fs.ReadLinkFS.
func (f *Files) ReadLink(name string) (string, error) {
	switch n := f.nodes[name]; {
	case n != nil && n.mode&fs.ModeSymlink != 0:
		return n.link, nil
	case n != nil || f.below == nil || f.hides(name):
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return fs.ReadLink(f.below, name)
}

// Open implements fs.FS.
func (f *Files) Open(name string) (fs.File, error) {
	switch n := f.nodes[name]; {
	case n != nil && n.mode.IsDir():
		return &directory{info: info{path.Base(name), n}, entries: f.entries(name, n)}, nil
	case n != nil && n.mode.IsRegular():
		return &file{io.NewSectionReader(f.spool, n.at, n.size), info{path.Base(name), n}}, nil
	case n != nil:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	case f.below == nil || f.hides(name):
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return f.below.Open(name)
}

// entries are those of a directory: what is below first, as new files come last.
func (f *Files) entries(name string, n *node) []fs.DirEntry {
	var all []fs.DirEntry
	own := slices.Clone(n.names)
	for _, e := range f.entriesBelow(name) {
		if !slices.Contains(own, e.Name()) {
			all = append(all, e)
		}
	}
	for _, base := range own {
		all = append(all, fs.FileInfoToDirEntry(info{base, f.nodes[path.Join(name, base)]}))
	}
	return all
}

// entriesBelow are the entries that the file system below has for a directory.
func (f *Files) entriesBelow(name string) []fs.DirEntry {
	if f.below == nil || f.hides(name) {
		return nil
	}
	if info, err := fs.Lstat(f.below, name); err != nil || !info.IsDir() {
		return nil
	}
	opened, err := f.below.Open(name)
	if err != nil {
		return nil
	}
	defer opened.Close()
	dir, ok := opened.(fs.ReadDirFile)
	if !ok {
		return nil
	}
	entries, _ := dir.ReadDir(maxNames + 1) // those before an error
	return entries
}

// info implements fs.FileInfo.
type info struct {
	name string
	node *node
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.node.size }
func (i info) Mode() fs.FileMode  { return i.node.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.node.mode.IsDir() }
func (i info) Sys() any           { return nil }

// file is an opened file.
type file struct {
	*io.SectionReader

	info info
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *file) Close() error               { return nil }

// directory is an opened directory.
type directory struct {
	info    info
	entries []fs.DirEntry
}

func (d *directory) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *directory) Close() error               { return nil }

func (d *directory) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.info.name, Err: syscall.EISDIR}
}

// ReadDir implements fs.ReadDirFile.
func (d *directory) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(d.entries) == 0 {
		return nil, io.EOF
	}
	if n <= 0 {
		n = len(d.entries)
	}
	n = min(n, len(d.entries))
	first := d.entries[:n]
	d.entries = d.entries[n:]
	return first, nil
}
