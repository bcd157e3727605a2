// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"maps"
	"strings"
	"testing"
)

// managed is the zoo with a package of a connection manager, whose pages a
// pattern takes, and one of programs, which names them.
func managed() memory {
	tree := zoo()
	tree[Control] += "\nPackage: libcm-dev\nDescription: x\n\nPackage: utils\nDescription: x\n\nPackage: empty\nDescription: x\n"
	tree["debian/libcm-dev.install"] = "usr/include/rdma/cm.h\nusr/share/man/man3/rdma_*.3\n"
	tree["debian/utils.install"] = "usr/bin/ibv_devices\nusr/share/man/man1/ibv_devices.1\n"
	return tree
}

func TestPagesLeaveOthersAlone(t *testing.T) {
	for _, tt := range []struct {
		name     string
		pages    []ManPage
		cm, want string // the other package's lines; what is added
	}{
		{"a pattern of one's own", []ManPage{{3, "fly_a"}, {3, "fly_b"}}, "", "man3/fly_*.3"},
		{"pages that another package names", []ManPage{{1, "ibv_flya"}, {1, "ibv_flyb"}}, "", "man1/ibv_flya.1 man1/ibv_flyb.1"},
		{
			"a pattern that could match the same",
			[]ManPage{{3, "rdma_fly_open"}, {3, "rdma_fox_close"}},
			"usr/share/man/man3/rdma_get*.3\n", "man3/rdma_fly_open.3 man3/rdma_fox_close.3",
		},
		{"a pattern in the same package", []ManPage{{3, "antdw"}, {3, "moth_a"}, {3, "moth_b"}}, "", "man3/antdw.3 man3/moth_a.3 man3/moth_b.3"},
		{"another section", []ManPage{{7, "rdma_a"}, {7, "rdma_b"}}, "", "man7/rdma_*.7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree := managed()
			if tt.cm != "" {
				tree["debian/libcm-dev.install"] = tt.cm
			}
			p := dv()
			p.Library = nil
			p.ManPages = tt.pages
			before := lines(tree)
			var got []string
			integrated(t, tree, p)
			for _, file := range []string{Runtime, Development} {
				for l := range strings.Lines(tree[file]) {
					if page, ok := strings.CutPrefix(l, "usr/share/man/"); ok && !before[l] {
						got = append(got, strings.TrimSpace(page))
					}
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func lines(tree memory) map[string]bool {
	all := map[string]bool{}
	for _, text := range tree {
		for l := range strings.Lines(text) {
			all[l] = true
		}
	}
	return all
}

// TestPagesThatAnotherPackageTakes would be in two packages.
func TestPagesThatAnotherPackageTakes(t *testing.T) {
	for _, library := range []bool{false, true} {
		p := dv()
		p.ManPages = []ManPage{{3, "rdma_fly_open"}, {1, "crab"}}
		if !library {
			p.Library = nil
		}
		tree := managed()
		before := maps.Clone(tree)
		_, err := Integrate(tree, p)
		place(t, err, "debian/libcm-dev.install:2", "rdma_fly_open.3", Development, "rdma_*.3")
		if !maps.Equal(tree, before) {
			t.Error("something was written")
		}
	}
	p := crab()
	p.ManPages = []ManPage{{1, "ibv_devices"}}
	_, err := Integrate(managed(), p)
	place(t, err, "debian/utils.install:2", "ibv_devices.1", Runtime)
	// A library's header in a directory that another package has.
	tree := managed()
	tree["debian/utils.install"] += "usr/include/\n"
	_, err = Integrate(tree, dv())
	place(t, err, "debian/utils.install:3", "crabdv.h")
}
