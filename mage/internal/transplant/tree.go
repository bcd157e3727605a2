// SPDX-License-Identifier: Apache-2.0

package transplant

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Tree is the content of a source tree: each file by its path. A symbolic link is an arrow and
// its target.
type Tree map[string]string

// ReadTree reads the directory.
func ReadTree(dir string) (Tree, error) {
	t := Tree{}
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
			return err
		case d.Type() == fs.ModeSymlink:
			link, err := os.Readlink(filepath.Join(dir, filepath.FromSlash(name)))
			t[name] = "-> " + link + "\n"
			return err
		}
		data, err := fs.ReadFile(root, name)
		t[name] = string(data)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the tree %s: %w", dir, err)
	}
	return t, nil
}

// changed lists the files that differ between the trees.
func changed(a, b Tree) []string {
	var names []string
	for name, text := range a {
		if other, ok := b[name]; !ok || other != text {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// under reports whether name is the directory or in it.
func under(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, path.Clean(folder)+"/")
}
