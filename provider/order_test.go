// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"strings"
	"testing"
)

func TestPlaceIn(t *testing.T) {
	tests := []struct {
		name, keys, key string
		less            func(a, b string) bool
		want            int
	}{
		{"first", "b c d", "a", byBytes, 0},
		{"middle", "a c d", "b", byBytes, 1},
		{"last", "a b c", "d", byBytes, 3},
		{"empty", "", "a", byBytes, 0},
		{"stray small one at the end", "a c d b", "c2", byBytes, 2},
		{"stray large one at the start", "z a b d", "c", byBytes, 3},
		{"first of equal places", "b d a", "c", byBytes, 1},
		{"folders before names with the same beginning", "p/a p/a/man p/b", "p/a_x", byPath, 2},
		{"a folder behind its parent", "p/a p/a_x", "p/a/man", byPath, 1},
		{"cases are alike", "Ant bee Cow", "Bat", byFold, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := placeIn(strings.Fields(tt.keys), tt.key, tt.less); got != tt.want {
				t.Errorf("placeIn(%q, %q) = %d, want %d", tt.keys, tt.key, got, tt.want)
			}
		})
	}
}
