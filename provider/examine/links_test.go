// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// wantParts wants each finding to have its part, and no other finding.
func wantParts(t *testing.T, got, want []string) {
	t.Helper()
	same := len(got) == len(want)
	for i := range min(len(got), len(want)) {
		same = same && strings.Contains(got[i], want[i])
	}
	if !same {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Only what the build cannot do without is an error.
func TestOptionalNeeds(t *testing.T) {
	const without = "is optional: the packages are built without it"
	for name, tt := range map[string]struct {
		cmake, manifest string
		want            []string
	}{
		"find_package":            {cmake: "find_package(Boost)\nif (Boost_FOUND)\ntarget_link_libraries(fly Boost::headers)\nendif()\n", want: []string{"warning: 2:14: want buildRequires"}},
		"what it says":            {cmake: "find_package(Boost)\n", want: []string{without}},
		"quiet":                   {cmake: "find_package(OpenSSL QUIET)\n", want: []string{"warning: 2:14"}},
		"brought":                 {cmake: "find_package(Boost)\n", manifest: "buildRequires: {rpm: [boost-devel]}\n"},
		"linked without an if":    {cmake: "find_package(Boost)\ntarget_link_libraries(fly ${Boost_LIBRARIES})\n", want: []string{"2:14: want buildRequires"}},
		"its target is linked":    {cmake: "find_package(Boost)\ntarget_link_libraries(fly Boost::headers)\n", want: []string{"2:14: want buildRequires"}},
		"its name in capitals":    {cmake: "find_package(OpenSSL)\ntarget_link_libraries(fly ${OPENSSL_LIBRARIES})\n", want: []string{"2:14: want buildRequires"}},
		"its absence is an error": {cmake: "find_package(Boost)\nif (NOT Boost_FOUND)\nmessage(FATAL_ERROR no)\nendif()\n", want: []string{"2:14: want buildRequires"}},
		"another's absence is":    {cmake: "find_package(Boost)\nif (NOT X)\nmessage(FATAL_ERROR no)\nendif()\nif (Boost_FOUND)\nmessage(STATUS yes)\nendif()\n", want: []string{"warning: 2:14"}},
		"find_library":            {cmake: "find_library(N numa)\nif (N)\ntarget_link_libraries(fly ${N})\nendif()\n", want: []string{"warning: 2:16: want buildRequires"}},
		"as an expression":        {cmake: "find_library(N numa)\ntarget_link_libraries(fly $<$<BOOL:${N}>:${N}>)\n", want: []string{"warning: 2:16"}},
		"its library is linked":   {cmake: "find_library(N numa)\ntarget_link_libraries(fly ${N})\n", want: []string{"2:16: want buildRequires"}},
		"another's is linked":     {cmake: "find_library(N numa)\ntarget_link_libraries(fly ${NN})\n", want: []string{"warning: 2:16"}},
		"pkg_check_modules":       {cmake: "pkg_check_modules(NUMA numa)\nif (NUMA_FOUND)\ntarget_link_libraries(fly ${NUMA_LIBRARIES})\nendif()\n", want: []string{"warning: 2:24: want buildRequires"}},
		"its libraries":           {cmake: "pkg_check_modules(P numa)\ntarget_link_libraries(fly ${P_LIBRARIES})\n", want: []string{"2:21: want buildRequires"}},
		"its imported target":     {cmake: "pkg_check_modules(P IMPORTED_TARGET numa)\ntarget_link_libraries(fly PkgConfig::P)\n", want: []string{"2:37: want buildRequires"}},
		"needed by another":       {cmake: "find_library(N numa)\ntarget_link_libraries(fly numa)\n", want: []string{"3:27: want buildRequires"}},
		"another's libraries":     {cmake: "pkg_check_modules(P numa)\ntarget_link_libraries(fly ${PX_LIBRARIES})\n", want: []string{"warning: 2:21"}},
		"beside a mistake":        {cmake: "pkg_check_modules(P numa)\n", manifest: "buildRequires: [numactl-devel]\n"},
		"REQUIRED at the end":     {cmake: "pkg_check_modules(NUMA numa REQUIRED)\n", want: []string{"2:24: want buildRequires"}},
		"rdma-core's own":         {cmake: "find_package(LTTngUST)\nfind_package(UDev)\nfind_package(Systemd)\nfind_package(LDSymVer REQUIRED)\n"},
		"REQUIRED all the same":   {cmake: "find_package(LTTngUST REQUIRED)\n", want: []string{"2:14: want buildRequires"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := needsOf(t, tt.cmake, tt.manifest)
			wantParts(t, got, tt.want)
			if len(tt.want) == 1 && len(got) == 1 && strings.HasPrefix(tt.want[0], "warning") != strings.HasPrefix(got[0], "warning") && tt.want[0] != without {
				t.Errorf("got %q", got[0])
			}
		})
	}
}

func TestNeedsOfFlags(t *testing.T) {
	const brings, inside = "with the packages that provide ", "want a file of this directory or of rdma-core"
	for name, tt := range map[string]struct {
		cmake string
		want  []string
	}{
		"project of C++":         {"project(fly LANGUAGES C CXX)\n", []string{"2:25: want buildRequires in provider.yaml with the packages that provide C++"}},
		"project, short":         {"project(fly CXX)\n", []string{"2:13: want"}},
		"project without":        {"project(fly VERSION 1.0 DESCRIPTION CXX)\n", []string{"2:9: want"}},
		"project of C":           {"project(fly C)\nproject(fly VERSION 1.0 LANGUAGES C)\nproject(fly NONE)\n", nil},
		"project and source":     {"project(fly CXX)\nadd_library(help STATIC bridge.cpp)\n", []string{"2:13: want"}},
		"include directory":      {"target_include_directories(fly PRIVATE /opt/fly/include)\n", []string{"2:40: " + inside}},
		"of all":                 {"include_directories(/opt/fly/include SYSTEM)\n", []string{"2:21: " + inside}},
		"of the system":          {"include_directories(/usr/include/libnl3 /usr/include)\n", nil},
		"not of the system":      {"include_directories(/usr/includes /usr/local/include /usr/include/../../opt)\n", []string{inside, inside, inside}},
		"link directory":         {"link_directories(/opt/fly/lib)\ntarget_link_directories(fly PRIVATE ../../..)\n", []string{"2:18: " + inside, "3:37: " + inside}},
		"link option":            {"target_link_options(fly PRIVATE -lfoo LINKER:-z,now)\n", []string{"2:33: want buildRequires in provider.yaml " + brings + "foo"}},
		"link option of all":     {"add_link_options(-Wl,-lfoo SHELL:-lm)\n", []string{brings + "foo"}},
		"behind the compiler":    {"target_link_libraries(fly -Wl,-lfoo)\n", []string{brings + "foo"}},
		"property":               {"set_target_properties(fly PROPERTIES LINK_FLAGS \"-Wl,-z,now -lbar -L/opt/x\")\n", []string{brings + "bar", inside}},
		"property of one":        {"set_property(TARGET fly APPEND PROPERTY LINK_OPTIONS -l:libbar.a)\n", []string{brings + "bar"}},
		"variable":               {"set(CMAKE_SHARED_LINKER_FLAGS \"${CMAKE_SHARED_LINKER_FLAGS} -lbar\")\n", []string{brings + "bar"}},
		"another variable":       {"set(TEXT \"-lbar\")\n", nil},
		"compiler's option":      {"target_compile_options(fly PRIVATE -I/opt/x -Wall -I../../../x -I${CMAKE_CURRENT_SOURCE_DIR})\n", []string{inside, inside}},
		"said once":              {"find_library(N numa REQUIRED)\ntarget_link_libraries(fly numa)\n", []string{"2:16: want buildRequires"}},
		"said once of two":       {"target_link_libraries(fly numa)\ntarget_link_libraries(fly foo)\n", []string{brings + "numa", brings + "foo"}},
		"all of a reader's file": {"link_libraries(numa)\ntarget_link_libraries(fly LINK_PRIVATE /opt/fly/lib/libz9.a OpenSSL::Crypto)\n", []string{"2:16", inside, brings + "OpenSSL"}},
	} {
		t.Run(name, func(t *testing.T) { wantParts(t, needsOf(t, tt.cmake, ""), tt.want) })
	}
}

// One mistake has one message.
func TestBuildRequiresMistakes(t *testing.T) {
	const numa = "target_link_libraries(fly numa)\n"
	for name, tt := range map[string]struct {
		manifest string
		want     []string
	}{
		"invalid":         {"buildRequires: [numactl-devel]\n", nil},
		"invalid entries": {"buildRequires: {rpm: [\"a; b\"]}\n", nil},
		"for Debian only": {"buildRequires: {debian: [libnuma-dev]}\n", []string{"2:27: want buildRequires.rpm in provider.yaml with the packages that provide numa, got only buildRequires.debian"}},
	} {
		t.Run(name, func(t *testing.T) { wantParts(t, needsOf(t, numa, tt.manifest), tt.want) })
	}
}

// Headers that the release publishes for librdmacm are there.
func TestPublishedHeaders(t *testing.T) {
	p, err := provider.Load(t.Context(), providertest.Folder(t, map[string]string{
		"fly.c": "#include <rdma/rdma_cma.h>\n#include <rdma/rsocket.h>\n#include <rdma/rsockets.h>\n",
	}))
	providertest.WantError(t, err)
	for _, published := range []bool{true, false} {
		tree := providertest.Release()
		want := []string{"fly.c:3:1: want a kernel header"}
		if published {
			tree["librdmacm/"+cmake.FileName] = "publish_headers(rdma\n  rdma_cma.h\n  rsocket.h\n)\npublish_headers(infiniband\n  rsockets.h\n)\n"
		} else {
			want = []string{"fly.c:1:1: want", "fly.c:2:1: want", want[0]}
		}
		_, err := provider.Integrate(tree, p)
		providertest.WantError(t, err)
		errs, err := Release(t.Context(), p, tree, "56.1")
		providertest.WantError(t, err)
		wantParts(t, texts(errs), want)
	}
}

func texts(errs []error) []string {
	var all []string
	for _, err := range errs {
		all = append(all, err.Error())
	}
	return all
}

// A header that no compiled source includes, itself or by another, needs nothing.
func TestHeadersThatAreIncluded(t *testing.T) {
	p, err := provider.Load(t.Context(), providertest.Folder(t, map[string]string{
		"fly.c":     "#include \"inner/a.h\"\n#ifdef HAVE_X\n#include \"maybe.h\"\n#endif\n",
		"inner/a.h": "#include <inner/b.h>\n#include <rdma/a.h>\n", "inner/b.h": "#include \"a.h\"\n#include <rdma/b.h>\n",
		"old.h": "#include <rdma/old.h>\n", "maybe.h": "#include <rdma/maybe.h>\n",
		"unbuilt.c": "#include \"old.h\"\n#include <rdma/unbuilt.h>\n",
	}))
	providertest.WantError(t, err)
	errs, err := Release(t.Context(), p, providertest.Release(), "56.1")
	providertest.WantError(t, err)
	wantParts(t, texts(errs), []string{"inner/a.h:2:1: want", "inner/b.h:2:1: want"})
}

// A release may build providers by another command, or by one with other arguments before the sources.
func TestCommandOfTheRelease(t *testing.T) {
	p, err := provider.Load(t.Context(), providertest.Folder(t, map[string]string{"fly.c": "int fly;\n"}))
	providertest.WantError(t, err)
	for text, want := range map[string][]string{
		"function(rdma_provider DEST)\nendfunction()\n":                           nil,
		"macro(rdma_provider DEST)\nendmacro()\n":                                 nil,
		"function(rdma_shared_provider DEST)\nendfunction()\n":                    {commandsFile + ": want function(rdma_provider DEST), got none"},
		"\nfunction(rdma_provider NAME KIND)\nendfunction()\n":                    {commandsFile + ":2: want function(rdma_provider DEST), got function(rdma_provider NAME KIND)"},
		"function(rdma_provider DEST)\nendfunction()\nfunction(x)\nendfunction()": nil,
	} {
		tree := providertest.Release()
		tree[commandsFile] = text
		_, err := Release(t.Context(), p, tree, "67.0")
		providertest.WantError(t, err, want...)
	}
}
