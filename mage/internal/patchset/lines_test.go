// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"slices"
	"strings"
	"testing"
)

func TestLineEditsAreFew(t *testing.T) {
	moved := numbered(400, nil)
	moved = moved[len(moved)/2:] + moved[:len(moved)/2]
	tests := []struct {
		name          string
		before, after string
		most          int // lines removed and added
	}{
		{"an insertion", numbered(10, nil), numbered(10, map[int]string{4: "line 4\nnew\n"}), 1},
		{"a replacement", numbered(10, nil), numbered(10, map[int]string{4: "new\n"}), 2},
		// 540 changes of 2 lines out and 1 in, far beyond what a short search finds.
		{"many changes", numbered(20000, nil), manyChanges(), 3 * 541},
		{"a moved half", numbered(400, nil), moved, 404},
		{"lines that all repeat", strings.Repeat("a\nb\n", 60), strings.Repeat("b\na\n", 60), 2},
		{"nothing in common", numbered(100, nil), strings.Repeat("z\n", 100), 200},
	}
	for _, tt := range tests {
		edits := lineEdits(splitLines(tt.before), splitLines(tt.after))
		if n := weight(edits); n > tt.most {
			t.Errorf("%s: %d lines, want at most %d", tt.name, n, tt.most)
		}
	}
}

func TestEditsSlideDown(t *testing.T) {
	tests := []struct {
		name   string
		a, b   string
		before [][4]int // the fields of edit
		want   [][4]int
	}{
		{"an insertion", "aaz", "aaaz", [][4]int{{0, 0, 0, 1}}, [][4]int{{2, 2, 2, 3}}},
		{"a removal", "aaaz", "aaz", [][4]int{{0, 1, 0, 0}}, [][4]int{{2, 3, 2, 2}}},
		{"a block", "bab", "babab", [][4]int{{0, 0, 0, 2}}, [][4]int{{3, 3, 3, 5}}},
		{"no replacement", "aab", "cab", [][4]int{{0, 1, 0, 1}}, [][4]int{{0, 1, 0, 1}}},
		{"as far as the next", "kaz", "kaaqz", [][4]int{{1, 1, 1, 2}, {2, 2, 3, 4}}, [][4]int{{2, 2, 2, 4}}},
		{"not as far as the next", "kabz", "kaabqz", [][4]int{{1, 1, 1, 2}, {3, 3, 4, 5}}, [][4]int{{2, 2, 2, 3}, {3, 3, 4, 5}}},
	}
	for _, tt := range tests {
		got := slide(edits(tt.before), strings.Split(tt.a, ""), strings.Split(tt.b, ""))
		if !slices.Equal(got, edits(tt.want)) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func edits(fields [][4]int) []edit {
	var list []edit
	for _, f := range fields {
		list = append(list, edit{Start: f[0], End: f[1], ReplStart: f[2], ReplEnd: f[3]})
	}
	return list
}
