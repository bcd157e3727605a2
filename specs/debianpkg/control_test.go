// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"strings"
	"testing"
)

func TestControl(t *testing.T) {
	tree := integrated(t, zoo(), crab())
	want(t, tree, Control, nil, "  - crab: Sideways")
	tree = integrated(t, zoo(), dv())
	want(t, tree, Control, []string{"Provides: libant1, libmoth1"}, "Provides: libant1, libcrab1, libmoth1", "  - crab: Sideways")
}

func TestControlPlaces(t *testing.T) {
	for name, wantBefore := range map[string]string{
		"aaa": "  - ant: Small HCAs\n", "cat": "  - moth: Nightly\n", "zebra": "\nPackage: libibverbs-dev\n", "Bat": "  - bee: Flying\n",
	} {
		p := crab()
		p.Name = name
		tree := integrated(t, zoo(), p)
		if !strings.Contains(tree[Control], "  - "+name+": Sideways\n"+wantBefore) {
			t.Errorf("%s is not before %q in\n%s", name, wantBefore, tree[Control])
		}
	}
}

func TestControlWrapsLongDescriptions(t *testing.T) {
	p := crab()
	p.Description = strings.Repeat("word ", 30) + "end"
	tree := integrated(t, zoo(), p)
	for l := range strings.Lines(tree[Control]) {
		if len(l) > descriptionWidth+1 {
			t.Errorf("a line of %d characters: %s", len(l), l)
		}
	}
	if !strings.Contains(tree[Control], "\n    word word") || !strings.Contains(tree[Control], " end\n  - moth") {
		t.Errorf("not wrapped into the item:\n%s", tree[Control])
	}
}

func TestControlKeepsTheFormOfProvides(t *testing.T) {
	const single = "Provides: libant1, libmoth1\n"
	for _, tt := range []struct{ have, want string }{
		{"Provides: libant1 (= 1),\n          libmoth1\n", "Provides: libant1 (= 1),\n          libcrab1,\n          libmoth1\n"},
		{"Provides: libant1,\n# libold1 is gone\n libmoth1\n", "Provides: libant1,\n          libcrab1,\n          libmoth1\n"},
		{"", "Provides: libcrab1\nDescription: drivers\n"},
	} {
		tree := zoo()
		tree[Control] = strings.Replace(tree[Control], single, tt.have, 1)
		integrated(t, tree, dv())
		if !strings.Contains(tree[Control], tt.want) {
			t.Errorf("%q: want %q in\n%s", tt.have, tt.want, tree[Control])
		}
	}
}

func TestControlWithoutPlace(t *testing.T) {
	for _, tt := range []struct{ old, by, says string }{
		{"Package: ibverbs-providers", "Package: others", "got none"},
		{"Package: libibverbs-dev", "Package: ibverbs-providers", "debian/control:16: want one paragraph"},
		{"  - ant: Small HCAs\n  - bee: Flying\n    and buzzing\n  - moth: Nightly\n", "", "a list of drivers"},
		{"Description: drivers\n", "Descr: drivers\n", "no Description"},
	} {
		tree := zoo()
		tree[Control] = strings.Replace(tree[Control], tt.old, tt.by, 1)
		_, err := Integrate(tree, crab())
		place(t, err, tt.says)
		if tree[Copyright] != zoo()[Copyright] {
			t.Error("an error leaves other files edited")
		}
	}
}

func TestPackageName(t *testing.T) {
	for _, tt := range []struct{ name, major, want string }{
		{"mana", "1", "libmana1"}, {"mlx5", "1", "libmlx5-1"}, {"bnxt_re", "2", "libbnxt-re2"}, {"Foo", "1", "libfoo1"},
	} {
		if got := (&Library{Name: tt.name, SoMajor: tt.major}).packageName(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}
