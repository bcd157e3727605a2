// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// everything returns the findings of all checks.
func everything(x Result, dir string) []string {
	var all []string
	for _, a := range x.Answers {
		all = append(all, findings(x, dir, a.Check)...)
	}
	return all
}

// One mistake is one finding, whatever other checks rest on it.
func TestOneMistakeIsOneFinding(t *testing.T) {
	for name, tt := range map[string]struct {
		file, old, new string
		want           string
	}{
		"no name":              {provider.ManifestName, "name: fly\n", "", "provider.yaml:1:1: name: "},
		"a name that is none":  {provider.ManifestName, "name: fly\n", "name: Fly!\n", "provider.yaml:1:7: name: "},
		"no description":       {provider.ManifestName, "description: A small provider\n", "", "provider.yaml:1:1: description: want one line of text"},
		"a number as name":     {provider.ManifestName, "name: fly\n", "name: 3\n", "provider.yaml:1:7: name: "},
		"no driver id":         {provider.ManifestName, "driverID:\n  constant: RDMA_DRIVER_FLY\n  policy: next\n", "", "provider.yaml:1:1: driverID: want a mapping"},
		"a bad constant":       {provider.ManifestName, "constant: RDMA_DRIVER_FLY", "constant: fly", "provider.yaml:8:13: driverID.constant: "},
		"a bad policy":         {provider.ManifestName, "policy: next", "policy: first", "provider.yaml:9:11: driverID.policy: "},
		"no device":            {provider.ManifestName, "device:\n  name: fly0\n", "", "provider.yaml:1:1: device: want a mapping"},
		"a bad device":         {provider.ManifestName, "name: fly0", "name: wasp", "provider.yaml:14:9: device.name: "},
		"no ABI header":        {provider.ManifestName, "fly-abi.h", "fly_abi.c", "provider.yaml:6:12: abiHeader: "},
		"a bad subdirectory":   {provider.ManifestName, "coherentDMA: true", "coherentDMA: true\n  subdirectories: [../x]", "provider.yaml:13:20: cmake.subdirectories[0]: "},
		"bad private files":    {provider.ManifestName, "[README.md, lab/,", "[README.md, lab/, /x.c,", "provider.yaml:15:33: privateFiles[2]: "},
		"private files, a map": {provider.ManifestName, "[README.md, lab/, \"*~\"]", "{a: b}", "provider.yaml:15:15: privateFiles: "},
		"a field twice":        {provider.ManifestName, "kernelModule: fly.ko\n", "kernelModule: fly.ko\nkernelModule: fly.ko\n", "provider.yaml:11:1: kernelModule: "},
		"an alias":             {provider.ManifestName, "kernelModule: fly.ko\n", "kernelModule: &x fly.ko\n", "provider.yaml:10:15: kernelModule: "},
		"not YAML":             {provider.ManifestName, "cmake:", "cmake: [", "provider.yaml:11:1: want well-formed YAML"},
		"no manifest":          {provider.ManifestName, providertest.Manifest, "", "provider.yaml: want a manifest (docs/provider.md"},
		"no CMakeLists.txt":    {cmake.FileName, providertest.CMake, "", "CMakeLists.txt: want a file that calls rdma_provider()"},
		"not CMake":            {cmake.FileName, "  )", "", "CMakeLists.txt:2: want "},
		"another target":       {cmake.FileName, "rdma_provider(fly", "rdma_provider(fly_rp", "CMakeLists.txt:2: want rdma_provider(fly, got rdma_provider(fly_rp"},
		"an open comment":      {"fly.h", "#define FLY_ABI 2", "#define FLY_ABI 2 /*", "fly.h:"},
	} {
		t.Run(name, func(t *testing.T) {
			texts := map[string]string{provider.ManifestName: providertest.Manifest, cmake.FileName: providertest.CMake, "fly.h": providertest.Header}
			text := providertest.Replace(t, texts[tt.file], tt.old, tt.new)
			dir := providertest.Fly(t, map[string]string{tt.file: text, "lab/x.c": "int lab;\n"})
			providertest.WantLines(t, everything(Examine(t.Context(), dir), dir), tt.want)
		})
	}
}

// Of several mistakes each is a finding, whether the schema knows it or not, and none brings others.
func TestEachMistakeIsAFinding(t *testing.T) {
	for name, tt := range map[string]struct {
		edits, want []string
	}{
		"name and kernelABI":     {[]string{"name: fly\n", "name: f ly\n", "name: fly0", "name: fly0\n  kernelABI: x"}, []string{"provider.yaml:1:7: name: ", "provider.yaml:15:14: device.kernelABI: "}},
		"name and unknown field": {[]string{"name: fly\n", "name: Fly\ncolour: red\n"}, []string{"provider.yaml:1:7: name: ", "provider.yaml:2:1: colour: "}},
		"policy and device":      {[]string{"policy: next", "policy: nxt", "name: fly0", "name: fly zero"}, []string{"provider.yaml:9:11: driverID.policy: ", "provider.yaml:14:9: device.name: "}},
		"no description, a name": {[]string{"name: fly\n", "name: Fly\n", "description: A small provider\n", ""}, []string{"provider.yaml:1:1: description: ", "provider.yaml:1:7: name: "}},
	} {
		t.Run(name, func(t *testing.T) {
			text := providertest.Manifest
			for i := 0; i < len(tt.edits); i += 2 {
				text = providertest.Replace(t, text, tt.edits[i], tt.edits[i+1])
			}
			dir := providertest.Fly(t, map[string]string{provider.ManifestName: text, "lab/x.c": "int lab;\n"})
			providertest.WantLines(t, everything(Examine(t.Context(), dir), dir), tt.want...)
		})
	}
}

// A file that cannot be taken is said once, and not that it is missing.
func TestRefusedFileIsOneFinding(t *testing.T) {
	for _, name := range []string{"fly.c", "fly.h", "fly-abi.h", cmake.FileName} {
		dir := providertest.Fly(t, nil)
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte("int x;\x00\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		providertest.WantLines(t, everything(Examine(t.Context(), dir), dir), name+":1: want a text file")
		if err := errors.Join(os.Rename(file, file+"~"), os.Symlink(name+"~", file)); err != nil {
			t.Fatal(err)
		}
		providertest.WantLines(t, everything(Examine(t.Context(), dir), dir), name+": want a regular file, got a symbolic link")
	}
}

// Each thing that is missing from a manifest is said as a reader would say it.
func TestMissingFieldsRead(t *testing.T) {
	form := regexp.MustCompile(`^\S+: [A-Za-z.]+: want (a|an|one|the) [^A-Z.][^.]*, got nothing$`)
	dir := providertest.Folder(t, map[string]string{provider.ManifestName: "maintainer: {}\ndriverID: {}\ncmake: {}\ndevice: {}\n"})
	got := findings(Examine(t.Context(), dir), dir, CheckManifest)
	if len(got) != 7 {
		t.Errorf("%d findings", len(got))
	}
	for _, line := range got {
		if !form.MatchString(line) && !strings.Contains(line, "coherentDMA") && !strings.Contains(line, "policy") {
			t.Errorf("%s", line)
		}
	}
}

// A file says no more of the system than why.
func TestNoSystemCallInMessages(t *testing.T) {
	for _, dir := range []string{t.TempDir(), t.TempDir() + "/none", "/dev/null"} {
		x := Examine(t.Context(), dir)
		for _, line := range everything(x, dir) {
			if regexp.MustCompile(`statat|openat|lstat|open /`).MatchString(line) {
				t.Errorf("%s", line)
			}
		}
	}
}

// A kernel driver can report 0, and most report 1.
func TestKernelABI(t *testing.T) {
	for text, want := range map[string]int{"": 1, "\n  kernelABI: 0": 0, "\n  kernelABI: 7": 7} {
		p := loaded(t, providertest.Folder(t, map[string]string{provider.ManifestName: strings.Replace(providertest.Manifest, "name: fly0", "name: fly0"+text, 1)}))
		if got := p.Manifest.Device.KernelABI; got != want {
			t.Errorf("%q gives kernel ABI %d, want %d", text, got, want)
		}
	}
}

// A licence that is wrong in many files is one finding, which names some of them.
func TestLicenceIsSaidOnce(t *testing.T) {
	files := map[string]string{}
	for name := range strings.SplitSeq("abcdefghijklmno", "") {
		files[name+".h"] = "/* SPDX-License-Identifier: GPL-2.0 */\n"
	}
	dir := providertest.Fly(t, files)
	got := findings(Examine(t.Context(), dir), dir, CheckLicence)
	providertest.WantLines(t, got, `a.h:1:4: want …got "GPL-2.0", as in 14 more files: b.h, c.h, d.h, ...`)
	for _, line := range got {
		if len(line) > 200 {
			t.Errorf("%d characters: %s", len(line), line)
		}
	}
}

// What a mistake in the manifest keeps from being known is not told: which sources are
// compiled, and which headers are the kernel's.
func TestDoubtIsNotTold(t *testing.T) {
	for name, tt := range map[string]struct {
		old, with, cmake string
		files            map[string]string
		want             string
	}{
		"sources": {
			"coherentDMA: true", "coherentDMA: true\n  subdirectories: [../x]", "",
			map[string]string{"extra.c": "// SPDX-License-Identifier: MIT\n"},
			"provider.yaml:13:20: cmake.subdirectories[0]: ",
		},
		"headers": {
			"abiHeader: fly-abi.h", "abiHeader: Fly ABI.h", "publish_headers(infiniband ../../kernel-headers/rdma/fly-abi.h)\n", nil,
			"provider.yaml:6:12: abiHeader: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{
				provider.ManifestName: providertest.Replace(t, providertest.Manifest, tt.old, tt.with),
				"CMakeLists.txt":      strings.Replace(providertest.CMake, "rdma_provider(fly", "rdma_shared_provider(fly libfly.map 1 1.0", 1) + tt.cmake,
				"libfly.map":          "/* SPDX-License-Identifier: MIT */\nFLY { local: *; };\n",
			}
			maps.Copy(files, tt.files)
			dir := providertest.Fly(t, files)
			providertest.WantLines(t, everything(Examine(t.Context(), dir), dir), tt.want)
		})
	}
}
