// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Tree is the rdma-core source tree that is edited. Names are slash separated and relative to
// its top. ReadFile's error for a missing file is fs.ErrNotExist to errors.Is.
type Tree interface {
	ReadFile(name string) ([]byte, error)
	WriteFile(name string, data []byte) error
}

// Written is a file written by an integration.
type Written struct {
	Name string
	Data []byte
	Mode fs.FileMode // 0 keeps the file's mode, or is 0o644 for a new file
	// Remove says that the file is removed, and each directory that becomes empty.
	Remove bool
}

// BatchTree is a Tree that writes all files or none, with their modes. Integrate uses it if a
// tree implements it, and needs it to remove files.
type BatchTree interface {
	Tree
	WriteAll(files []Written) error
}

// Lister is a Tree that can list a directory: the files below it, sorted, with
// names from the tree's top; none if there is no such directory. Integrate needs it to replace
// the release's provider.
type Lister interface {
	List(dir string) ([]string, error)
}

// DirTree is a tree in a directory. It reads and writes nothing outside it, not even through
// links.
type DirTree struct{ root *os.Root }

// OpenTree opens the source tree at dir. Close it when it is no longer needed.
func OpenTree(dir string) (*DirTree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open source tree: %w", err)
	}
	return &DirTree{root: root}, nil
}

// Close closes the directory.
func (t *DirTree) Close() error {
	if err := t.root.Close(); err != nil {
		return fmt.Errorf("close source tree: %w", err)
	}
	return nil
}

// ReadFile reads a regular file of up to MaxFileSize bytes; a link is refused
// with a *FileError: to write through it would change another file.
func (t *DirTree) ReadFile(name string) ([]byte, error) {
	data, _, err := readLimited(t.root, name, name, MaxFileSize)
	return data, err
}

// WriteFile writes a temporary file and renames it.
func (t *DirTree) WriteFile(name string, data []byte) error {
	return t.WriteAll([]Written{{Name: name, Data: data}})
}

// besideSuffix marks temporary files.
const besideSuffix = ".verbsmith-new"

// WriteAll first writes every file under a temporary name, moves those to be removed aside, and
// then renames: a full disk or an unwritable file leaves the tree unchanged. The names are
// slash separated and appear once.
func (t *DirTree) WriteAll(files []Written) error {
	var beside, made []string
	undo := func(err error) error {
		for _, name := range beside {
			_ = t.root.Remove(name)
		}
		for _, dir := range slices.Backward(made) {
			_ = t.root.Remove(dir)
		}
		return err
	}
	written := slices.DeleteFunc(slices.Clone(files), func(f Written) bool { return f.Remove })
	for _, f := range written {
		dirs, err := t.makeDirs(path.Dir(f.Name))
		made = append(made, dirs...)
		if err != nil {
			return undo(fmt.Errorf("write %s: %w", f.Name, err))
		}
		beside = append(beside, f.Name+besideSuffix)
		if err := t.writeBeside(f); err != nil {
			return undo(err)
		}
	}
	for _, f := range files {
		if info, err := t.root.Lstat(f.Name); err == nil && !info.Mode().IsRegular() {
			return undo(&FileError{File: f.Name, Want: "a regular file to replace", Got: info.Mode().Type().String()})
		}
	}
	r, err := t.setAside(files)
	if err != nil {
		return undo(err)
	}
	for _, f := range written {
		if err := t.root.Rename(f.Name+besideSuffix, f.Name); err != nil {
			r.putBack()
			return undo(fmt.Errorf("write %s: %w", f.Name, err))
		}
	}
	return r.finish()
}

func (t *DirTree) writeBeside(f Written) error {
	mode := f.Mode.Perm()
	if mode == 0 {
		mode = 0o644
		if info, err := t.root.Lstat(f.Name); err == nil {
			mode = info.Mode().Perm()
		}
	}
	name := f.Name + besideSuffix
	// A leftover of an earlier run is not reused: it may be a link.
	if err := t.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write %s: %w", f.Name, err)
	}
	out, err := t.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("write %s: %w", f.Name, err)
	}
	_, err = out.Write(f.Data)
	if err == nil {
		err = out.Chmod(mode) // whatever the umask is
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("write %s: %w", f.Name, err)
	}
	return nil
}

// makeDirs creates dir and its missing parents and returns them, the outermost first.
func (t *DirTree) makeDirs(dir string) ([]string, error) {
	var made []string
	for at, parts := "", strings.Split(dir, "/"); dir != "." && len(parts) > 0; parts = parts[1:] {
		at = path.Join(at, parts[0])
		err := t.root.Mkdir(at, 0o755)
		switch {
		case err == nil:
			made = append(made, at)
		case !errors.Is(err, fs.ErrExist):
			return made, fmt.Errorf("create directory %s: %w", at, err)
		}
	}
	return made, nil
}

// asideSuffix marks files to be removed, until all others are in place.
const asideSuffix = ".verbsmith-old"

// List lists the files below dir. Anything but files and directories is a *FileError: a link's
// target does not belong to this directory.
func (t *DirTree) List(dir string) ([]string, error) {
	var names []string
	err := fs.WalkDir(t.root.FS(), dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			if name == dir && errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return &FileError{File: name, Want: "a directory that can be listed", Got: reason(err), Err: err}
		case len(names) >= maxEntries:
			return &LimitError{File: dir, What: "files", Limit: maxEntries}
		case d.Type().IsRegular():
			names = append(names, name)
		case !d.IsDir():
			return &FileError{File: name, Want: wantRegular, Got: d.Type().String()}
		case name == dir:
			// A link in place of the directory itself is followed by WalkDir.
			if info, err := t.root.Lstat(dir); err == nil && !info.IsDir() {
				return &FileError{File: name, Want: "a folder", Got: info.Mode().Type().String()}
			}
		}
		return nil
	})
	return names, err
}

// removal has the files of one batch that are removed.
type removal struct {
	tree  *DirTree
	names []string // those that have been moved aside
}

// setAside renames the files to be removed. After an error they are back in place.
func (t *DirTree) setAside(files []Written) (*removal, error) {
	r := &removal{tree: t}
	for _, f := range files {
		if !f.Remove {
			continue
		}
		if err := t.root.Rename(f.Name, f.Name+asideSuffix); err != nil {
			r.putBack()
			return nil, fmt.Errorf("remove %s: %w", f.Name, err)
		}
		r.names = append(r.names, f.Name)
	}
	return r, nil
}

func (r *removal) putBack() {
	for _, name := range r.names {
		_ = r.tree.root.Rename(name+asideSuffix, name)
	}
}

// finish removes the files, and the directories that become empty.
func (r *removal) finish() error {
	for _, name := range r.names {
		if err := r.tree.root.Remove(name + asideSuffix); err != nil {
			return fmt.Errorf("remove %s: %w", name, err)
		}
	}
	for _, name := range r.names {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if err := r.tree.root.Remove(dir); err != nil {
				break // it is not empty
			}
		}
	}
	return nil
}
