// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"syscall"
)

// Bounds on what is read of a tree, which may be anybody's.
const (
	maxELF    = 64 << 20 // bytes of a library
	maxText   = 1 << 20  // bytes of a configuration file
	maxList   = 16 << 20 // bytes of a package manager's or module tool's list
	maxAttr   = 4 << 10  // bytes of an attribute of sysfs, which is one page
	maxNames  = 1 << 14  // entries of a directory
	maxLinks  = 40       // symbolic links in one path, as the kernel has it
	maxInPath = 4 << 10  // bytes of a path, as the kernel has it
)

// TooBigError is a file or a directory that is larger than anything of its kind.
type TooBigError struct {
	Path string
	Most int // bytes, or entries
}

func (e *TooBigError) Error() string { return fmt.Sprintf("%s: larger than %d", show(e.Path), e.Most) }

// Tree is the file system of the machine that is asked. Paths are absolute and
// slash-separated; symbolic links are followed inside of the tree, absolute
// ones from its top.
//
// The file system has to implement fs.ReadLinkFS, as those of os.Root and
// archives do. It is never asked to follow a link.
type Tree struct{ files fs.FS }

// NewTree is the tree in a file system.
func NewTree(files fs.FS) *Tree { return &Tree{files: files} }

// Real is the path without any symbolic link in it.
//
// Errors: fs.ErrNotExist and fs.ErrPermission as fs.PathError has them; too many links.
func (t *Tree) Real(name string) (string, error) {
	todo := strings.Split(name, "/")
	done := "."
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
		info, err := fs.Lstat(t.files, next)
		if err != nil {
			return "", inTree(name, err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			done = next
			continue
		}
		if links++; links > maxLinks {
			return "", &fs.PathError{Op: "follow", Path: name, Err: syscall.ELOOP}
		}
		to, err := fs.ReadLink(t.files, next)
		if err != nil {
			return "", inTree(name, err)
		}
		if len(to) > maxInPath {
			return "", &fs.PathError{Op: "follow", Path: name, Err: syscall.ENAMETOOLONG}
		}
		if strings.HasPrefix(to, "/") {
			done = "."
		}
		todo = append(strings.Split(to, "/"), todo...)
	}
	return path.Join("/", done), nil
}

// inTree names the path that was asked for in an error of the file system.
func inTree(name string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: e.Op, Path: name, Err: e.Err}
	}
	return &fs.PathError{Op: "read", Path: name, Err: err}
}

// below is a real path as the file system wants it.
func below(target string) string {
	if target == "/" {
		return "."
	}
	return strings.TrimPrefix(target, "/")
}

// Stat is what a path leads to.
func (t *Tree) Stat(name string) (fs.FileInfo, error) {
	target, err := t.Real(name)
	if err != nil {
		return nil, err
	}
	info, err := fs.Lstat(t.files, below(target))
	if err != nil {
		return nil, inTree(name, err)
	}
	return info, nil
}

// Has says whether a path leads to something that this user can see.
func (t *Tree) Has(name string) bool {
	_, err := t.Stat(name)
	return err == nil
}

// ReadFile is the content of a regular file with at most so many bytes.
//
// Errors: *fs.PathError; *TooBigError.
func (t *Tree) ReadFile(name string, most int) ([]byte, error) {
	target, err := t.Real(name)
	if err != nil {
		return nil, err
	}
	info, err := fs.Lstat(t.files, below(target))
	if err != nil {
		return nil, inTree(name, err)
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait
		return nil, &fs.PathError{Op: "read", Path: name, Err: syscall.EINVAL}
	}
	f, err := t.files.Open(below(target))
	if err != nil {
		return nil, inTree(name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err != nil {
		return nil, inTree(name, err)
	}
	if len(data) > most {
		return nil, &TooBigError{Path: name, Most: most}
	}
	return data, nil
}

// Names are the entries of a directory in the order in which the directory has
// them, which is the one that a program sees.
//
// Errors: *fs.PathError; *TooBigError.
func (t *Tree) Names(name string) ([]string, error) {
	target, err := t.Real(name)
	if err != nil {
		return nil, err
	}
	f, err := t.files.Open(below(target))
	if err != nil {
		return nil, inTree(name, err)
	}
	defer f.Close()
	dir, ok := f.(fs.ReadDirFile)
	if !ok {
		return nil, &fs.PathError{Op: "list", Path: name, Err: syscall.ENOTDIR}
	}
	entries, err := dir.ReadDir(maxNames + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, inTree(name, err)
	}
	if len(entries) > maxNames {
		return nil, &TooBigError{Path: name, Most: maxNames}
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

// Base is the last part of where a symbolic link leads, "" if it leads nowhere.
func (t *Tree) Base(link string) string {
	target, err := t.Real(link)
	if err != nil {
		return ""
	}
	return path.Base(target)
}
