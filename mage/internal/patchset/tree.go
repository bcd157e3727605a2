// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// treeFile is a file, link or special file of a tree. Its name is relative to the tree and
// slash separated.
type treeFile struct {
	name string
	path string
	info fs.FileInfo
}

// pair is one name in two trees; a file is nil if the tree does not have it.
type pair struct {
	name          string
	before, after *treeFile
}

// differing lists the names at which two trees differ for git (content, the owner's executable
// bit, existence), sorted by bytes like git.
func differing(ctx context.Context, oldDir, newDir string) ([]pair, error) {
	oldFiles, err := listTree(ctx, oldDir)
	if err != nil {
		return nil, err
	}
	newFiles, err := listTree(ctx, newDir)
	if err != nil {
		return nil, err
	}
	var pairs []pair
	for _, p := range match(oldFiles, newFiles) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		same, err := p.same()
		if err != nil {
			return nil, err
		}
		if !same {
			pairs = append(pairs, p)
		}
	}
	return pairs, nil
}

// listTree lists all non-directories below dir, sorted by name. As in git, empty directories do
// not count, nor does anything called .git.
func listTree(ctx context.Context, dir string) ([]treeFile, error) {
	var files []treeFile
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case path == dir && !d.IsDir():
			return &FileTypeError{File: dir, Found: kindOf(d.Type()) + " in place of a directory"}
		case path != dir && d.Name() == ".git":
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		files = append(files, treeFile{name: filepath.ToSlash(rel), path: path, info: info})
		return err
	})
	slices.SortFunc(files, func(a, b treeFile) int { return cmp.Compare(a.name, b.name) })
	return files, err
}

// match pairs two sorted lists by name.
func match(oldFiles, newFiles []treeFile) []pair {
	pairs := make([]pair, 0, max(len(oldFiles), len(newFiles)))
	for i, j := 0, 0; i < len(oldFiles) || j < len(newFiles); {
		switch {
		case j == len(newFiles) || i < len(oldFiles) && oldFiles[i].name < newFiles[j].name:
			pairs = append(pairs, pair{name: oldFiles[i].name, before: &oldFiles[i]})
			i++
		case i == len(oldFiles) || newFiles[j].name < oldFiles[i].name:
			pairs = append(pairs, pair{name: newFiles[j].name, after: &newFiles[j]})
			j++
		default:
			pairs = append(pairs, pair{name: oldFiles[i].name, before: &oldFiles[i], after: &newFiles[j]})
			i++
			j++
		}
	}
	return pairs
}

// same reports whether a pair needs no change.
func (p pair) same() (bool, error) {
	if p.before == nil || p.after == nil {
		return false, nil
	}
	a, b := p.before.info, p.after.info
	switch {
	case a.Mode().Type() != b.Mode().Type():
		return false, nil
	case a.Mode()&fs.ModeSymlink != 0:
		return sameTarget(p.before.path, p.after.path)
	case !a.Mode().IsRegular():
		return false, nil
	case gitMode(a.Mode()) != gitMode(b.Mode()) || a.Size() != b.Size():
		return false, nil
	}
	return sameContent(p.before.path, p.after.path)
}

func sameTarget(a, b string) (bool, error) {
	x, errX := os.Readlink(a)
	y, errY := os.Readlink(b)
	return x == y, errors.Join(errX, errY)
}

// sameContent compares two files piece by piece, so that none is held in memory.
func sameContent(a, b string) (bool, error) {
	f, err := os.Open(a)
	if err != nil {
		return false, err
	}
	defer f.Close() //nolint:errcheck // Only read from.
	g, err := os.Open(b)
	if err != nil {
		return false, err
	}
	defer g.Close() //nolint:errcheck // Only read from.
	x, y := make([]byte, 32<<10), make([]byte, 32<<10)
	for {
		n, errF := io.ReadFull(f, x)
		m, errG := io.ReadFull(g, y)
		if !bytes.Equal(x[:n], y[:m]) {
			return false, nil
		}
		for _, err := range []error{errF, errG} {
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				return false, err
			}
		}
		if errF != nil || errG != nil {
			return errF != nil && errG != nil, nil
		}
	}
}

// Git knows two modes of a regular file.
const (
	modeFile = "100644"
	modeExec = "100755"
)

func gitMode(mode fs.FileMode) string {
	if mode&0o100 != 0 {
		return modeExec
	}
	return modeFile
}

// text reads a file for a patch: "" for nil, an error for a file that is not text.
func (f *treeFile) text() (string, error) {
	if f == nil {
		return "", nil
	}
	if !f.info.Mode().IsRegular() {
		found := kindOf(f.info.Mode().Type())
		if target, err := os.Readlink(f.path); err == nil {
			found = fmt.Sprintf("link to %q", target)
		}
		return "", &FileTypeError{File: f.name, Found: found}
	}
	data, err := os.ReadFile(f.path)
	if err != nil {
		return "", err
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return "", &BinaryError{File: f.name}
	}
	return string(data), nil
}

func kindOf(t fs.FileMode) string {
	switch {
	case t&fs.ModeSymlink != 0:
		return "link"
	case t&fs.ModeDir != 0:
		return "directory"
	case t&fs.ModeNamedPipe != 0:
		return "named pipe"
	case t&fs.ModeSocket != 0:
		return "socket"
	case t&fs.ModeDevice != 0:
		return "device"
	default:
		return "regular file"
	}
}

// gone reports whether an error means that there is no such file, for example because its
// parent is a file.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
