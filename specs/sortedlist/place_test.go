// SPDX-License-Identifier: Apache-2.0

package sortedlist_test

import (
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs/sortedlist"
)

func TestPlace(t *testing.T) {
	tests := []struct {
		name, keys, key string
		less            func(a, b string) bool
		want            int
	}{
		{"first", "b c d", "a", sortedlist.ByBytes, 0},
		{"middle", "a c d", "b", sortedlist.ByBytes, 1},
		{"last", "a b c", "d", sortedlist.ByBytes, 3},
		{"empty", "", "a", sortedlist.ByBytes, 0},
		{"stray small one at the end", "a c d b", "c2", sortedlist.ByBytes, 2},
		{"stray large one at the start", "z a b d", "c", sortedlist.ByBytes, 3},
		{"first of equal places", "b d a", "c", sortedlist.ByBytes, 1},
		{"folders before names with the same beginning", "p/a p/a/man p/b", "p/a_x", sortedlist.ByPath, 2},
		{"a folder behind its parent", "p/a p/a_x", "p/a/man", sortedlist.ByPath, 1},
		{"cases are alike", "Ant bee Cow", "Bat", sortedlist.ByFold, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := sortedlist.Place(strings.Fields(tt.keys), tt.key, tt.less); got != tt.want {
				t.Errorf("Place(%q, %q) = %d, want %d", tt.keys, tt.key, got, tt.want)
			}
		})
	}
}
