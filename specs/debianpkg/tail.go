// SPDX-License-Identifier: Apache-2.0

package debianpkg

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
