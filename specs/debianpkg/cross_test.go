// SPDX-License-Identifier: Apache-2.0

package debianpkg_test

import (
	"testing"

	"github.com/resnics/verbsmith/specs/debianpkg"
)

// What a build runs is of its own processor, libraries are of the other one, and other fields are left alone.
func TestCrossControl(t *testing.T) {
	for name, tt := range map[string]struct{ control, want string }{
		"a list": {
			"Source: rdma-core\nBuild-Depends: cmake (>= 2.8.11),\n               cython3,\n               python3-dev,\n# python3\n               libnl-3-dev\nHomepage: python3\n",
			"Source: rdma-core\nBuild-Depends: cmake (>= 2.8.11),\n               cython3:native,\n               python3-dev:native, libpython3-dev,\n# python3\n               libnl-3-dev\nHomepage: python3\n",
		},
		"one line": {
			"Build-Depends: python3, python3-all-dev (>= 3.9) | python3-dev, libnl-3-dev\n",
			"Build-Depends: python3:native, python3-all-dev:native (>= 3.9) | python3-dev:native, libpython3-all-dev, libnl-3-dev\n",
		},
		"what is qualified, or is another": {
			"Build-Depends-Arch: python3:any, python3-docutils, dh-python, cython3-legacy\n",
			"Build-Depends-Arch: python3:any, python3-docutils, dh-python, cython3-legacy\n",
		},
		"the headers are there": {
			"Build-Depends: python3-dev, libpython3-dev\n",
			"Build-Depends: python3-dev:native, libpython3-dev\n",
		},
		"no list": {"Source: x\nPriority: python3\n", "Source: x\nPriority: python3\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(debianpkg.CrossControl([]byte(tt.control))); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
