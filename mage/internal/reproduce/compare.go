// SPDX-License-Identifier: Apache-2.0

package reproduce

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

// Sums are the packages of a build with their SHA-256, and as PACKAGE: PART the fields and files of RPMs.
type Sums map[string]string

// between is what stands between a package and its part.
const between = ": "

// packages is the number of packages.
func (s Sums) packages() int {
	n := 0
	for name := range s {
		if !strings.Contains(name, between) {
			n++
		}
	}
	return n
}

// Sum sums the packages in a directory, in whichever directories of it they are.
func Sum(dir string) (Sums, error) {
	files, err := stage.Files(dir)
	if err != nil {
		return nil, err
	}
	sums := Sums{}
	for _, f := range files {
		if !pkgfile.IsPackage(f.Name) {
			continue
		}
		sum, err := stage.Sum(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil {
			return nil, err
		}
		sums[f.Name] = sum
		if !strings.HasSuffix(f.Name, ".rpm") {
			continue
		}
		parts, err := pkgfile.Parts(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil {
			return nil, err
		}
		for part, text := range parts {
			sums[f.Name+between+part] = text
		}
	}
	return sums, nil
}

// Differ is what two builds have in different bytes, or only one has: the parts of a package that differ, or else the package.
func (s Sums) Differ(other Sums) []string {
	names := map[string]bool{}
	for _, all := range []Sums{s, other} {
		for name := range all {
			if s[name] != other[name] {
				names[name] = true
			}
		}
	}
	for name := range names {
		if whole, _, part := strings.Cut(name, between); part {
			delete(names, whole)
		}
	}
	return slices.Sorted(maps.Keys(names))
}
