// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"strings"
	"testing"
)

func TestBuildDepends(t *testing.T) {
	for name, tt := range map[string]struct{ before, after string }{
		"a line":             {"Build-Depends: cmake, g++ (>= 9)\n", "Build-Depends: cmake, g++ (>= 9),\n               libnuma-dev (>= 2)\n"},
		"lines":              {"Build-Depends: cmake,\n# a word\n               g++ [amd64],\n# the end\n", "Build-Depends: cmake,\n# a word\n               g++ [amd64],\n               libnuma-dev (>= 2)\n# the end\n"},
		"what is there":      {"Build-Depends: libnuma-dev, g++\n", "Build-Depends: libnuma-dev, g++\n"},
		"another that is it": {"Build-Depends: g++ | c++, libnuma-dev-x\n", "Build-Depends: g++ | c++, libnuma-dev-x,\n               libnuma-dev (>= 2)\n"},
	} {
		t.Run(name, func(t *testing.T) {
			tree, p := zoo(), crab()
			rest := strings.TrimPrefix(tree[Control], "Source: rdma-core\n")
			tree[Control] = "Source: rdma-core\n" + tt.before + rest
			p.BuildDepends = []string{"libnuma-dev (>= 2)", "g++"}
			if got := integrated(t, tree, p)[Control]; !strings.HasPrefix(got, "Source: rdma-core\n"+tt.after) {
				t.Errorf("got\n%s", got)
			}
		})
	}
	p := crab()
	p.BuildDepends = []string{"libnuma-dev"}
	_, err := Integrate(zoo(), p)
	place(t, err, "debian/control:1", "Build-Depends")
	p.BuildDepends = []string{"x; y"}
	if _, err := Integrate(zoo(), p); err == nil {
		t.Error("x; y is a package")
	}
}
