// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

// What a block decides is never left out of the packages without a word.
func TestVariableThatBlockDecides(t *testing.T) {
	const decided = "if (ENABLE_X)\n  list(APPEND V %s)\nendif()\nlist(APPEND V %s)\n"
	files := map[string]string{"fly.h": "x\n", "fly_x.h": "x\n", "fly_z.h": "x\n", "man/fly_x.3": "x\n", "man/flydv_open.3": "x\n", "man/flydv.7.md": "x\n"}
	for name, tt := range map[string]struct{ file, text, want string }{
		"headers": {
			cmakeName, libraryCMake + "set(V fly.h)\n" + strings.Replace(strings.Replace(decided, "%s", "fly_x.h", 1), "%s", "fly_z.h", 1) +
				"publish_headers(infiniband ${V})\n",
			cmakeName + ":34: looked for the name of a header, or a variable that set() gives here",
		},
		"pages": {
			"man/" + cmakeName, "set(V flydv.7.md)\n" + strings.Replace(strings.Replace(decided, "%s", "fly_x.3", 1), "%s", "flydv_open.3", 1) +
				"rdma_man_pages(${V})\n",
			"man/" + cmakeName + ":6: looked for a page NAME.SECTION, or a variable that set() gives here",
		},
	} {
		t.Run(name, func(t *testing.T) {
			change := map[string]string{tt.file: tt.text}
			maps.Copy(change, files)
			_, err := Load(t.Context(), libraryFolder(t, change))
			wantError(t, err, tt.want)
			if _, ok := errors.AsType[*PlaceError](err); !ok {
				t.Errorf("want a *PlaceError, got %T", err)
			}
		})
	}
}

// A folder that another takes in begins with the variables of that one.
func TestVariableOfTheFolderAbove(t *testing.T) {
	files := map[string]string{
		cmakeName:          "set(PAGES fly.7)\nrdma_provider(fly fly.c)\nadd_subdirectory(doc)\n",
		"doc/" + cmakeName: "list(APPEND PAGES other.8)\nrdma_man_pages(${PAGES})\n",
		"doc/fly.7":        "x", "doc/other.8": "x",
	}
	_, err := Load(t.Context(), smallFolder(t, files))
	wantError(t, err, "doc/"+cmakeName+":2: looked for a page", "${PAGES}")
	files["doc/"+cmakeName] = "set(PAGES)\n" + files["doc/"+cmakeName]
	p, err := Load(t.Context(), smallFolder(t, files))
	wantError(t, err)
	if got := p.ManPages(); !slices.Equal(got, []ManPage{{8, "other"}}) {
		t.Errorf("pages %v", got)
	}
}

// A CMakeLists.txt that grows ends in an error, whoever wrote it.
func TestCMakeThatGrows(t *testing.T) {
	const want = "variables that stand for at most 10000 values and 1048576 bytes in one file"
	text := "set(A x y)\n" + strings.Repeat("set(A ${A} ${A})\n", 30)
	wantGrown := func(file string, err error) {
		t.Helper()
		wantError(t, err, file+":13: looked for "+want)
		if place, ok := errors.AsType[*PlaceError](err); !ok || !strings.HasSuffix(place.File, file) {
			t.Errorf("want a *PlaceError, got %T", err)
		}
	}
	folder := smallFolder(t, map[string]string{cmakeName: text + "rdma_provider(fly fly.c)\n"})
	_, err := Load(t.Context(), folder)
	wantGrown(cmakeName, err)

	// A release's own provider, and a folder of it that installs something.
	tree := oldFly()
	tree["providers/fly/"+cmakeName] = text
	_, err = InRelease(listTree{tree}, "fly")
	wantGrown("providers/fly/"+cmakeName, err)
	tree = smallRelease()
	tree[TopCMake] += "add_subdirectory(lib)\n"
	tree["lib/"+cmakeName] = text
	p, err := Load(t.Context(), libraryFolder(t, nil))
	wantError(t, err)
	_, err = Integrate(tree, p)
	wantGrown("lib/"+cmakeName, err)
}
