// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/providertest"
)

func plainModule() *Module {
	return &Module{
		Needed: []string{"libibverbs.so.1", "libc.so.6", "ld-linux-x86-64.so.2"},
		Imports: []Symbol{
			{"verbs_register_driver_34", "IBVERBS_PRIVATE_34", "libibverbs.so.1"},
			{"ibv_query_gid", "IBVERBS_1.1", "libibverbs.so.1"},
			{"calloc", "GLIBC_2.2.5", "libc.so.6"},
		},
	}
}

func TestCheckModule(t *testing.T) {
	dir := providertest.Fly(t, nil)
	p := loaded(t, dir)
	for name, tt := range map[string]struct {
		change func(m *Module)
		want   []string
	}{
		"as it should be":     {func(*Module) {}, nil},
		"exports":             {func(m *Module) { m.Exports = []Symbol{{Name: "fly_secret"}} }, []string{"CMakeLists.txt: want a plug-in that exports no symbol, got fly_secret"}},
		"nobody has it":       {func(m *Module) { m.Imports[2] = Symbol{Name: "nowhere"} }, []string{"CMakeLists.txt: …none for nowhere"}},
		"another private ABI": {func(m *Module) { m.Imports[0].Version = "IBVERBS_PRIVATE_59" }, []string{"CMakeLists.txt: want symbols of IBVERBS_PRIVATE_34…verbs_register_driver_34@IBVERBS_PRIVATE_59"}},
		"another library":     {func(m *Module) { m.Needed = append(m.Needed, "libssl.so.3") }, []string{"warning: CMakeLists.txt: …BuildRequires for libssl.so.3"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := plainModule()
			tt.change(m)
			a := Symbols(p, m, 34)
			providertest.WantLines(t, findings(Result{Answers: []Answer{a}}, dir, CheckSymbols), tt.want...)
			if !strings.Contains(a.Evidence, "from libibverbs (IBVERBS_PRIVATE_34)") {
				t.Errorf("evidence %q", a.Evidence)
			}
		})
	}
}

func TestCheckModuleOfALibrary(t *testing.T) {
	dir := providertest.Fly(t, map[string]string{
		cmake.FileName: "# SPDX-License-Identifier: MIT\nrdma_shared_provider(fly libfly.map\n  1 1.0.${PACKAGE_VERSION}\n  fly.c sub/fast.c)\n",
		"libfly.map":   "/* SPDX-License-Identifier: MIT */\nFLY_1.0 {\n\tglobal:\n\t\tflydv_open;\n\t\tflydv_close;\n\tlocal: *;\n};\n",
	})
	p := loaded(t, dir)
	exports := []Symbol{{Name: "flydv_open", Version: "FLY_1.0"}, {Name: "flydv_close", Version: "FLY_1.0"}}
	for name, tt := range map[string]struct {
		exports []Symbol
		want    []string
	}{
		"as the map has it": {exports, nil},
		"one is not there":  {exports[:1], []string{"libfly.map:5: want a function for each symbol of the version map, got none for flydv_close@FLY_1.0"}},
		"one too many":      {append(slices.Clone(exports), Symbol{Name: "fly_secret"}), []string{"libfly.map: want symbols of libfly.map alone, got fly_secret"}},
		"another version":   {[]Symbol{exports[0], {Name: "flydv_close", Version: "FLY_1.1"}}, []string{"libfly.map:5: ", "libfly.map: …got flydv_close@FLY_1.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := plainModule()
			m.Exports = tt.exports
			a := Symbols(p, m, 34)
			providertest.WantLines(t, findings(Result{Answers: []Answer{a}}, dir, CheckSymbols), tt.want...)
		})
	}
}

// The C library is a shared object with versions that each Linux machine has.
func TestReadModule(t *testing.T) {
	files, err := filepath.Glob("/lib*/*/libc.so.6")
	if more, _ := filepath.Glob("/lib*/libc.so.6"); len(files) == 0 {
		files = more
	}
	if err != nil || len(files) == 0 {
		t.Skip("no libc.so.6 here")
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := ReadModule(f)
	if err != nil {
		t.Fatal(err)
	}
	if m.Soname != "libc.so.6" || len(m.Needed) == 0 {
		t.Errorf("soname %q, needed %q", m.Soname, m.Needed)
	}
	if !slices.ContainsFunc(m.Exports, func(s Symbol) bool { return s.Name == "calloc" && strings.HasPrefix(s.Version, "GLIBC_") }) {
		t.Error("calloc is not among the exports")
	}
	if slices.ContainsFunc(m.Exports, func(s Symbol) bool { return strings.HasPrefix(s.Name, "GLIBC_") }) {
		t.Error("the names of versions are taken for symbols")
	}
	if !slices.ContainsFunc(m.Imports, func(s Symbol) bool { return strings.HasPrefix(s.Library, "ld-") }) {
		t.Errorf("imports %v", m.Imports)
	}
	if _, err := ReadModule(strings.NewReader("no ELF")); err == nil {
		t.Error("took text for a module")
	}
}
