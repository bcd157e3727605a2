// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"maps"
	"slices"
)

// Explain says why the cache has no entry for k: it returns, sorted, the names of
// the inputs in which k differs from the stage's most similar entry (of equally
// similar ones the most recently used). It returns nothing if the stage has no entry with
// recorded inputs.
//
// Most similar rather than newest: after a build for another distro, an edit of
// the provider is still reported as that, not as a change of distro.
func (c *Cache) Explain(stage string, k *KeyBuilder) []string {
	stored, err := c.stored(stage)
	if err != nil {
		return nil // An explanation is not worth failing for.
	}
	inputs := k.Inputs()
	var best []string
	for _, s := range stored {
		r, err := readRecord(c.entryDir(s.order))
		if err != nil || len(r.Inputs) == 0 {
			continue
		}
		if names := differing(inputs, r.Inputs); best == nil || len(names) < len(best) {
			best = names
		}
	}
	return best
}

// differing returns the names with different values, and those that only one side has.
func differing(a, b map[string]string) []string {
	names := map[string]bool{}
	for name, value := range a {
		if other, both := b[name]; !both || other != value {
			names[name] = true
		}
	}
	for name := range b {
		if _, both := a[name]; !both {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
