// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// treeFile is something below a directory: name is relative to it and slash
// separated, path leads to it.
type treeFile struct {
	name, path string
	info       fs.FileInfo
}

// eachFile calls visit for everything below a directory, directories too, in a fixed
// order. Links are visited, not followed; but dir itself may be one. (os.DirFS refuses names
// that are not UTF-8.)
func eachFile(dir string, visit func(f treeFile) error) error {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == root {
			if !d.IsDir() {
				return fmt.Errorf("want a directory, got a file of mode %s", d.Type())
			}
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		return visit(treeFile{name: filepath.ToSlash(name), path: path, info: info})
	})
}

// content describes a file apart from its name and mode: a regular file's digest, a link's
// target, nothing for a directory.
func (f treeFile) content() (string, error) {
	switch f.info.Mode().Type() {
	case 0:
		return SumFile(f.path)
	case fs.ModeSymlink:
		return os.Readlink(f.path)
	case fs.ModeDir:
		return "", nil
	default:
		return "", fmt.Errorf("%q: want a file, directory or link, got one of mode %s", f.name, f.info.Mode())
	}
}

// SumFile returns "sha256:" and the 64 hexadecimal digits of the SHA-256 of a regular file, or
// of a link's target.
func SumFile(path string) (string, error) {
	// Checked before it is opened: opening a pipe would wait for a writer.
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%q: want a regular file, got one of mode %s", path, info.Mode())
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // Only read from.
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}
