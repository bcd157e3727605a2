// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// tree is the repository being checked.
type tree struct{ root string }

func (t tree) fs() fs.FS { return os.DirFS(t.root) }

// files returns the regular files that want, sorted, with slashes and relative to the root. Outputs, caches, test data
// and hidden directories other than .ci and .github are skipped; links are not followed.
func (t tree) files(want func(name string) bool) ([]string, error) {
	var found []string
	err := fs.WalkDir(t.fs(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && isForeign(name):
			return fs.SkipDir
		case d.Type().IsRegular() && want(name):
			found = append(found, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the files of the repository: %w", err)
	}
	return found, nil
}

// isForeign reports whether a directory contains anything but the project's own source.
func isForeign(dir string) bool {
	base := path.Base(dir)
	switch {
	case dir == ".", base == ".ci", base == ".github":
		return false
	case dir == "dist", base == "testdata", base == "node_modules":
		return true
	default:
		return strings.HasPrefix(base, ".")
	}
}

func (t tree) read(name string) ([]byte, error) {
	data, err := fs.ReadFile(t.fs(), name)
	if err != nil {
		return nil, fmt.Errorf("read a file of the repository: %w", err)
	}
	return data, nil
}

// filter reads each file that want selects and returns those for which keep returns true.
func (t tree) filter(want func(string) bool, keep func(name string, data []byte) bool) (kept, all []string, err error) {
	all, err = t.files(want)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range all {
		data, err := t.read(name)
		if err != nil {
			return nil, nil, err
		}
		if keep(name, data) {
			kept = append(kept, name)
		}
	}
	return kept, all, nil
}

func hasSuffix(suffixes ...string) func(string) bool {
	return func(name string) bool {
		return slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(name, s) })
	}
}

func isUnder(name string, dirs ...string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return strings.HasPrefix(name, dir+"/") })
}
