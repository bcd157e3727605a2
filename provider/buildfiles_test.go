// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// What a block decides is never left out of the packages without a word.
func TestVariableThatBlockDecides(t *testing.T) {
	const decided = "if (ENABLE_X)\n  list(APPEND V %s)\nendif()\nlist(APPEND V %s)\n"
	files := map[string]string{"fly.h": "x\n", "fly_x.h": "x\n", "fly_z.h": "x\n", "man/fly_x.3": "x\n", "man/flydv_open.3": "x\n", "man/flydv.7.md": "x\n"}
	for name, tt := range map[string]struct{ file, text, want string }{
		"headers": {
			cmake.FileName, libraryCMake + "set(V fly.h)\n" + strings.Replace(strings.Replace(decided, "%s", "fly_x.h", 1), "%s", "fly_z.h", 1) +
				"publish_headers(infiniband ${V})\n",
			cmake.FileName + ":34: want the name of a header, or a variable set() here",
		},
		"pages": {
			"man/" + cmake.FileName, "set(V flydv.7.md)\n" + strings.Replace(strings.Replace(decided, "%s", "fly_x.3", 1), "%s", "flydv_open.3", 1) +
				"rdma_man_pages(${V})\n",
			"man/" + cmake.FileName + ":6: want a page NAME.SECTION, or a variable set() here",
		},
	} {
		t.Run(name, func(t *testing.T) {
			change := map[string]string{tt.file: tt.text}
			maps.Copy(change, files)
			_, err := Load(t.Context(), libraryFolder(t, change))
			providertest.WantError(t, err, tt.want)
			if _, ok := errors.AsType[*PlaceError](err); !ok {
				t.Errorf("want a *PlaceError, got %T", err)
			}
		})
	}
}

// A directory that another takes in begins with the variables of that one.
func TestVariableOfTheFolderAbove(t *testing.T) {
	files := map[string]string{
		cmake.FileName:          "set(PAGES fly.7)\nrdma_provider(fly fly.c)\nadd_subdirectory(doc)\n",
		"doc/" + cmake.FileName: "list(APPEND PAGES other.8)\nrdma_man_pages(${PAGES})\n",
		"doc/fly.7":             "x", "doc/other.8": "x",
	}
	_, err := Load(t.Context(), providertest.Folder(t, files))
	providertest.WantError(t, err, "doc/"+cmake.FileName+":2: want a page", "${PAGES}")
	files["doc/"+cmake.FileName] = "set(PAGES)\n" + files["doc/"+cmake.FileName]
	p, err := Load(t.Context(), providertest.Folder(t, files))
	providertest.WantError(t, err)
	if got := p.ManPages(); !slices.Equal(got, []ManPage{{8, "other"}}) {
		t.Errorf("pages %v", got)
	}
}

// A CMakeLists.txt that grows ends in an error, whoever wrote it.
func TestCMakeThatGrows(t *testing.T) {
	const want = "variables that expand to at most 10000 values and 1048576 bytes in one file"
	text := "set(A x y)\n" + strings.Repeat("set(A ${A} ${A})\n", 30)
	wantGrown := func(file string, err error) {
		t.Helper()
		providertest.WantError(t, err, file+":13: want "+want)
		if place, ok := errors.AsType[*PlaceError](err); !ok || !strings.HasSuffix(place.File, file) {
			t.Errorf("want a *PlaceError, got %T", err)
		}
	}
	folder := providertest.Folder(t, map[string]string{cmake.FileName: text + "rdma_provider(fly fly.c)\n"})
	_, err := Load(t.Context(), folder)
	wantGrown(cmake.FileName, err)

	// A release's own provider, and a directory of it that installs something.
	tree := oldFly()
	tree["providers/fly/"+cmake.FileName] = text
	_, err = InRelease(listTree{tree}, "fly")
	wantGrown("providers/fly/"+cmake.FileName, err)
	tree = providertest.Release()
	tree[TopCMake] += "add_subdirectory(lib)\n"
	tree["lib/"+cmake.FileName] = text
	p, err := Load(t.Context(), libraryFolder(t, nil))
	providertest.WantError(t, err)
	_, err = Integrate(tree, p)
	wantGrown("lib/"+cmake.FileName, err)
}

// Without a CMakeLists.txt nothing is known of what is compiled.
func TestBuiltWithoutCMake(t *testing.T) {
	p := &Provider{Files: []File{{Name: "fly.c"}}}
	if built := p.Built(); !built.Has("fly.c") {
		t.Error("fly.c is not compiled")
	}
	p = &Provider{Files: []File{{Name: "CMakeLists.txt", data: []byte("rdma_provider(fly fly.c)\n")}, {Name: "sub/x.cmake", data: []byte("set(S x.c)\n")}}}
	built := p.Built()
	for name, want := range map[string]bool{"fly.c": true, "sub/x.c": true, "x.c": false, "other.c": false} {
		if built.Has(name) != want {
			t.Errorf("%s is compiled: %v", name, !want)
		}
	}
	p.Files[1].data = []byte("set(S")
	if !p.Built().Has("other.c") {
		t.Error("a file that cannot be read names nothing else")
	}
}

// A release's own provider publishes kernel headers that no manifest names.
func TestInReleasePublishesKernelHeaders(t *testing.T) {
	tree := providertest.Release()
	tree["providers/ant/CMakeLists.txt"] = "rdma_shared_provider(ant libant.map 1 1.0 ant.c)\n" +
		"publish_headers(infiniband ../../kernel-headers/rdma/ant-abi.h)\n"
	tree["providers/ant/libant.map"], tree["providers/ant/ant.c"] = "ANT_1.0 { global: ant; local: *; };\n", "int ant;\n"
	p, err := InRelease(listTree{tree}, "ant")
	providertest.WantError(t, err)
	if lib := p.Library(); lib == nil || !slices.Equal(lib.Headers, []string{"ant-abi.h"}) {
		t.Errorf("%+v", lib)
	}
}
