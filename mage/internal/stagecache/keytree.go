// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
)

// sumTree sums a tree: for each name, in the order of fs.WalkDir, its kind,
// permission bits, and content or link target, each framed.
func sumTree(fsys fs.FS) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name == "." {
			if !d.IsDir() {
				return fmt.Errorf("want a folder, got %s", d.Type())
			}
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		content, err := contentOf(fsys, name, info)
		if err != nil {
			return err
		}
		frame(h, name)
		frame(h, info.Mode().Type().String())
		frame(h, permOf(info))
		frame(h, content)
		return nil
	})
	if err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

// contentOf gives what there is to know of a file besides its name and mode: a
// regular file's sum, a link's target, nothing for a folder.
func contentOf(fsys fs.FS, name string, info fs.FileInfo) (string, error) {
	switch info.Mode().Type() {
	case 0:
		f, err := fsys.Open(name)
		if err != nil {
			return "", err
		}
		defer f.Close()
		return sumOpened(f)
	case fs.ModeSymlink:
		return fs.ReadLink(fsys, name)
	case fs.ModeDir:
		return "", nil
	default:
		return "", fmt.Errorf("%q: want a file, folder or link, got %s", name, info.Mode())
	}
}

// permOf gives the permission bits, and none for a link, whose own mode is the
// operating system's choice.
func permOf(info fs.FileInfo) string {
	if info.Mode()&fs.ModeSymlink != 0 {
		return ""
	}
	return fmt.Sprintf("%04o", info.Mode().Perm())
}

// sumOpened sums what can be read from an opened regular file.
func sumOpened(f fs.File) (string, error) {
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%q: want a regular file, got %s", info.Name(), info.Mode())
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}
