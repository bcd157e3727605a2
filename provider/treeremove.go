// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
)

// asideSuffix marks what goes, until all else is in its place.
const asideSuffix = ".verbsmith-old"

// List lists the files below dir. Anything but files and folders gives a
// *FileError: what a link leads to is not this folder's.
func (t *DirTree) List(dir string) ([]string, error) {
	var names []string
	err := fs.WalkDir(t.root.FS(), dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			if name == dir && errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return &FileError{File: name, Want: "a folder that can be listed", Got: reason(err), Err: err}
		case len(names) >= maxEntries:
			return &LimitError{File: dir, What: "files", Limit: maxEntries}
		case d.Type().IsRegular():
			names = append(names, name)
		case !d.IsDir():
			return &FileError{File: name, Want: wantRegular, Got: d.Type().String()}
		case name == dir:
			// A link in place of the folder itself is followed by WalkDir.
			if info, err := t.root.Lstat(dir); err == nil && !info.IsDir() {
				return &FileError{File: name, Want: "a folder", Got: info.Mode().Type().String()}
			}
		}
		return nil
	})
	return names, err
}

// removal is the files of one batch that go.
type removal struct {
	tree  *DirTree
	names []string // those that have been put aside
}

// setAside renames the files that go. After an error they are back in place.
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

// finish removes the files, and the folders that they leave empty.
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
