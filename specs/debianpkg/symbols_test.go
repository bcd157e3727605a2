// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"strings"
	"testing"
)

func TestSymbols(t *testing.T) {
	tree := integrated(t, zoo(), dv())
	want(t, tree, Symbols, nil,
		"libcrab.so.1 ibverbs-providers #MINVER#", "* Build-Depends-Package: libibverbs-dev",
		" CRAB_1.0@CRAB_1.0 56.1", " CRAB_1.1@CRAB_1.1 56.1", " crabdv_walk@CRAB_1.0 56.1", " crabdv_run@CRAB_1.1 56.1")
}

func TestSymbolsGoIntoTheSortedTail(t *testing.T) {
	for _, tt := range []struct {
		keys []string
		key  string
		want int
	}{
		{[]string{"mlx4", "mlx5", "efa"}, "mana", 3},
		{[]string{"mlx4", "mlx5", "efa", "mana"}, "hns", 3},
		{[]string{"mlx4", "mlx5", "efa", "mana"}, "aaa", 4},
		{[]string{"mana"}, "efa", 1},
	} {
		if got := placeInTail(tt.keys, tt.key); got != tt.want {
			t.Errorf("%s among %v: got %d, want %d", tt.key, tt.keys, got, tt.want)
		}
	}
}

func TestSymbolsOfANewerLibrary(t *testing.T) {
	tree := zoo()
	tree[Symbols] += "libcrab.so.1 ibverbs-providers #MINVER#\n* Build-Depends-Package: libibverbs-dev\n" +
		" (symver)CRAB_1.0 40\n (optional)crabdv_walk@CRAB_1.0 40\n (arch=amd64|symver)\"CRAB_2.0\" 41\n# MISSING: crabdv_run@CRAB_1.1\n"
	p := dv()
	p.Library.Nodes = append(p.Library.Nodes, "CRAB_2.0")
	p.Library.Symbols = append(p.Library.Symbols, Symbol{Name: "crabdv_any", Node: "CRAB_2.0"})
	integrated(t, tree, p)
	_, own, _ := strings.Cut(tree[Symbols], "libcrab.so.1")
	if strings.Count(own, "crabdv_walk@") != 1 || strings.Contains(own, "crabdv_any") ||
		!strings.Contains(own, " CRAB_1.1@CRAB_1.1 56.1\n crabdv_run@CRAB_1.1 56.1\n") {
		t.Errorf("got %s", own)
	}
}

func TestSymbolsWithoutPlace(t *testing.T) {
	tree := zoo()
	tree[Symbols] = "# nothing\n"
	_, err := Integrate(tree, dv())
	place(t, err, "symbols", "got none")
	tree[Symbols] = strings.Repeat("libcrab.so.1 ibverbs-providers #MINVER#\n x@Y 1\n", 2)
	_, err = Integrate(tree, dv())
	place(t, err, "symbols:3", "a second block")
}
