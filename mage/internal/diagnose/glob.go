// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"path"
	"slices"
	"strings"
)

// glob gives the paths that match a pattern, sorted, at most maxNames. Stars match within one part, and no leading dots.
func (t *Tree) glob(pattern string) []string {
	found := []string{"/"}
	for part := range strings.SplitSeq(strings.Trim(path.Clean(pattern), "/"), "/") {
		var next []string
		for _, dir := range found {
			if !strings.ContainsAny(part, `*?[\`) {
				next = append(next, path.Join(dir, part))
				continue
			}
			names, err := t.Names(dir)
			if err != nil {
				continue
			}
			slices.Sort(names)
			for _, name := range names {
				if ok, _ := path.Match(part, name); ok && !strings.HasPrefix(name, ".") {
					next = append(next, path.Join(dir, name))
				}
			}
		}
		found = next[:min(len(next), maxNames)]
	}
	return slices.DeleteFunc(found, func(name string) bool { return !t.Has(name) })
}
