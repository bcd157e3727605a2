// SPDX-License-Identifier: Apache-2.0

package debianpkg

// placeInTail returns a key's place in a list that is sorted only from some key on, like the
// blocks of a .symbols file: mlx4, mlx5, efa, hns, mana. A new key comes last, unless it has a
// place in the sorted tail.
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
