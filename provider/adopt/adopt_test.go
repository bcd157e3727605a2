// SPDX-License-Identifier: Apache-2.0

package adopt_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/adopt"
	"github.com/resnics/verbsmith/provider/internal/providertest"
	"github.com/resnics/verbsmith/provider/skeleton"
)

// header is what a driver's sources include the kernel's header with.
const header = providertest.Header + "#include <rdma/fly-abi.h>\n#include <kernel-abi/fly-abi.h>\n#include <util/mmio.h>\n"

// alone is a driver's directory without a manifest.
func alone(t *testing.T, change map[string]string) string {
	t.Helper()
	files := map[string]string{provider.ManifestName: "", "fly.h": header}
	maps.Copy(files, change)
	return providertest.Fly(t, files)
}

// write writes the files of a tree.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// release is upstream's release in a directory, changed.
func release(t *testing.T, change map[string]string) string {
	t.Helper()
	files := providertest.Release()
	files["CMakeLists.txt"] = strings.Replace(files["CMakeLists.txt"], "project(small C)", "project(rdma-core C)\nset(PACKAGE_VERSION \"9.9\")", 1)
	for _, name := range []string{"ant", "wasp", "gnat"} {
		files["providers/"+name+"/CMakeLists.txt"] = "rdma_provider(" + name + " " + name + ".c)\n"
		files["providers/"+name+"/"+name+".c"] = "VERBS_DRIVER_ID(RDMA_DRIVER_" + strings.ToUpper(name) + "),\n"
	}
	maps.Copy(files, change)
	dir := t.TempDir()
	write(t, dir, files)
	return dir
}

// fork is such a tree with fly in it, as a vendor would add it.
func fork(t *testing.T, change map[string]string) string {
	t.Helper()
	base := providertest.Release()
	files := map[string]string{
		"CMakeLists.txt": strings.Replace(base["CMakeLists.txt"], "project(small C)", "project(rdma-core C)\nset(PACKAGE_VERSION \"9.9\")", 1) +
			"if (HAVE_COHERENT_DMA)\nif (ENABLE_FLY)\nadd_subdirectory(providers/fly)\nadd_subdirectory(providers/fly/man)\nendif()\nendif()\n",
		"kernel-headers/CMakeLists.txt":             strings.ReplaceAll(base["kernel-headers/CMakeLists.txt"], "  rdma/ant-abi.h\n", "  rdma/ant-abi.h\n  rdma/fly-abi.h\n"),
		"kernel-headers/rdma/ib_user_ioctl_verbs.h": strings.Replace(base["kernel-headers/rdma/ib_user_ioctl_verbs.h"], "};", "\tRDMA_DRIVER_FLY,\n};", 1),
		"kernel-headers/rdma/fly-abi.h":             providertest.ABIHeader,
		"MAINTAINERS":                               base["MAINTAINERS"] + "\nFLY NETWORK PROVIDER (for fly_ib.ko)\nM:\tFlo <flo@host.example>\nM:\tFay <fay@host.example>\nS:\tSupported\nF:\tproviders/fly/\n",
		"redhat/rdma-core.spec":                     "%description -n libibverbs\n- libant: Ant\n- libfly: Fly: the #1 NIC\n",
		"debian/copyright":                          "Files: *\nLicense: GPL-2\n\nFiles: providers/fly/*\nCopyright: 2020, Fly\n           2021, Other\nLicense: BSD-MIT or GPL-2\n",
		"providers/fly/CMakeLists.txt":              providertest.CMake,
		"providers/fly/fly.c":                       providertest.Source,
		"providers/fly/fly.h":                       header,
		"providers/fly/fly-abi.h":                   "#include <kernel-abi/fly-abi.h>\n",
		"providers/fly/sub/fast.c":                  "/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */\n",
		"providers/fly/man/CMakeLists.txt":          "rdma_man_pages(fly.7.md)\n",
		"providers/fly/man/fly.7.md":                "page\n",
	}
	maps.Copy(files, change)
	return release(t, files)
}

// read finds, chooses and reads what is at a path.
func read(t *testing.T, path, upstream string) (*adopt.Adoption, error) {
	t.Helper()
	r := &adopt.Release{}
	if upstream != "" {
		tree, err := provider.OpenTree(upstream)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = tree.Close() })
		r = &adopt.Release{Version: "9.9", Tree: tree}
	}
	return readWith(t, path, r)
}

func readWith(t *testing.T, path string, r *adopt.Release) (*adopt.Adoption, error) {
	t.Helper()
	place, err := adopt.Find(path)
	if err == nil {
		err = place.Choose(r)
	}
	if err != nil {
		return nil, err
	}
	return adopt.Read(t.Context(), adopt.Driver{Place: place, Release: r})
}

func mustRead(t *testing.T, path, upstream string) *adopt.Adoption {
	t.Helper()
	found, err := read(t, path, upstream)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAlone(t *testing.T) {
	dir := alone(t, map[string]string{"pic ture.png": "\x00\x01", "kmod/fly_main.c": "int k;\n", ".github/w.yml": "x\n"})
	found := mustRead(t, dir, release(t, nil))
	if !found.InPlace() || found.Questions != 4 {
		t.Errorf("%d questions, moved %q", found.Questions, found.Moved)
	}
	p, err := found.WriteInPlace(t.Context(), "PLACE")
	providertest.WantError(t, err)
	want := provider.Manifest{
		Name: "fly", Description: skeleton.Description("fly"),
		Maintainer: provider.Maintainer{Name: skeleton.NobodyName, Email: skeleton.NobodyEmail},
		ABIHeader:  "fly-abi.h", DriverID: provider.DriverID{Constant: "RDMA_DRIVER_FLY", Policy: provider.PolicyNext},
		CMake: provider.CMake{CoherentDMA: true}, Device: provider.Device{Name: "fly0", KernelABI: 1},
		PrivateFiles: []string{".github/", "README.md", "kmod/", "lab/", "pic ture.png"},
	}
	if !reflect.DeepEqual(p.Manifest, want) {
		t.Errorf("got  %+v\nwant %+v", p.Manifest, want)
	}
	loaded, err := provider.Load(t.Context(), dir)
	providertest.WantError(t, err)
	if loaded.Digest() != p.Digest() || len(loaded.Questions) != found.Questions {
		t.Errorf("%d questions in the file, %d asked", len(loaded.Questions), found.Questions)
	}
	for _, q := range loaded.Questions {
		if q.Line == 0 || !strings.Contains(q.Error(), "provider.yaml:") || !strings.Contains(q.Error(), "open question: ") {
			t.Errorf("question %v", &q)
		}
	}
	// A second time there is a manifest.
	if _, err := read(t, dir, ""); !isA[*adopt.ExistsError](err) {
		t.Errorf("got %v, want an *ExistsError", err)
	}
	if _, err := found.WriteInPlace(t.Context(), "PLACE"); !isA[*adopt.ExistsError](err) {
		t.Errorf("got %v, want an *ExistsError", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".verbsmith*")); len(left) > 0 {
		t.Errorf("left %q", left)
	}
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// What is built or included belongs to the provider, wherever it is and whatever its name is.
func TestAloneKeepsWhatIsIncluded(t *testing.T) {
	const licence = "/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */\n"
	for name, tt := range map[string]struct {
		change        map[string]string
		kept, private []string
	}{
		"a header in angle brackets": {
			map[string]string{"include/fly_hw.h": licence, "fly.h": header + "#include <fly_hw.h>\n", "other/x.h": licence}, []string{"include/fly_hw.h"}, []string{"other/"},
		},
		"no header by its name": {map[string]string{"fly_ops.inc": "1,\n", "fly.h": header + "#include \"fly_ops.inc\"\n", "x.inc": "\n"}, []string{"fly_ops.inc"}, []string{"x.inc"}},
		"C++": {
			map[string]string{
				"CMakeLists.txt": providertest.CMake + "add_library(x x.cpp)\n", "x.cpp": "#include \"in/x.hpp\"\n",
				"in/x.hpp": "\n", "in/x.h": licence, "in/x.txt": "\n",
			},
			[]string{"in/x.hpp", "in/x.h", "x.cpp"},
			[]string{"in/x.txt"},
		},
		"a source by a variable": {
			map[string]string{"CMakeLists.txt": "set(SRC sub)\nrdma_provider(fly fly.c ${SRC}/fast.c)\n"}, []string{"sub/fast.c"}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := mustRead(t, alone(t, tt.change), release(t, nil)).WriteInPlace(t.Context(), "PLACE")
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range tt.kept {
				if !p.Has(file) {
					t.Errorf("%s is private: %q", file, p.Manifest.PrivateFiles)
				}
			}
			for _, pattern := range tt.private {
				if !slices.Contains(p.Manifest.PrivateFiles, pattern) {
					t.Errorf("private files %q, want %s", p.Manifest.PrivateFiles, pattern)
				}
			}
		})
	}
}

// librdmacm's headers are <rdma/X> too, and a source that is not built may include what is not there.
func TestHeadersThatAreNotTheKernels(t *testing.T) {
	upstream := release(t, map[string]string{"librdmacm/rdma_cma.h": "x\n"})
	found := mustRead(t, alone(t, map[string]string{
		"fly.h": header + "#include <rdma/rdma_cma.h>\n", "fly_test.c": "/* SPDX-License-Identifier: MIT */\n#include <rdma/fabric.h>\n",
	}), upstream)
	if got := found.Manifest.IoctlHeaders; len(got) > 0 || found.Manifest.ABIHeader != "fly-abi.h" {
		t.Errorf("%q, %+v", got, found.Manifest)
	}
	_, err := read(t, alone(t, map[string]string{"fly.h": header + "#include <rdma/fabric.h>\n"}), upstream)
	providertest.WantError(t, err, "fly.h:7: want the kernel header fabric.h")
}

// The kernel's header is beside the directory, and a file of the provider has its name.
func TestHeaderBeside(t *testing.T) {
	dir := alone(t, map[string]string{"fly-abi.h": "#include <kernel-abi/fly-abi.h>\n"})
	write(t, filepath.Dir(dir), map[string]string{"include/uapi/rdma/fly-abi.h": providertest.ABIHeader})
	found := mustRead(t, filepath.Dir(dir), "") // it is searched
	if found.InPlace() {
		t.Error("nothing is moved")
	}
	to := filepath.Join(t.TempDir(), "new", "fly")
	p, err := found.WriteNew(t.Context(), to, "PLACE")
	providertest.WantError(t, err)
	if p.Manifest.ABIHeader != "kernel/fly-abi.h" || p.Manifest.PrivateFiles != nil {
		t.Errorf("manifest %+v", p.Manifest)
	}
	if data, _ := os.ReadFile(filepath.Join(to, "kernel/fly-abi.h")); string(data) != providertest.ABIHeader {
		t.Errorf("header %q", data)
	}
	if _, err := os.Stat(filepath.Join(to, "README.md")); err == nil {
		t.Error("a private file is copied")
	}
	if _, err := os.Stat(filepath.Join(dir, provider.ManifestName)); err == nil {
		t.Error("a manifest in the driver's own directory")
	}
	if _, err = found.WriteNew(t.Context(), to, "PLACE"); !isA[*skeleton.ExistsError](err) {
		t.Errorf("got %v, want an *ExistsError", err)
	}
}

func TestFork(t *testing.T) {
	found := mustRead(t, fork(t, nil), release(t, nil))
	to := filepath.Join(t.TempDir(), "fly")
	p, err := found.WriteNew(t.Context(), to, "PLACE")
	providertest.WantError(t, err)
	want := provider.Manifest{
		Name: "fly", Description: "Fly: the #1 NIC", Title: "FLY NETWORK PROVIDER",
		Maintainer:    provider.Maintainer{Name: "Flo", Email: "flo@host.example"},
		CoMaintainers: []provider.Maintainer{{Name: "Fay", Email: "fay@host.example"}},
		Copyright:     []string{"2020, Fly", "2021, Other"},
		ABIHeader:     "kernel/fly-abi.h",
		DriverID:      provider.DriverID{Constant: "RDMA_DRIVER_FLY", Policy: provider.PolicyExplicit, Value: 3},
		KernelModule:  "fly_ib.ko",
		CMake:         provider.CMake{CoherentDMA: true, Condition: "ENABLE_FLY", Subdirectories: []string{"man"}},
		Device:        provider.Device{Name: "fly0", KernelABI: 1},
	}
	if !reflect.DeepEqual(p.Manifest, want) {
		t.Errorf("got  %+v\nwant %+v", p.Manifest, want)
	}
	if found.Questions != 1 || len(p.Questions) != 1 || !strings.Contains(p.Questions[0].Text, "by its place alone") {
		t.Errorf("questions %+v", p.Questions)
	}
	tree := providertest.Release()
	_, err = provider.Integrate(tree, p)
	providertest.WantError(t, err)
	if !strings.Contains(tree[provider.DriverHeader], "\tRDMA_DRIVER_FLY = 3,\n") {
		t.Errorf("enum:\n%s", tree[provider.DriverHeader])
	}
}

// "." is a driver's directory in a tree as well as its path, and a name that no provider has is no name of its directory.
func TestForkHere(t *testing.T) {
	tree := fork(t, nil)
	t.Chdir(filepath.Join(tree, "providers", "fly"))
	found := mustRead(t, ".", release(t, nil))
	if found.Manifest.Directory != "" || found.Manifest.Title != "FLY NETWORK PROVIDER" || found.Manifest.CMake.Condition != "ENABLE_FLY" {
		t.Errorf("%+v", found.Manifest)
	}
	dashed := fork(t, nil)
	providertest.WantError(t, os.Rename(filepath.Join(dashed, "providers", "fly"), filepath.Join(dashed, "providers", "fly-rdma")))
	if found := mustRead(t, filepath.Join(dashed, "providers", "fly-rdma"), release(t, nil)); found.Manifest.Directory != "" {
		t.Errorf("directory %q", found.Manifest.Directory)
	}
}

// A kernel header elsewhere in the driver's repository stays there, wherever that is. Of several that differ, the first is taken.
func TestHeaderInRepository(t *testing.T) {
	repository := func(files map[string]string) (driver string) {
		top := t.TempDir()
		driver = filepath.Join(top, "user", "fly")
		from := alone(t, map[string]string{"fly-abi.h": "#include <kernel-abi/fly-abi.h>\n"})
		for _, err := range []error{
			os.MkdirAll(filepath.Dir(driver), 0o755), os.CopyFS(driver, os.DirFS(from)), os.RemoveAll(filepath.Join(driver, ".git")),
			os.Mkdir(filepath.Join(top, ".git"), 0o755),
		} {
			providertest.WantError(t, err)
		}
		write(t, top, files)
		return driver
	}
	const other = providertest.ABIHeader + "/* older */\n"
	for name, tt := range map[string]struct {
		files map[string]string
		want  string
		asks  int // more than what every such driver is asked about
	}{
		"far away":           {map[string]string{"kmod/deep/uapi/fly-abi.h": providertest.ABIHeader}, "../../kmod/deep/uapi/fly-abi.h", 0},
		"a usual place":      {map[string]string{"user/include/uapi/rdma/fly-abi.h": providertest.ABIHeader, "a/fly-abi.h": other}, "../include/uapi/rdma/fly-abi.h", 0},
		"two that are equal": {map[string]string{"a/fly-abi.h": providertest.ABIHeader, "b/fly-abi.h": providertest.ABIHeader}, "../../a/fly-abi.h", 0},
		"two that differ":    {map[string]string{"a/fly-abi.h": providertest.ABIHeader, "b/fly-abi.h": other}, "../../a/fly-abi.h", 1},
		"one is hidden":      {map[string]string{".old/fly-abi.h": other, "b/fly-abi.h": providertest.ABIHeader, "build/fly-abi.h": providertest.ABIHeader, "a/dist/fly-abi.h": other}, "../../b/fly-abi.h", 0},
		"one is from it":     {map[string]string{"a/fly-abi.h": "#include <kernel-abi/fly-abi.h>\n", "b/fly-abi.h": providertest.ABIHeader, "build/fly-abi.h": providertest.ABIHeader, "a/dist/fly-abi.h": other}, "../../b/fly-abi.h", 0},
	} {
		t.Run(name, func(t *testing.T) {
			driver := repository(tt.files)
			found, err := readWith(t, driver, &adopt.Release{})
			providertest.WantError(t, err)
			if found.Manifest.ABIHeader != tt.want || !found.InPlace() || found.Questions != 4+tt.asks {
				t.Errorf("got %q, in place %t, %d questions", found.Manifest.ABIHeader, found.InPlace(), found.Questions)
			}
			p, err := found.WriteInPlace(t.Context(), "PLACE")
			providertest.WantError(t, err)
			if !p.Has(tt.want) {
				t.Errorf("the provider lacks %s", tt.want)
			}
		})
	}
	driver := repository(nil)
	if _, err := readWith(t, driver, &adopt.Release{}); err == nil || !strings.Contains(err.Error(), "want the kernel header fly-abi.h") {
		t.Errorf("no header: %v", err)
	}
}

// A driver in a tree is upstream's if the release has it.
func TestReplaces(t *testing.T) {
	tree := fork(t, nil)
	found := mustRead(t, filepath.Join(tree, "providers", "fly"), tree)
	if !found.Manifest.ReplacesUpstream || found.Manifest.DriverID.Value != 3 || found.Questions != 0 {
		t.Errorf("%+v, %d questions", found.Manifest, found.Questions)
	}
}

func TestDriverID(t *testing.T) {
	const matched = "VERBS_DRIVER_ID(RDMA_DRIVER_FLY),"
	source := func(with string) map[string]string {
		return map[string]string{"fly.c": strings.Replace(strings.ReplaceAll(providertest.Source, matched, with), "RDMA_DRIVER_FLY", "RDMA_DRIVER_UNKNOWN", 1)}
	}
	enum := func(last string) map[string]string {
		return map[string]string{provider.DriverHeader: "enum rdma_driver_id {\n\tRDMA_DRIVER_UNKNOWN,\n\tRDMA_DRIVER_ANT,\n" + last + "\n};\n"}
	}
	for name, tt := range map[string]struct {
		driver, upstream map[string]string
		want             provider.DriverID
		asks             string
	}{
		"its own, new":        {nil, nil, provider.DriverID{Constant: "RDMA_DRIVER_FLY", Policy: provider.PolicyNext}, "which number"},
		"its own, known":      {nil, enum("RDMA_DRIVER_FLY = 7"), provider.DriverID{Constant: "RDMA_DRIVER_FLY", Policy: provider.PolicyExplicit, Value: 7}, ""},
		"an alias":            {nil, enum("RDMA_DRIVER_FLY = RDMA_DRIVER_ANT"), provider.DriverID{Constant: "RDMA_DRIVER_FLY", Policy: provider.PolicyExplicit, Value: 1, Shared: true}, ""},
		"another driver's":    {source("VERBS_DRIVER_ID(RDMA_DRIVER_ANT),"), nil, provider.DriverID{Constant: "RDMA_DRIVER_ANT", Policy: provider.PolicyExplicit, Value: 1, Shared: true}, "providers/ant/ant.c matches"},
		"no driver's":         {source("VERBS_DRIVER_ID(RDMA_DRIVER_UNKNOWN),"), nil, provider.DriverID{Policy: provider.PolicyNone}, "every device has"},
		"a number":            {source("VERBS_DRIVER_ID(50),"), nil, provider.DriverID{Policy: provider.PolicyNone}, "matches the number 50"},
		"none":                {source(""), nil, provider.DriverID{Policy: provider.PolicyNone}, ""},
		"two, one is its own": {source("VERBS_DRIVER_ID(RDMA_DRIVER_ANT), " + matched), nil, provider.DriverID{Constant: "RDMA_DRIVER_FLY", Policy: provider.PolicyNext}, "RDMA_DRIVER_ANT too"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := alone(t, tt.driver)
			found := mustRead(t, dir, release(t, tt.upstream))
			if found.Manifest.DriverID != tt.want {
				t.Errorf("got %+v, want %+v", found.Manifest.DriverID, tt.want)
			}
			p, err := found.WriteInPlace(t.Context(), "PLACE")
			providertest.WantError(t, err)
			asked := slices.ContainsFunc(p.Questions, func(q provider.QuestionError) bool { return tt.asks != "" && strings.Contains(q.Text, tt.asks) })
			if asked != (tt.asks != "") {
				t.Errorf("questions %+v, want one with %q", p.Questions, tt.asks)
			}
		})
	}
}

// A number that a newer release has given to the constant is the kernel's, too.
func TestDriverIDOfNewerRelease(t *testing.T) {
	newer := &adopt.Release{Newest: "10.0", DriverIDs: map[string]int{"RDMA_DRIVER_FLY": 21}}
	found, err := readWith(t, alone(t, nil), newer)
	providertest.WantError(t, err)
	want := provider.DriverID{Constant: "RDMA_DRIVER_FLY", Policy: provider.PolicyExplicit, Value: 21}
	if found.Manifest.DriverID != want {
		t.Errorf("got %+v", found.Manifest.DriverID)
	}
	told := slices.ContainsFunc(found.Facts, func(f adopt.Fact) bool { return strings.Contains(f.From, "rdma-core 10.0") })
	if !told {
		t.Errorf("no fact names the release: %+v", found.Facts)
	}
}

func TestDevice(t *testing.T) {
	for entries, want := range map[string]provider.Device{
		`VERBS_NAME_MATCH("fly_x", NULL),`:                                          {Name: "fly_x0", KernelABI: 1},
		`VERBS_NAME_MATCH("fly2", NULL),`:                                           {Name: "fly2_0", KernelABI: 1},
		`VERBS_PCI_MATCH(0x1d0f, 0xefa0, NULL), VERBS_NAME_MATCH("x", NULL),`:       {Name: "fly0", KernelABI: 1, Modalias: "pci:v00001D0Fd0000EFA0sv00001D0Fsd0000EFA0bc02sc00i00"},
		`VERBS_MODALIAS_MATCH("vmbus:3d*", NULL),`:                                  {Name: "fly0", KernelABI: 1, Modalias: "vmbus:3d0"},
		`VERBS_PCI_MATCH(UNKNOWN, 0xefa0, NULL), VERBS_DRIVER_ID(RDMA_DRIVER_FLY),`: {Name: "fly0", KernelABI: 1, ByDriverID: true},
	} {
		source := providertest.Replace(t, providertest.Source, "VERBS_DRIVER_ID(RDMA_DRIVER_FLY),\n\tVERBS_NAME_MATCH(\"fly\", NULL),", entries)
		if got := mustRead(t, alone(t, map[string]string{"fly.c": source}), "").Manifest.Device; got != want {
			t.Errorf("%s: got %+v, want %+v", entries, got, want)
		}
	}
	for abis, want := range map[string]int{"1 2": 1, "0 0": 0, "3 7": 3, "0 INT_MAX": 1, "sizeof(x) 2": 2, "5 INT_MAX": 5} {
		low, high, _ := strings.Cut(abis, " ")
		defines := "#include <rdma/fly-abi.h>\n#include <kernel-abi/fly-abi.h>\n#define FLY_MIN_ABI " + low + "\n#define FLY_ABI " + high + "\n"
		if got := mustRead(t, alone(t, map[string]string{"fly.h": defines}), "").Manifest.Device.KernelABI; got != want {
			t.Errorf("%s: got %d, want %d", abis, got, want)
		}
	}
}

// Nothing is written for what is no driver, or cannot be a provider.
func TestErrors(t *testing.T) {
	big := strings.Repeat("/* x */\n", provider.MaxFileSize/8+1)
	for name, tt := range map[string]struct {
		path  func(t *testing.T) string
		parts []string
	}{
		"nothing":       {func(t *testing.T) string { t.Helper(); return t.TempDir() }, []string{"want a driver", "none below it"}},
		"no directory":  {func(*testing.T) string { return "/no/such" }, []string{"no such directory"}},
		"a file":        {func(t *testing.T) string { t.Helper(); return filepath.Join(alone(t, nil), "fly.c") }, []string{"got a file"}},
		"no difference": {func(t *testing.T) string { t.Helper(); return release(t, nil) }, []string{"rdma-core 9.9 does not have", "ant, gnat, wasp"}},
		"several in tree": {func(t *testing.T) string {
			t.Helper()
			return fork(t, map[string]string{"providers/bee/CMakeLists.txt": "rdma_provider(bee b.c)\n"})
		}, []string{"want one driver, got 2", "providers/bee", "providers/fly"}},
		"several targets":  {changed(map[string]string{"CMakeLists.txt": providertest.CMake + "rdma_provider(bee fly.c)\n"}), []string{"want one driver, got 2", "CMakeLists.txt:6"}},
		"no source":        {changed(map[string]string{"fly.c": ""}), []string{"CMakeLists.txt:3: want the file fly.c, got no such file"}},
		"no registration":  {changed(map[string]string{"fly.c": "int fly;\n"}), []string{"want PROVIDER_DRIVER(fly, …)"}},
		"no table":         {changed(map[string]string{"fly.c": strings.Replace(providertest.Source, ".match_table = fly_table,", "", 1)}), []string{"fly.c:27:1: want a struct verbs_device_ops with .match_table"}},
		"empty table":      {changed(map[string]string{"fly.c": strings.Replace(strings.Replace(providertest.Source, "VERBS_DRIVER_ID(RDMA_DRIVER_FLY),", "", 1), `VERBS_NAME_MATCH("fly", NULL),`, "", 1)}), []string{"fly.c:13:37: want a match table with an entry"}},
		"no kernel header": {changed(map[string]string{"fly-abi.h": ""}), []string{"fly.h:4: want the kernel header fly-abi.h in the driver's directory or beside it"}},
		"binary":           {changed(map[string]string{"fly.c": "int\x00fly;"}), []string{"fly.c:1: want a text file", "got a binary file"}},
		"binary CMake":     {changed(map[string]string{"CMakeLists.txt": "\x00\x01(\xff"}), []string{"CMakeLists.txt:1"}},
		"huge":             {changed(map[string]string{"fly.c": big}), []string{"fly.c: want at most 8388608 bytes"}},
		"a bad name":       {changed(map[string]string{"CMakeLists.txt": "rdma_provider(Fly fly.c)\n"}), []string{"CMakeLists.txt: provider name \"Fly\""}},
		"a link": {func(t *testing.T) string {
			t.Helper()
			dir := alone(t, map[string]string{"fly.c": ""})
			providertest.WantError(t, os.Symlink("/etc/passwd", filepath.Join(dir, "fly.c")))
			return dir
		}, []string{"fly.c: want a regular file, got a symbolic link"}},
		"a pipe": {func(t *testing.T) string {
			t.Helper()
			dir := alone(t, map[string]string{"fly-abi.h": ""})
			providertest.WantError(t, syscall.Mkfifo(filepath.Join(dir, "fly-abi.h"), 0o600))
			return dir
		}, []string{"fly-abi.h: want a regular file"}},
		"a header that is a link": {func(t *testing.T) string {
			t.Helper()
			dir := alone(t, map[string]string{"fly-abi.h": ""})
			providertest.WantError(t, os.Symlink("/etc/passwd", filepath.Join(dir, "..", "fly-abi.h")))
			return dir
		}, []string{"read the kernel header"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := tt.path(t)
			before := names(t, path)
			_, err := read(t, path, release(t, nil))
			if err == nil {
				t.Fatal("no error")
			}
			providertest.WantError(t, err, tt.parts...)
			if after := names(t, path); !slices.Equal(before, after) {
				t.Errorf("before %q, after %q", before, after)
			}
		})
	}
}

func changed(change map[string]string) func(*testing.T) string {
	return func(t *testing.T) string { t.Helper(); return alone(t, change) }
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	_ = filepath.WalkDir(dir, func(name string, _ os.DirEntry, _ error) error {
		all = append(all, name)
		return nil
	})
	return all
}

// Without the release, the names of upstream's providers are known.
func TestWithoutRelease(t *testing.T) {
	found := mustRead(t, fork(t, map[string]string{
		"providers/ant/CMakeLists.txt": "", "providers/wasp/CMakeLists.txt": "", "providers/gnat/CMakeLists.txt": "",
		"providers/mlx5/CMakeLists.txt": "rdma_provider(mlx5 a.c)\n",
	}), "")
	if found.Manifest.Name != "fly" || found.Manifest.ReplacesUpstream {
		t.Errorf("%+v", found.Manifest)
	}
}
