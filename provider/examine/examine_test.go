// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// findings are those of one check, with the directory taken off, "warning: " before a warning.
func findings(x Result, dir, check string) []string {
	var texts []string
	for _, a := range x.Answers {
		if a.Check != check {
			continue
		}
		for _, f := range a.Findings {
			text := strings.ReplaceAll(f.Err.Error(), dir+string(filepath.Separator), "")
			if f.Warning {
				text = "warning: " + text
			}
			texts = append(texts, text)
		}
	}
	return texts
}

func TestExamineGood(t *testing.T) {
	dir := providertest.Fly(t, nil)
	x := Examine(t.Context(), dir)
	for _, a := range x.Answers {
		if len(a.Findings) > 0 || a.Skipped != "" || a.Evidence == "" {
			t.Errorf("%s: %v, %q", a.Check, findings(x, dir, a.Check), a.Evidence)
		}
	}
	if x.Provider == nil {
		t.Fatal("not loaded")
	}
	match := x.Answers[len(x.Answers)-1]
	if want := `kernel ABI 1 to 2, RDMA_DRIVER_FLY, fly0 by "fly"`; match.Evidence != want {
		t.Errorf("evidence %q, want %q", match.Evidence, want)
	}
}

func TestExamineRib(t *testing.T) {
	x := Examine(t.Context(), "../rib")
	for _, a := range x.Answers {
		for _, f := range a.Findings {
			t.Errorf("%s: %v", a.Check, f.Err)
		}
	}
	if x.Provider == nil {
		t.Error("not loaded")
	}
}

// Mistakes of all kinds come at once, also where the manifest cannot be read.
func TestExamineAllAtOnce(t *testing.T) {
	dir := providertest.Fly(t, map[string]string{
		provider.ManifestName: providertest.Manifest + "colour: red\n",
		cmake.FileName:        "rdma_provider(fly\n  fly.c\n  gone.c\n  sub/fast.c)\n",
		"fly.c":               strings.Replace(providertest.Source, "PROVIDER_DRIVER(fly,", "PROVIDER_DRIVER(wasp,", 1),
		"fly.h":               "int x;\n",
	})
	x := Examine(t.Context(), dir)
	if x.Provider != nil {
		t.Error("a provider of a broken manifest")
	}
	providertest.WantLines(t, findings(x, dir, CheckManifest), "provider.yaml:16:1: colour: ")
	providertest.WantLines(t, findings(x, dir, CheckCMake), "CMakeLists.txt:3: want the file gone.c")
	providertest.WantLines(t, findings(x, dir, CheckLicence),
		"warning: CMakeLists.txt:1: want SPDX-License-Identifier", "fly.h:1: want SPDX-License-Identifier")
	providertest.WantLines(t, findings(x, dir, CheckMatch), `fly.c:27:17: want PROVIDER_DRIVER(fly, the manifest's name, got PROVIDER_DRIVER(wasp`)
}

func TestExamineManifest(t *testing.T) {
	for name, tt := range map[string]struct {
		old, new string
		want     []string
	}{
		"a placeholder":    {"flo@host.example", "nobody@provider.invalid", []string{"warning: provider.yaml:5:10: maintainer.email: want the maintainer's address"}},
		"another folder":   {"name: fly\n", "name: flea\n", nil},
		"upstream's":       {"name: fly\n", "name: siw\n", []string{"warning: …a name not used in any release of rdma-core"}},
		"in its place":     {"name: fly\n", "name: siw\nreplacesUpstream: true\n", nil},
		"a missing header": {"fly-abi.h", "bee-abi.h", []string{"provider.yaml:6:12: abiHeader: want a file bee-abi.h"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := providertest.Fly(t, map[string]string{provider.ManifestName: strings.Replace(providertest.Manifest, tt.old, tt.new, 1)})
			providertest.WantLines(t, findings(Examine(t.Context(), dir), dir, CheckManifest), tt.want...)
		})
	}
	for _, above := range []string{"provider", "providers"} {
		dir := filepath.Join(t.TempDir(), above, "fly")
		if err := os.CopyFS(dir, os.DirFS(providertest.Fly(t, map[string]string{provider.ManifestName: strings.Replace(providertest.Manifest, "name: fly\n", "name: flea\n", 1)}))); err != nil {
			t.Fatal(err)
		}
		providertest.WantLines(t, findings(Examine(t.Context(), dir), dir, CheckManifest), "warning: provider.yaml:1:7: name: want the directory's name, fly, got flea")
	}
	x := Examine(t.Context(), filepath.Join(t.TempDir(), "none"))
	if x.Provider != nil || len(x.Answers) != 1 || !x.Answers[0].Failed() {
		t.Errorf("no folder gives %+v", x)
	}
}

func TestExamineFolder(t *testing.T) {
	dir := providertest.Fly(t, map[string]string{"a b.c": "x", "c;d.h": "x"})
	x := Examine(t.Context(), dir)
	providertest.WantLines(t, findings(x, dir, CheckFolder), "a b.c: want a file name of letters", "c;d.h: want a file name of letters")
	if x.Provider != nil {
		t.Error("loaded")
	}
}

func TestCheckBuilt(t *testing.T) {
	const line = "// SPDX-License-Identifier: MIT\n"
	for name, tt := range map[string]struct {
		change map[string]string
		want   []string
	}{
		"not named":      {map[string]string{"old.c": line}, []string{"warning: old.c:1: want a source that CMakeLists.txt names…a file that is not compiled"}},
		"included":       {map[string]string{"old.c": line, "fly.h": providertest.Header + "#include \"old.c\"\n"}, nil},
		"private":        {map[string]string{"lab/old.c": line}, nil},
		"in a variable":  {map[string]string{"old.c": line, cmake.FileName: "set(MORE old.c)\n" + providertest.CMake}, nil},
		"globbed":        {map[string]string{"old.c": line, cmake.FileName: "file(GLOB MORE *.c)\n" + providertest.CMake}, nil},
		"by its folder":  {map[string]string{"old.c": line, cmake.FileName: "set(MORE ${CMAKE_CURRENT_SOURCE_DIR}/old.c)\n" + providertest.CMake}, nil},
		"in a list":      {map[string]string{"old.c": line, cmake.FileName: "set(MORE \"new.c;old.c\")\n" + providertest.CMake}, nil},
		"named the same": {map[string]string{"sub/fly.c": line}, []string{"warning: sub/fly.c:1: "}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := providertest.Fly(t, tt.change)
			providertest.WantLines(t, findings(Examine(t.Context(), dir), dir, CheckCMake), tt.want...)
		})
	}
}

func TestCheckMatch(t *testing.T) {
	for name, tt := range map[string]struct {
		edits []string // old, new …
		want  []string
	}{
		"no PROVIDER_DRIVER":         {[]string{"PROVIDER_DRIVER(fly, fly_dev_ops);\n", ""}, []string{"…want PROVIDER_DRIVER(fly, …) in a .c file"}},
		"in a comment":               {[]string{"PROVIDER_DRIVER(fly, fly_dev_ops);", "/* PROVIDER_DRIVER(fly, fly_dev_ops); */"}, []string{"…want PROVIDER_DRIVER(fly"}},
		"inside a function":          {[]string{"PROVIDER_DRIVER(fly, fly_dev_ops);", "void f(void) { PROVIDER_DRIVER(fly, fly_dev_ops); }"}, []string{"…want PROVIDER_DRIVER(fly"}},
		"twice":                      {[]string{"PROVIDER_DRIVER(fly, fly_dev_ops);", "PROVIDER_DRIVER(fly, fly_dev_ops);\nPROVIDER_DRIVER(fly, fly_dev_ops);"}, []string{"fly.c:28:1: want PROVIDER_DRIVER() once"}},
		"another name":               {[]string{"PROVIDER_DRIVER(fly,", "PROVIDER_DRIVER(flea,"}, []string{"fly.c:27:17: want PROVIDER_DRIVER(fly, the manifest's name, got PROVIDER_DRIVER(flea"}},
		"ops that are not there":     {[]string{"(fly, fly_dev_ops)", "(fly, flea_ops)"}, []string{"…the initializer of struct verbs_device_ops flea_ops"}},
		"ops without a name":         {[]string{"(fly, fly_dev_ops)", "(fly, &fly_dev_ops)"}, []string{"fly.c:27:1: want the name of a struct verbs_device_ops in PROVIDER_DRIVER()"}},
		"ops of a macro":             {[]string{"(fly, fly_dev_ops)", "(fly, flea_ops)", "#include", "#define OPS static struct verbs_device_ops flea_ops\n#include"}, nil},
		"no name":                    {[]string{"\t.name = \"fly\",\n", ""}, []string{"fly.c:19:38: want .name in fly_dev_ops"}},
		"no alloc_device":            {[]string{"\t.alloc_device = fly_alloc,\n", ""}, []string{"…want .alloc_device"}},
		"no alloc_context":           {[]string{"\t.alloc_context = fly_open,\n", ""}, []string{"…want .alloc_context"}},
		"no minimum":                 {[]string{"\t.match_min_abi_version = FLY_MIN_ABI,\n", ""}, []string{"warning: …want .match_min_abi_version"}},
		"no maximum":                 {[]string{"\t.match_max_abi_version = FLY_ABI,\n", ""}, []string{"…want .match_max_abi_version"}},
		"no table":                   {[]string{"\t.match_table = fly_table,\n", ""}, []string{"…want .match_table in fly_dev_ops"}},
		"a function instead":         {[]string{"\t.match_table = fly_table,\n", "\t.match_device = fly_match,\n"}, nil},
		"a maximum below the device": {[]string{"= FLY_ABI", "= 0"}, []string{"fly.c:22:27: want a range that includes 1, device.kernelABI of provider.yaml, got 1 to 0"}},
		"a minimum above the device": {[]string{"= FLY_MIN_ABI", "= (FLY_ABI)"}, []string{"fly.c:21:27: want a range that includes 1, device.kernelABI of provider.yaml, got 2 to 2"}},
		"a minimum nobody can tell":  {[]string{"= FLY_MIN_ABI", "= sizeof(int) == 4 ? 1 : 2"}, nil},
		"a table that is not there":  {[]string{".match_table = fly_table", ".match_table = flea_table"}, []string{"…the initializer of struct verbs_match_ent flea_table[]"}},
		"a table of a macro":         {[]string{".match_table = fly_table", ".match_table = flea_table", "#include", "#define T static const struct verbs_match_ent flea_table[] = {\n#include"}, nil},
		"no last entry":              {[]string{"\t{},\n", ""}, []string{"fly.c:16:1: want {} as the last entry of fly_table"}},
		"zero as last entry":         {[]string{"\t{},\n", "\t{ 0 }\n"}, nil},
		"nothing before the last":    {[]string{"\tVERBS_DRIVER_ID(RDMA_DRIVER_FLY),\n\tVERBS_NAME_MATCH(\"fly\", NULL),\n", ""}, []string{"fly.c:14:2: want an entry in fly_table before"}},
		"an entry behind the last":   {[]string{"\t{},\n", "\t{},\n\tVERBS_PCI_MATCH(1, 2, NULL),\n"}, []string{"warning: fly.c:17:2: want nothing after the terminating {}"}},
		"another driver's id":        {[]string{"VERBS_DRIVER_ID(RDMA_DRIVER_FLY)", "VERBS_DRIVER_ID(RDMA_DRIVER_WASP)"}, []string{"fly.c:14:2: want VERBS_DRIVER_ID(RDMA_DRIVER_FLY), driverID.constant of provider.yaml, got RDMA_DRIVER_WASP"}},
		"its id beside another's":    {[]string{"\tVERBS_DRIVER_ID(RDMA_DRIVER_FLY)", "\tVERBS_DRIVER_ID(RDMA_DRIVER_WASP),\n\tVERBS_DRIVER_ID(RDMA_DRIVER_FLY)"}, nil},
		"its id by another name":     {[]string{"VERBS_DRIVER_ID(RDMA_DRIVER_FLY)", "VERBS_DRIVER_ID(MINE)", "#include", "#define MINE RDMA_DRIVER_FLY\n#include"}, nil},
		"no id":                      {[]string{"\tVERBS_DRIVER_ID(RDMA_DRIVER_FLY),\n", ""}, []string{"warning: fly.c:13:37: want VERBS_DRIVER_ID(RDMA_DRIVER_FLY)"}},
		"a context of another id":    {[]string{"   RDMA_DRIVER_FLY);", "   RDMA_DRIVER_WASP);"}, []string{"fly.c:9:9: want RDMA_DRIVER_FLY, driverID.constant"}},
		"another prefix":             {[]string{`VERBS_NAME_MATCH("fly"`, `VERBS_NAME_MATCH("flea"`}, []string{`fly.c:15:2: want a prefix of fly0, device.name of provider.yaml, got "flea"`}},
		"a prefix of two":            {[]string{`VERBS_NAME_MATCH("fly"`, `VERBS_NAME_MATCH("f" "ly"`}, nil},
		"a prefix of a macro":        {[]string{`VERBS_NAME_MATCH("fly"`, `VERBS_NAME_MATCH(P`, "#include", "#define P \"fle\"\n#include"}, []string{`fly.c:16:2: want a prefix of fly0`}},
		"a prefix with a pattern":    {[]string{`VERBS_NAME_MATCH("fly"`, `VERBS_NAME_MATCH("fly[0-9]"`}, nil},
		"own macros": {[]string{
			"VERBS_NAME_MATCH(\"fly\", NULL)", "FLY(fl##y)", "#include",
			"#define ID(x) VERBS_DRIVER_ID(RDMA_DRIVER_##x)\n#define FLY(n) VERBS_NAME_MATCH(\"fly\", NULL)\n#include",
			"VERBS_DRIVER_ID(RDMA_DRIVER_FLY)", "ID(FLY)",
		}, nil},
		"another's macro": {[]string{"VERBS_DRIVER_ID(RDMA_DRIVER_FLY)", "VENDOR_TABLE"}, nil},
		"driver ids alone": {
			[]string{"\tVERBS_NAME_MATCH(\"fly\", NULL),\n", ""},
			[]string{"warning: fly.c:13:37: want VERBS_NAME_MATCH(\"…only driver ids"},
		},
		"PCI without a modalias": {
			[]string{`VERBS_NAME_MATCH("fly", NULL)`, "VERBS_PCI_MATCH(0x1af4, 0x1041, NULL)"},
			[]string{"warning: fly.c:13:37: want device.modalias in provider.yaml"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.NewReplacer(tt.edits...).Replace(providertest.Source)
			if text == providertest.Source {
				t.Fatal("nothing was changed")
			}
			dir := providertest.Fly(t, map[string]string{"fly.c": text})
			providertest.WantLines(t, findings(Examine(t.Context(), dir), dir, CheckMatch), tt.want...)
		})
	}
}

func TestCheckMatchModalias(t *testing.T) {
	const modalias = "pci:v00001AF4d00001041sv*sd*bc*sc*i*"
	manifest := strings.Replace(providertest.Manifest, "name: fly0", "name: fly0\n  modalias: "+modalias, 1)
	for name, tt := range map[string]struct {
		entry string
		want  []string
	}{
		"fits":         {"VERBS_PCI_MATCH(0x1af4, 0x1041, NULL)", nil},
		"by constants": {"VERBS_PCI_MATCH(VENDOR, DEVICE_ONE, &data)", nil},
		"by a pattern": {"VERBS_MODALIAS_MATCH(\"pci:v00001AF4*\", NULL)", nil},
		"another":      {"VERBS_PCI_MATCH(0x1af4, 0x1042, NULL)", []string{"fly.c:16:37: want an entry in fly_table that matches device.modalias of provider.yaml, " + modalias}},
		"unknown":      {"VERBS_PCI_MATCH(PCI_VENDOR_ID_ELSEWHERE, 0x1042, NULL)", nil},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.NewReplacer(`VERBS_NAME_MATCH("fly", NULL)`, tt.entry,
				"#include", "#define VENDOR 0x1AF4\n#define BASE 0x1040\nenum { DEVICE_NONE = BASE, DEVICE_ONE };\n#include").Replace(providertest.Source)
			dir := providertest.Fly(t, map[string]string{"fly.c": text, provider.ManifestName: manifest})
			providertest.WantLines(t, findings(Examine(t.Context(), dir), dir, CheckMatch), tt.want...)
		})
	}
}

// Of a driver that is not built nothing is said.
func TestCheckMatchBuiltOnly(t *testing.T) {
	dir := providertest.Fly(t, map[string]string{"old.c": "// SPDX-License-Identifier: MIT\nPROVIDER_DRIVER(flea, flea_ops);\n"})
	x := Examine(t.Context(), dir)
	providertest.WantLines(t, findings(x, dir, CheckMatch))
	dir = providertest.Fly(t, map[string]string{cmake.FileName: strings.Replace(providertest.CMake, "  fly.c\n", "", 1)})
	providertest.WantLines(t, findings(Examine(t.Context(), dir), dir, CheckMatch), "…want PROVIDER_DRIVER(fly, …) in a .c file that CMakeLists.txt names")
	dir = providertest.Fly(t, map[string]string{"fly.c": "/* SPDX-License-Identifier: MIT\n"})
	if got := findings(Examine(t.Context(), dir), dir, CheckMatch); !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "fly.c:1: want \"*/\"") }) {
		t.Errorf("an open comment gives %q", got)
	}
}

func TestCheckLicences(t *testing.T) {
	notice := "/*\n * You may choose the GNU General Public License (GPL) Version 2 or the\n * OpenIB.org BSD license below.\n */\n"
	for name, tt := range map[string]struct {
		file, text string
		want       []string
	}{
		"no line":                {"x.h", "int x;\n", []string{"x.h:1: want SPDX-License-Identifier: …no such line"}},
		"behind code":            {"x.h", "int x;\n/* SPDX-License-Identifier: GPL-2.0 OR MIT */\n", []string{"x.h:1: …no such line"}},
		"in a further line":      {"x.h", "/*\n * A header.\n * SPDX-License-Identifier: GPL-2.0 OR MIT\n */\n", nil},
		"CRLF and BOM":           {"x.h", "\xef\xbb\xbf// SPDX-License-Identifier: GPL-2.0 OR MIT\r\nint x;\r\n", nil},
		"GPL alone":              {"x.h", "/* SPDX-License-Identifier: GPL-2.0-only */\n", []string{`x.h:1:4: …got "GPL-2.0-only"`}},
		"another":                {"x.h", "// SPDX-License-Identifier: Apache-2.0\n", []string{`x.h:1:4: …got "Apache-2.0"`}},
		"both at once":           {"x.h", "// SPDX-License-Identifier: GPL-2.0 AND MIT\n", []string{"x.h:1:4: "}},
		"GPL 3":                  {"x.h", "// SPDX-License-Identifier: GPL-3.0 OR MIT\n", []string{"x.h:1:4: "}},
		"proprietary":            {"x.h", "// Copyright. All rights reserved.\n", []string{"x.h:1: "}},
		"small or":               {"x.h", "/* SPDX-License-Identifier: GPL-2.0 or BSD-3-Clause */\n", nil},
		"in words":               {"x.h", "/* SPDX-License-Identifier: GPL-2.0 or OpenIB.org BSD (MIT) See COPYING file */\n", nil},
		"MIT":                    {"x.h", "/* SPDX-License-Identifier: MIT */\n", nil},
		"the kernel's":           {"fly-abi.h", "/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */\n", nil},
		"the kernel's, not here": {"x.h", "/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */\n", []string{"x.h:1:4: "}},
		"before SPDX":            {"x.h", notice, nil},
		"a map without":          {"x.map", "X_1 { };\n", []string{"warning: x.map:1: …no such line"}},
		"a map of another":       {"x.map", "/* SPDX-License-Identifier: GPL-3.0 */\n", []string{"x.map:1:4: "}},
		"CMake without":          {"sub/CMakeLists.txt", "# a list\n", []string{"warning: sub/CMakeLists.txt:1: "}},
		"CMake of another":       {"x.cmake", "# SPDX-License-Identifier: GPL-3.0\n", []string{"x.cmake:1:3: "}},
		"other files":            {"x.md", "words\n", nil},
		"private files":          {"x.c~", "words\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := providertest.Fly(t, map[string]string{tt.file: tt.text})
			providertest.WantLines(t, findings(Examine(t.Context(), dir), dir, CheckLicence), tt.want...)
		})
	}
}

// An end of the context ends the look at a directory, and says why.
func TestExamineEnds(t *testing.T) {
	why := errors.New("SIGTERM")
	ctx, end := context.WithCancelCause(t.Context())
	end(why)
	if x := Examine(ctx, providertest.Folder(t, nil)); len(x.Answers) != 0 || x.Provider != nil || !errors.Is(x.Ended, why) {
		t.Errorf("%+v", x)
	}
}

// A licence of the manifest that the files contradict is the manifest's mistake.
func TestExamineLicense(t *testing.T) {
	dir := providertest.Folder(t, map[string]string{
		provider.ManifestName: providertest.Manifest + "license: MIT\n", "fly.c": "// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause\n",
	})
	x := Examine(t.Context(), dir)
	providertest.WantLines(t, findings(x, dir, CheckManifest), "provider.yaml:16:10: license: want BSD-2-clause or GPL-2, as in the files' SPDX lines")
}

// A directory, a target and a PROVIDER_DRIVER of three names, as a provider in review
// upstream has them: what was found is said, and how to say what is meant.
func TestThreeNames(t *testing.T) {
	dir := providertest.Fly(t, map[string]string{
		cmake.FileName: strings.Replace(providertest.CMake, "rdma_provider(fly", "rdma_provider(fly_rp", 1),
		"fly.c":        strings.Replace(providertest.Source, "PROVIDER_DRIVER(fly,", "PROVIDER_DRIVER(flyx,", 1),
	})
	providertest.WantLines(t, everything(Examine(t.Context(), dir), dir),
		`CMakeLists.txt:2: want rdma_provider(fly, got rdma_provider(fly_rp (if this is intended: "name: fly_rp" and "directory: fly" in provider.yaml)`,
		"fly.c:27:17: want PROVIDER_DRIVER(fly, the manifest's name, got PROVIDER_DRIVER(flyx")
	dir = providertest.Fly(t, map[string]string{cmake.FileName: "# SPDX-License-Identifier: MIT\nrdma_shared_provider(fly_rp libfly.map 1 1.0 fly.c)\nrdma_provider()\n" +
		"rdma_provider(" + strings.Repeat("x", 300) + " fly.c sub/fast.c)\n", "libfly.map": "/* SPDX-License-Identifier: MIT */\nA { local: *; };\n"})
	got := findings(Examine(t.Context(), dir), dir, CheckCMake)
	providertest.WantLines(t, got, "CMakeLists.txt:2: want rdma_shared_provider(fly, got rdma_shared_provider(fly_rp",
		"CMakeLists.txt:3: want rdma_provider(fly, got rdma_provider()", "CMakeLists.txt:4: want rdma_provider(fly, got rdma_provider(…300 characters")
}

// An open question of a manifest is a warning, with its line.
func TestQuestions(t *testing.T) {
	manifest := strings.Replace(providertest.Manifest, "kernelModule:", provider.QuestionMark+"what is it called?\nkernelModule:", 1)
	x := Examine(t.Context(), providertest.Fly(t, map[string]string{provider.ManifestName: manifest}))
	a := x.Answers[0]
	if a.Failed() || a.Warnings() != 1 || !strings.Contains(a.Findings[0].Err.Error(), "provider.yaml:10: open question: what is it called?") {
		t.Errorf("got %+v", a)
	}
	if x.Provider == nil || len(x.Provider.Questions) != 1 {
		t.Errorf("provider %+v", x.Provider)
	}
}
