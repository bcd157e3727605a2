// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// needsOf returns what checkNeeds says of a CMakeLists.txt behind its first line, which
// makes the provider: "LINE: want …", warnings with "warning: " before it.
func needsOf(t *testing.T, lists, manifest string) []string {
	t.Helper()
	dir := providertest.Folder(t, map[string]string{
		cmake.FileName:        "rdma_provider(fly fly.c)\n" + lists,
		provider.ManifestName: providertest.Manifest + manifest,
		"sub/fast.c":          "", "bridge.cpp": "int bridge;\n",
	})
	x := Examine(t.Context(), dir)
	var out []string
	for _, f := range x.Answers[2].Findings {
		text := strings.TrimPrefix(f.Err.Error(), filepath.Join(dir, cmake.FileName)+":")
		if f.Warning {
			text = "warning: " + text
		}
		out = append(out, text)
	}
	return out
}

func TestNeeds(t *testing.T) {
	const requires = "buildRequires: {rpm: [numactl-devel, gcc-c++, boost-devel], debian: [libnuma-dev, g++, libboost-dev]}\n"
	for _, tt := range []struct {
		name, cmake, manifest string
		want                  []string // parts of each finding
	}{
		{name: "a library", cmake: "target_link_libraries(fly-rdmav${IBVERBS_PABI_VERSION} LINK_PRIVATE numa)\n", want: []string{"2:69: want buildRequires in provider.yaml with the packages that provide numa"}},
		{name: "a library that is brought", cmake: "target_link_libraries(fly LINK_PRIVATE numa)\n", manifest: requires},
		{name: "as an option of the linker", cmake: "target_link_libraries(fly -pthread -Wl,-z,now -lnuma)\n", want: []string{"provide numa"}},
		{name: "as a file", cmake: "target_link_libraries(fly libnuma.so)\n", want: []string{"provide numa"}},
		{name: "an imported target", cmake: "target_link_libraries(fly OpenSSL::Crypto)\n", want: []string{"provide OpenSSL"}},
		{name: "another name than the packages'", cmake: "target_link_libraries(fly hwloc)\n", manifest: requires, want: []string{"warning: 2:27: want a package in buildRequires.rpm that provides hwloc, got numactl-devel"}},
		{name: "nothing for Debian", cmake: "target_link_libraries(fly numa)\n", manifest: "buildRequires: {rpm: [numactl-devel]}\n", want: []string{"warning: 2:27: want buildRequires.debian as well"}},
		{name: "what there is", cmake: "target_link_libraries(fly PRIVATE debug ibverbs mlx5 efa-static rdma_util m pthread ${CMAKE_DL_LIBS} Threads::Threads nl-3)\nlink_libraries(c)\n"},
		{name: "its own target", cmake: "add_library(help STATIC fly.c)\ntarget_link_libraries(fly help)\n"},
		{name: "an option", cmake: "if (ENABLE_X)\nfind_package(Boost REQUIRED)\ntarget_link_libraries(fly LTTng::UST numa)\nendif()\n"},
		{name: "a variable", cmake: "set(LIBS numa)\ntarget_link_libraries(fly ${LIBS} ${OTHER})\n", want: []string{"3:27: want buildRequires"}},
		{name: "find_package", cmake: "find_package(Boost REQUIRED COMPONENTS program_options)\nfind_package(Threads REQUIRED)\nfind_package(PkgConfig REQUIRED)\n", want: []string{"2:14: want buildRequires in provider.yaml with the packages that provide Boost"}},
		{name: "find_library", cmake: "find_library(N NAMES numa PATHS /x REQUIRED)\nfind_library(M m)\n", want: []string{"2:22: want buildRequires"}},
		{name: "pkg_check_modules", cmake: "pkg_check_modules(X REQUIRED IMPORTED_TARGET numa>=2.0 libnl-3.0)\n", want: []string{"provide numa"}},
		{name: "C++", cmake: "enable_language(CXX)\nadd_library(help STATIC bridge.cpp)\n", want: []string{"2:17: want buildRequires in provider.yaml with the packages that provide C++"}},
		{name: "C++ that is brought", cmake: "enable_language(CXX)\nadd_library(help STATIC bridge.cpp)\n", manifest: requires},
		{name: "C++ without a word", cmake: "add_library(help STATIC bridge.cpp)\n", manifest: requires, want: []string{"2:25: want enable_language(CXX)"}},
		{name: "another language", cmake: "enable_language(Fortran)\n", want: []string{"provide Fortran"}},
		{name: "C", cmake: "enable_language(C ASM)\n"},
		{name: "a file outside", cmake: "add_library(a STATIC ../../../Else/help.c)\nadd_library(b STATIC ${CMAKE_CURRENT_SOURCE_DIR}/../../../Else/help.c)\nadd_library(c STATIC /usr/src/x.c)\n", want: []string{"2:22: want a file of this directory or of rdma-core", "3:22: want a file", "4:22: want a file"}},
		{name: "a directory outside", cmake: "include_directories(../../../Else)\ninclude_directories(../../libibverbs ${PROJECT_SOURCE_DIR}/util /usr/include/libnl3)\ninclude(${CMAKE_SOURCE_DIR}/../x.cmake)\n", want: []string{"2:21: want a file", "4:9: want a file"}},
		{name: "a library outside", cmake: "target_link_libraries(fly /opt/x/libx.a)\n", want: []string{"2:27: want a file"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := needsOf(t, tt.cmake, tt.manifest)
			same := len(got) == len(tt.want)
			for i := range min(len(got), len(tt.want)) {
				same = same && strings.Contains(got[i], tt.want[i])
			}
			if !same {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestBuildRequiresAreNames(t *testing.T) {
	_, err := provider.Load(t.Context(), providertest.Folder(t, map[string]string{provider.ManifestName: providertest.Manifest + "buildRequires:\n  rpm: [a, pkgconfig(b) >= 2.0-1, /usr/bin/x, '%{evil}', 'a b', a]\n  debian: [libb-dev (>= 2), 'x; y', Upper]\n"}))
	providertest.WantError(t, err, "buildRequires.rpm[3]", "buildRequires.rpm[4]", "buildRequires.rpm[5]", "again", "buildRequires.debian[1]", "buildRequires.debian[2]")
	for _, part := range []string{"rpm[0]", "rpm[1]", "rpm[2]", "debian[0]"} {
		if strings.Contains(err.Error(), part) {
			t.Errorf("%q has %s", err, part)
		}
	}
}

func TestBinaryFile(t *testing.T) {
	dir := providertest.Folder(t, map[string]string{"blob.bin": "one\ntwo\x00\n"})
	_, err := provider.Load(t.Context(), dir)
	providertest.WantError(t, err, filepath.Join(dir, "blob.bin")+":2: want a text file", "privateFiles", "a binary file")
	x := Examine(t.Context(), dir)
	if !x.Answers[1].Failed() {
		t.Errorf("the folder passes: %+v", x.Answers[1])
	}
	_, err = provider.Load(t.Context(), providertest.Folder(t, map[string]string{"blob.bin": "\x00", provider.ManifestName: strings.Replace(providertest.Manifest, "lab/,", "lab/, \"*.bin\",", 1)}))
	providertest.WantError(t, err)
}

func TestIncludesOutside(t *testing.T) {
	dir := providertest.Folder(t, map[string]string{"fly.c": "#include \"../../../Else/x.h\"\n#include \"../../util/y.h\"\n"})
	var got []string
	for _, f := range Examine(t.Context(), dir).Answers[2].Findings {
		got = append(got, f.Err.Error())
	}
	if len(got) != 1 || !strings.Contains(got[0], "fly.c:1:1: want a file of this directory or of rdma-core") {
		t.Errorf("got %q", got)
	}
}

func TestInRelease(t *testing.T) {
	const flyC = `#include <rdma/ant-abi.h>
#include <kernel-abi/ant-abi.h>
#include "rdma/bee/bee.h"
#include <rdma/fly-abi.h>
  #  include <kernel-abi/fly-abi.h> /* here */
#ifdef HAVE_OTHER
#include <rdma/other.h>
int other = RDMA_DRIVER_OTHER;
#endif
#define FLY_ID RDMA_DRIVER_FLY
#define RDMA_DRIVER_OWN 7
/* RDMA_DRIVER_COMMENT */ const char *text = "RDMA_DRIVER_TEXT";
int ids[] = { RDMA_DRIVER_ANT, RDMA_DRIVER_OWN, RDMA_DRIVER_FLY };
#include "fly.h"
`
	const flyH = "#ifndef FLY_H\n#define FLY_H\n#include <rdma/lost.h>\n#endif\n"
	none := []string{"abiHeader: fly-abi.h\n", "", "  constant: RDMA_DRIVER_FLY\n  policy: next", "  policy: none"}
	for _, tt := range []struct {
		name     string
		manifest []string
		want     []string
	}{
		{"brought", nil, []string{"fly.h:3:1: want a kernel header that rdma-core 56.1 has or that abiHeader, abiHeaders or ioctlHeaders of provider.yaml adds, got <rdma/lost.h>"}},
		{"not brought", none, []string{
			"fly.c:4:1: want a kernel header", "fly.c:5:3: want a kernel header that rdma-core 56.1 has or that abiHeader or abiHeaders of provider.yaml adds, got <kernel-abi/fly-abi.h>",
			"fly.c:10:1: want a driver id that rdma-core 56.1 has or that driverID of provider.yaml adds, got RDMA_DRIVER_FLY", "fly.c:13:49: want a driver id", "fly.h:3:1: want a kernel header",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := provider.Load(t.Context(), providertest.Folder(t, map[string]string{
				provider.ManifestName: strings.NewReplacer(tt.manifest...).Replace(providertest.Manifest), "fly.c": flyC, "fly.h": flyH,
				"unbuilt.c": "#include <rdma/never.h>\n",
			}))
			providertest.WantError(t, err)
			tree := providertest.Release()
			_, err = provider.Integrate(tree, p)
			providertest.WantError(t, err)
			errs, err := Release(t.Context(), p, tree, "56.1")
			providertest.WantError(t, err)
			var got []string
			for _, e := range errs {
				got = append(got, strings.TrimPrefix(e.Error(), p.Dir+"/"))
			}
			same := len(got) == len(tt.want)
			for i := range min(len(got), len(tt.want)) {
				same = same && strings.HasPrefix(got[i], tt.want[i])
			}
			if !same {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// listed is a release's files in memory, which can be listed.
type listed struct{ providertest.Tree }

func (l listed) List(dir string) ([]string, error) {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(l.Tree)), func(name string) bool { return !strings.HasPrefix(name, dir+"/") })
	return names, nil
}

// TestUpstreamsNeedNothing: none of the providers of a release takes anything that
// the release has not. Without a clone of rdma-core there is nothing to read.
func TestUpstreamsNeedNothing(t *testing.T) {
	clone := os.Getenv("VERBSMITH_RDMA_CORE")
	if clone == "" {
		t.Skip("VERBSMITH_RDMA_CORE names no clone of rdma-core")
	}
	for _, tag := range []string{"v32.0", "v34.0", "v42.0", "v50.0", "v56.1", "v64.0", "origin/master"} {
		tree := listed{unpacked(t, clone, tag)}
		seen := 0
		for name := range tree.Tree {
			parts := strings.Split(name, "/")
			if len(parts) != 3 || parts[0] != "providers" || parts[2] != cmake.FileName {
				continue
			}
			p, err := provider.InRelease(tree, parts[1])
			if err != nil || p == nil {
				t.Errorf("%s %s: %v", tag, parts[1], err)
				continue
			}
			seen++
			a := Answer{}
			(&subject{Provider: p}).checkNeeds(&a)
			c, _ := p.Sources(t.Context())
			errs, err := Release(t.Context(), p, tree, tag)
			providertest.WantError(t, err)
			for _, f := range a.Findings {
				errs = append(errs, f.Err)
			}
			for _, err := range append(errs, (&subject{Provider: p}).includesOutside(c)...) {
				t.Errorf("%s: %v", tag, err)
			}
		}
		t.Logf("%s: %d providers", tag, seen)
	}
}

func unpacked(t *testing.T, clone, tag string) providertest.Tree {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "-C", clone, "archive", tag, "providers", "kernel-headers", provider.TopCMake).Output()
	if err != nil {
		t.Fatal(err)
	}
	tree := providertest.Tree{}
	for r := tar.NewReader(bytes.NewReader(out)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return tree
		}
		providertest.WantError(t, err)
		data, err := io.ReadAll(r)
		providertest.WantError(t, err)
		if h.Typeflag == tar.TypeReg {
			tree[h.Name] = string(data)
		}
	}
}
