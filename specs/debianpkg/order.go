// SPDX-License-Identifier: Apache-2.0

package debianpkg

import "strings"

// placeIn says before which of keys a new key goes (len(keys): at the end). The
// lists are sorted with accidents (ionic stands before mana in one, ipathverbs
// before ionic in another), so it is the place with the fewest keys on the wrong
// side, the first of them where several are equal.
func placeIn(keys []string, key string, less func(a, b string) bool) int {
	wrong := 0
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

// placeInTail says where a key goes in a list that is sorted only from some key
// on, as the blocks of a .symbols file are: mlx4, mlx5, efa, hns, mana. What
// comes last in time stands last there, unless the tail that is sorted has a
// place for it.
func placeInTail(keys []string, key string) int {
	start := len(keys)
	for start > 0 && (start == len(keys) || keys[start-1] < keys[start]) {
		start--
	}
	for i := start; i < len(keys); i++ {
		if i > start && keys[i-1] < key && key < keys[i] {
			return i
		}
	}
	return len(keys)
}

func byBytes(a, b string) bool { return a < b }

func byFold(a, b string) bool { return strings.ToLower(a) < strings.ToLower(b) }

// byPath orders folder by folder, so that providers/mlx5/man stays behind
// providers/mlx5, before providers/mlx5_x.
func byPath(a, b string) bool {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	for i := 0; i < len(as) && i < len(bs); i++ {
		if as[i] != bs[i] {
			return as[i] < bs[i]
		}
	}
	return len(as) < len(bs)
}
