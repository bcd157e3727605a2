// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/providertest"
	"github.com/resnics/verbsmith/specs/strictyaml"
)

const libraryCMake = `if (ENABLE_TRACE AND TRACE_FOUND)
  set(TRACE_FILE fly_trace.c)
endif()
set(PAGES flydv.7.md)
function(unused)
  rdma_man_pages(${ARGN})
endfunction()

rdma_shared_provider(fly libfly.map
  1 1.1.${PACKAGE_VERSION}
  ${TRACE_FILE}
  fly.c
  sub/fast.c
)

publish_headers(infiniband
  flydv.h
  ../../kernel-headers/rdma/fly-abi.h
)
if (ENABLE_TRACE AND TRACE_FOUND)
  target_include_directories(fly PUBLIC ".")
else()
  message(STATUS "no trace")
endif()

rdma_pkg_config("fly" "libibverbs" "${CMAKE_THREAD_LIBS_INIT}")
install(FILES fly.conf DESTINATION "${CMAKE_INSTALL_MODPROBEDIR}/")
install(FILES udev.in RENAME 70-fly.rules DESTINATION "${CMAKE_INSTALL_UDEV_RULESDIR}")
`

const libraryMan = `rdma_man_pages(
  ${PAGES}
  flydv_open.3
)
rdma_alias_man_pages(flydv_open.3 flydv_close.3)
`

// libraryFolder is a provider with a direct-verbs library.
func libraryFolder(t *testing.T, change map[string]string) string {
	t.Helper()
	files := map[string]string{
		ManifestName:   strings.Replace(providertest.Manifest, "coherentDMA: true", "coherentDMA: true\n  subdirectories: [man]", 1),
		cmake.FileName: libraryCMake, "libfly.map": strings.Replace(providertest.Map, `; "x y";`, ";", 1),
		"flydv.h": "#define FLY\n", "fly_trace.c": "int trace;\n", "fly.conf": "options fly\n", "udev.in": "# rule\n",
		"man/" + cmake.FileName: strings.Replace(libraryMan, "${PAGES}", "flydv.7.md", 1), "man/flydv.7.md": "page\n", "man/flydv_open.3": "page\n",
	}
	maps.Copy(files, change)
	return providertest.Folder(t, files)
}

func TestLibrary(t *testing.T) {
	p, err := Load(t.Context(), libraryFolder(t, nil))
	providertest.WantError(t, err)
	pages := []ManPage{{7, "flydv"}, {3, "flydv_open"}, {3, "flydv_close"}}
	want := &Library{
		Name: "fly", Map: "libfly.map", SoMajor: "1", Version: "1.1.${PACKAGE_VERSION}",
		Nodes:   []string{"FLY_1.0", "FLY_1.1"},
		Symbols: []Symbol{{Name: "flydv_land", Node: "FLY_1.0"}, {Name: "flydv_open", Node: "FLY_1.0"}, {Name: "flydv_close", Node: "FLY_1.0"}, {Name: "flydv_land", Node: "FLY_1.1"}},
		Headers: []string{"flydv.h", "fly-abi.h"}, PkgConfig: true, ManPages: pages,
	}
	if got := p.Library(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	installed := []Installed{{Modprobe, "fly.conf", "fly.conf"}, {UdevRules, "70-fly.rules", "udev.in"}}
	if got := p.Installed(); !slices.Equal(got, installed) {
		t.Errorf("installed %+v, want %+v", got, installed)
	}
	if p := smallProvider(t); p.Library() != nil || p.ManPages() != nil || p.Installed() != nil {
		t.Errorf("a plug-in has %+v, %v, %v", p.Library(), p.ManPages(), p.Installed())
	}
}

// A plug-in can have pages; a variable that set() gives stands for its values;
// directories can be taken in by CMake alone.
func TestLibraryManPagesOfPlugin(t *testing.T) {
	p, err := Load(t.Context(), providertest.Folder(t, map[string]string{
		cmake.FileName:          "set(SOURCES fly.c)\nlist(APPEND SOURCES sub/fast.c)\nrdma_provider(fly ${SOURCES})\nadd_subdirectory(doc)\n",
		"doc/" + cmake.FileName: "set(N fly)\nset(PAGES ${N}.7.md other.8.in.rst)\nif (X)\nrdma_man_pages(${PAGES})\nelse()\nrdma_man_pages(${N}.7.md)\nendif()\n",
		"doc/fly.7.md":          "x", "doc/other.8.in.rst": "x",
	}))
	providertest.WantError(t, err)
	if got := p.ManPages(); p.Library() != nil || !slices.Equal(got, []ManPage{{7, "fly"}, {8, "other"}}) {
		t.Errorf("pages %v, library %v", got, p.Library())
	}
	if markdown, rst := p.PageSources(); !markdown || !rst {
		t.Errorf("written in Markdown: %v, in reStructuredText: %v", markdown, rst)
	}
	if markdown, rst := smallProvider(t).PageSources(); markdown || rst {
		t.Errorf("no pages, and written in Markdown: %v, in reStructuredText: %v", markdown, rst)
	}
}

func TestLibraryMistakes(t *testing.T) {
	tests := []struct {
		name     string
		file     string
		old, new string // an empty new drops the file where old is empty
		want     string
	}{
		{"no map", "libfly.map", "", "", cmake.FileName + ":9: want the file libfly.map"},
		{"map that is none", cmake.FileName, "libfly.map", "${MAP}", cmake.FileName + ":9: want a version map"},
		{"map with a mistake", "libfly.map", "} FLY_1.0;", "} FLY_0.9;", "libfly.map:15: "},
		{"no header", "flydv.h", "", "", cmake.FileName + ":17: want the header flydv.h"},
		{"header of a variable", cmake.FileName, "  flydv.h", "  ${HEADERS}", cmake.FileName + ":17: want the name of a header"},
		{"header in another place", cmake.FileName, "publish_headers(infiniband", "publish_headers(rdma", cmake.FileName + ":16: "},
		{"kernel header of somebody else", cmake.FileName, "rdma/fly-abi.h", "rdma/wasp-abi.h", cmake.FileName + ":18: "},
		{"header twice", cmake.FileName, "  flydv.h", "  flydv.h\n  sub/../flydv.h", cmake.FileName + ":18: want each header"},
		{"soname", cmake.FileName, "  1 1.1", "  one 1.1", cmake.FileName + ":10: want the number of libfly.so"},
		{"no version", cmake.FileName, "  1 1.1.${PACKAGE_VERSION}", "  1", cmake.FileName + ":11: want numbers"},
		{"hostile version", cmake.FileName, "1.1.${PACKAGE_VERSION}", "\"1;rm\"", cmake.FileName + ":10: want numbers"},
		{"two libraries", cmake.FileName, "publish_headers", "rdma_shared_provider(fly libfly.map 2 2.0 fly.c)\npublish_headers", "a different one"},
		{"library and plug-in", cmake.FileName, "publish_headers", "rdma_provider(fly fly.c)\npublish_headers", "both"},
		{"pkg-config of another", cmake.FileName, `rdma_pkg_config("fly"`, `rdma_pkg_config("wasp"`, `rdma_pkg_config(fly …, got rdma_pkg_config("wasp"`},
		{"page that is not there", "man/flydv.7.md", "", "", "man/" + cmake.FileName + ":2: want the file flydv.7.md"},
		{"pages that a condition decides", "man/" + cmake.FileName, "rdma_man_pages(", "if (X)\nset(P flydv.7.md)\nendif()\nrdma_man_pages(${P} ", "man/" + cmake.FileName + ":4: want a page"},
		{"page without a section", "man/" + cmake.FileName, "flydv_open.3\n", "flydv_open\n", "man/" + cmake.FileName + ":3: want a page"},
		{"alias without a page", "man/" + cmake.FileName, "flydv_open.3 flydv_close.3", "flydv_open.3", "pairs"},
		{"alias of another section", "man/" + cmake.FileName, "flydv_close.3", "flydv_close.7", "section 3"},
		{"hostile alias", "man/" + cmake.FileName, "flydv_close.3", "\"a b%{x}.3\"", "man/" + cmake.FileName + ":5: want a page"},
		{"installed file that is not there", "fly.conf", "", "", cmake.FileName + ":27: want the file fly.conf"},
		{"installed elsewhere", cmake.FileName, "${CMAKE_INSTALL_MODPROBEDIR}/", "/etc", cmake.FileName + ":27: want install(FILES"},
		{"program", cmake.FileName, "install(FILES fly.conf", "install(TARGETS fly", cmake.FileName + ":27: want install(FILES"},
		{"executable", cmake.FileName, "publish_headers", "rdma_executable(flyd fly.c)\npublish_headers", "rdma_executable()"},
		{"rule that udev does not read", cmake.FileName, "70-fly.rules", "70-fly.rule", "ending in .rules"},
		{"hostile name", cmake.FileName, "70-fly.rules", "\"70 %{x}.rules\"", cmake.FileName + ":28: want the name of a file"},
		{"folder twice", cmake.FileName, "publish_headers", "add_subdirectory(man)\npublish_headers", "man again"},
		{"folder that is not there", cmake.FileName, "publish_headers", "add_subdirectory(gone)\npublish_headers", "gone/" + cmake.FileName},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			change := map[string]string{tt.file: ""}
			if tt.old != "" {
				texts := map[string]string{
					cmake.FileName: libraryCMake, "libfly.map": strings.Replace(providertest.Map, `; "x y";`, ";", 1),
					"man/" + cmake.FileName: strings.Replace(libraryMan, "${PAGES}", "flydv.7.md", 1),
				}
				change[tt.file] = providertest.Replace(t, texts[tt.file], tt.old, tt.new)
			}
			_, err := Load(t.Context(), libraryFolder(t, change))
			providertest.WantError(t, err, tt.want)
			if _, ok := errors.AsType[*PlaceError](err); !ok {
				t.Errorf("want a *PlaceError, got %v", err)
			}
		})
	}
	_, err := Load(t.Context(), providertest.Folder(t, map[string]string{
		cmake.FileName: "rdma_provider(fly fly.c)\npublish_headers(infiniband flydv.h)\nrdma_pkg_config(fly a b)\n", "flydv.h": "x",
	}))
	providertest.WantError(t, err, cmake.FileName+":2: ", cmake.FileName+":3: ", LibraryCommand)
}

// The fields that not every provider has, and hostile values in them.
func TestLoadManifestOfManyKinds(t *testing.T) {
	tests := []struct {
		name     string
		old, new string
		want     []string // "line:path" of each mistake
	}{
		{"several headers", "abiHeader: fly-abi.h", "abiHeaders: [fly-abi.h, fly_user.h]", nil},
		{"a header in a folder", "abiHeader: fly-abi.h", "abiHeader: kernel/fly-abi.h", nil},
		{"two of one name", "abiHeader: fly-abi.h", "abiHeaders: [fly-abi.h, kernel/fly-abi.h]", []string{"6:abiHeaders[1]"}},
		{"a header out of the folder", "abiHeader: fly-abi.h", "abiHeader: kernel/../../fly-abi.h", []string{"6:abiHeader"}},
		{"no header", "abiHeader: fly-abi.h\n", "", nil},
		{"ioctl headers", "driverID:", "ioctlHeaders: [fly_user.h]\ndriverID:", nil},
		{"both kinds", "driverID:", "abiHeaders: [fly_user.h]\ndriverID:", []string{"7:abiHeaders"}},
		{"a header twice", "driverID:", "ioctlHeaders: [fly_user.h, fly-abi.h]\ndriverID:", []string{"7:ioctlHeaders[1]"}},
		{"a header that is not there", "driverID:", "ioctlHeaders: [gone.h]\ndriverID:", []string{"7:ioctlHeaders[0]"}},
		{"hostile headers", "abiHeader: fly-abi.h", `abiHeaders: ["a;b.h", "/a.h", "a\nb.h", "%{x}.h", "$(x).h", "a b.h", ""]`, []string{
			"6:abiHeaders[0]", "6:abiHeaders[1]", "6:abiHeaders[2]", "6:abiHeaders[3]", "6:abiHeaders[4]", "6:abiHeaders[5]", "6:abiHeaders[6]",
		}},
		{"no driver id", "constant: RDMA_DRIVER_FLY\n  policy: next", "policy: none", nil},
		{"a constant without an id", "policy: next", "policy: none", []string{"8:driverID.constant"}},
		{"a value without an id", "constant: RDMA_DRIVER_FLY\n  policy: next", "policy: none\n  value: 3", []string{"9:driverID.value"}},
		{"no constant", "constant: RDMA_DRIVER_FLY\n  ", "", []string{"8:driverID.constant"}},
		{"no kernel module", "kernelModule: fly.ko\n", "", nil},
		{"condition", "coherentDMA: true", `coherentDMA: true` + "\n  condition: ENABLE_FLY AND (NOT X MATCHES \"a-b\")", nil},
		{"condition of two commands", "coherentDMA: true", "coherentDMA: true\n  condition: \"A)\\nmessage(x\"", []string{"13:cmake.condition"}},
		{"condition that ends the if", "coherentDMA: true", "coherentDMA: true\n  condition: A) message (x", []string{"13:cmake.condition"}},
		{"condition with a variable", "coherentDMA: true", "coherentDMA: true\n  condition: ${A}", []string{"13:cmake.condition"}},
		{"condition with a comment", "coherentDMA: true", "coherentDMA: true\n  condition: \"A #[[\"", []string{"13:cmake.condition"}},
		{"condition with half a quote", "coherentDMA: true", "coherentDMA: true\n  condition: A \"b", []string{"13:cmake.condition"}},
		{"condition that has a field", "coherentDMA: true", "coherentDMA: true\n  condition: HAVE_COHERENT_DMA", []string{"13:cmake.condition"}},
		{"copyright", "maintainer:", "copyright: [\"2022, Flo & Co.\", \"2024 Änne\"]\nlicense: GPL-2 or BSD-MIT\nmaintainer:", nil},
		{"hostile copyright", "maintainer:", "copyright: [\"a\\nLicense: b\", \"\", \"%x\", \".\"]\nmaintainer:", []string{
			"3:copyright[0]", "3:copyright[1]", "3:copyright[2]", "3:copyright[3]",
		}},
		{"hostile license", "maintainer:", "license: \"GPL\\n\\nFiles: *\"\nmaintainer:", []string{"3:license"}},
		{"replaces", "device:", "replacesUpstream: true\ndevice:", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Load(t.Context(), providertest.Folder(t, map[string]string{
				ManifestName: providertest.Replace(t, providertest.Manifest, tt.old, tt.new), "fly_user.h": "/* ioctl */\n", "kernel/fly-abi.h": "/* kernel */\n",
			}))
			var got []string
			for _, m := range strictyaml.Mistakes(err) {
				got = append(got, itoa(m.Line)+":"+m.Path)
			}
			if !slices.Equal(got, tt.want) || err != nil && len(got) == 0 {
				t.Errorf("mistakes %q, want %q: %v", got, tt.want, err)
			}
			if err == nil && p.Digest() == smallProvider(t).Digest() {
				t.Error("the digest is that of another manifest")
			}
		})
	}
}

func TestManifestDefaults(t *testing.T) {
	m := &Manifest{Name: "fly", Maintainer: Maintainer{Name: "Flo"}}
	if m.ABIs() != nil {
		t.Errorf("got %v", m.ABIs())
	}
	if got := m.maintainersTitle(); got != "FLY USERSPACE PROVIDER" {
		t.Errorf("title %q", got)
	}
	m.ABIHeaders = []string{"a.h", "b.h"}
	if !slices.Equal(m.ABIs(), m.ABIHeaders) {
		t.Errorf("got %v", m.ABIs())
	}
}
