// SPDX-License-Identifier: Apache-2.0

package kit

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// dir is a directory of a kit: verbsmith's, with the repository's files in place of its own.
type dir struct {
	kit  *Kit
	name string
}

// Shown is a file's path in messages, below the repository that has it.
func (d dir) Shown(name string) string {
	full := d.name + "/" + name
	if _, ok := d.kit.site[full]; ok {
		return Folder + "/" + full
	}
	return full
}

// Open implements fs.FS.
func (d dir) Open(name string) (fs.File, error) {
	if data, ok := d.kit.site[d.name+"/"+name]; ok {
		return &file{info: info{name: path.Base(name), size: int64(len(data))}, Reader: bytes.NewReader(data)}, nil
	}
	return d.kit.own[d.name].Open(name)
}

// ReadDir implements fs.ReadDirFS.
func (d dir) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(d.kit.own[d.name], name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for full, data := range d.kit.site {
		if path.Dir(full) != path.Join(d.name, name) {
			continue
		}
		own := func(e fs.DirEntry) bool { return e.Name() == path.Base(full) }
		entries = append(slices.DeleteFunc(entries, own), fs.FileInfoToDirEntry(info{name: path.Base(full), size: int64(len(data))}))
	}
	if len(entries) == 0 && err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// file is an open file of the repository's.
type file struct {
	io.Reader

	info info
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *file) Close() error               { return nil }

// info is that of embedded files: without a time and a mode that could differ between machines.
type info struct {
	name string
	size int64
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return 0o444 }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return false }
func (i info) Sys() any           { return nil }
