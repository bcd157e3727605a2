// SPDX-License-Identifier: Apache-2.0

package sortedlist

import "strings"

// Place returns the index before which a new key is inserted (len(keys): at the end).
//
// Upstream's lists have keys out of order: ionic is last in verbs.h, README.md has iw_cxgb4
// before hfi1. "Before the first greater one" and "after the last smaller one" each fail at
// some of them, so the place is the one with the fewest keys on the wrong side, and the first
// of equal ones. The result is upstream's own choice for irdma, erdma, mana and ionic, except
// for ionic in verbs.h.
func Place(keys []string, key string, less func(a, b string) bool) int {
	wrong := 0 // keys after the place that should be before it, and the reverse
	for _, k := range keys {
		if less(k, key) {
			wrong++
		}
	}
	best, at := wrong, 0
	for i, k := range keys {
		switch {
		case less(k, key):
			wrong--
		case less(key, k):
			wrong++
		}
		if wrong < best {
			best, at = wrong, i+1
		}
	}
	return at
}

// ByBytes orders as C and sort(1) in the C locale do.
func ByBytes(a, b string) bool { return a < b }

// ByFold ignores case.
func ByFold(a, b string) bool { return strings.ToLower(a) < strings.ToLower(b) }

// ByPath orders directory by directory, so that providers/mana/man stays after
// providers/mana, before providers/mana_x.
func ByPath(a, b string) bool {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	for i := 0; i < len(as) && i < len(bs); i++ {
		if as[i] != bs[i] {
			return as[i] < bs[i]
		}
	}
	return len(as) < len(bs)
}
