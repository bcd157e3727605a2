// SPDX-License-Identifier: Apache-2.0

package skeleton_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/examine"
	"github.com/resnics/verbsmith/provider/skeleton"
)

const longName = "a_rather_long_name_of_32_letters"

func write(t *testing.T, name string, shared ...bool) (*provider.Provider, string) {
	t.Helper()
	files, err := skeleton.New(skeleton.Options{Name: name, Place: "./" + name, Shared: len(shared) > 0})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), name)
	p, err := skeleton.Write(t.Context(), dir, files)
	if err != nil {
		t.Fatal(err)
	}
	return p, dir
}

func TestNew(t *testing.T) {
	for name, device := range map[string]string{
		"fly": "fly0", "my_dev2": "my_dev2_0", "x": "x0", "x9": "x9_0", longName: longName + "0",
	} {
		t.Run(name, func(t *testing.T) {
			p, dir := write(t, name)
			m := p.Manifest
			if m.Name != name || m.Device.Name != device || m.DriverID.Constant != "RDMA_DRIVER_"+strings.ToUpper(name) {
				t.Errorf("manifest %+v", m)
			}
			nothingFound(t, dir)
			if p.Dir != dir {
				t.Errorf("folder %q, want %q", p.Dir, dir)
			}
			var names []string
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				names = append(names, e.Name())
				data, err := os.ReadFile(filepath.Join(dir, e.Name()))
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(string(data), "{{") || strings.Contains(string(data), "NAME-") {
					t.Errorf("%s has a place that was not filled in", e.Name())
				}
				if first, _, _ := strings.Cut(string(data), "\n"); !strings.Contains(first, "SPDX-License-Identifier: ") {
					t.Errorf("%s begins with %q", e.Name(), first)
				}
			}
			want := []string{
				".clang-format", "CMakeLists.txt", "README.md", name + "-abi.h", name + ".c", name + ".h", provider.ManifestName,
			}
			slices.Sort(want)
			if !slices.Equal(names, want) {
				t.Errorf("files %q, want %q", names, want)
			}
		})
	}
}

func TestNewShared(t *testing.T) {
	p, dir := write(t, "my_dev2", true)
	lib := p.Library()
	if lib == nil {
		t.Fatal("no library")
	}
	want := provider.Library{
		Name: "my_dev2", Map: "libmy_dev2.map", SoMajor: "1", Version: "1.0.${PACKAGE_VERSION}", Nodes: []string{"MY_DEV2_1.0"},
		Symbols: []provider.Symbol{{Name: "my_dev2dv_is_supported", Node: "MY_DEV2_1.0"}}, Headers: []string{"my_dev2dv.h"}, PkgConfig: true,
	}
	if !reflect.DeepEqual(*lib, want) {
		t.Errorf("got %+v, want %+v", *lib, want)
	}
	if plain, _ := write(t, "fly"); plain.Library() != nil {
		t.Error("a plug-in alone has a library")
	}
	nothingFound(t, dir)
}

// nothingFound holds what provider:new makes against what provider:check says.
func nothingFound(t *testing.T, dir string) {
	t.Helper()
	for _, a := range examine.Examine(t.Context(), dir).Answers {
		for _, f := range a.Findings {
			if !strings.Contains(f.Err.Error(), "maintainer.email: want the maintainer's address, got a placeholder") {
				t.Errorf("%s: %v", a.Check, f.Err)
			}
		}
	}
}

func TestMaintainer(t *testing.T) {
	files, err := skeleton.New(skeleton.Options{Name: "fly", Maintainer: provider.Maintainer{Name: `Flo "F: x`, Email: "flo@host.example"}})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "fly")
	// Whatever it is, it is the maintainer's name and no other field; the manifest's rules refuse it.
	if _, err = skeleton.Write(t.Context(), dir, files); err == nil || !strings.Contains(err.Error(), "maintainer.name: want a name without < > and quotes") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Lstat(dir); err == nil {
		t.Error("a folder that cannot be loaded is there")
	}
}

func TestNewNames(t *testing.T) {
	for name, want := range map[string]string{
		"":                       "a C name",
		"Fly":                    "a C name",
		"../fly":                 "a C name",
		"fly/x":                  "a C name",
		"fly$(touch x)":          "a C name",
		"fly%{x}":                "a C name",
		"fly\n":                  "a C name",
		"2fly":                   "a C name",
		strings.Repeat("f", 33):  "a C name",
		strings.Repeat("f", 300): "a C name",
		"fl\u202ey":              "a C name",
		"all":                    "all and none",
		"endif":                  "keyword",
		"ibverbs":                "library",
		"ibv":                    "libibverbs' own types",
		"verbs":                  "libibverbs' own types",
		"ib_uverbs":              "libibverbs' own types",
	} {
		_, err := skeleton.New(skeleton.Options{Name: name})
		if _, ok := errors.AsType[*provider.NameError](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", name, err, want)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\n\u202e") {
			t.Errorf("%q: the error holds it unquoted: %v", name, err)
		}
	}
}

// What is there is left as it is: a directory, a file, a link to nowhere.
func TestWriteKeepsWhatIsThere(t *testing.T) {
	files, err := skeleton.New(skeleton.Options{Name: "fly"})
	if err != nil {
		t.Fatal(err)
	}
	for what, occupy := range map[string]func(dir string) error{
		"an empty folder":   func(dir string) error { return os.Mkdir(dir, 0o755) },
		"a file":            func(dir string) error { return os.WriteFile(dir, []byte("x"), 0o600) },
		"a link to nowhere": func(dir string) error { return os.Symlink("nowhere", dir) },
	} {
		t.Run(what, func(t *testing.T) {
			above := t.TempDir()
			dir := filepath.Join(above, "fly")
			if err := occupy(dir); err != nil {
				t.Fatal(err)
			}
			_, err := skeleton.Write(t.Context(), dir, files)
			if _, ok := errors.AsType[*skeleton.ExistsError](err); !ok {
				t.Errorf("got %v, want an *ExistsError", err)
			}
			only(t, above, "fly")
			if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
				t.Errorf("it holds %v", entries)
			}
		})
	}
}

// An end half-way leaves neither a directory nor those above it.
func TestWriteLeavesNothing(t *testing.T) {
	files, err := skeleton.New(skeleton.Options{Name: "fly"})
	if err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancelCause(t.Context())
	reason := errors.New("interrupt")
	stop(reason)
	above := t.TempDir()
	if _, err = skeleton.Write(stopped, filepath.Join(above, "a", "b", "fly"), files); !errors.Is(err, reason) {
		t.Errorf("got %v, want %v", err, reason)
	}
	only(t, above)
	broken := slices.Clone(files)
	broken[0].Name = "no\x00file"
	if _, err = skeleton.Write(t.Context(), filepath.Join(above, "fly"), broken); err == nil {
		t.Error("wrote a file into a folder that is not there")
	}
	only(t, above)
	if _, err = skeleton.Write(t.Context(), filepath.Join(above, "fly"), files[:1]); err == nil {
		t.Error("took a folder without a manifest")
	}
	only(t, above)
}

func only(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, want) {
		t.Errorf("%s holds %q, want %q", dir, names, want)
	}
}

// The layout is clang-format's where the name is of a usual length.
func TestLayout(t *testing.T) {
	if _, err := exec.LookPath("clang-format"); err != nil {
		t.Skip("clang-format is not here; mage check installs it")
	}
	_, dir := write(t, "fly", true)
	sources, err := filepath.Glob(filepath.Join(dir, "*.[ch]"))
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	out, err := exec.CommandContext(t.Context(), "clang-format", append([]string{"--dry-run", "-Werror", "--style=file"}, sources...)...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// No line is beyond what a reader sees, but where the name alone makes it so.
func TestColumns(t *testing.T) {
	for _, name := range []string{"fly", "my_dev2", "bnxt_re"} {
		_, dir := write(t, name, true)
		for _, file := range []string{name + ".c", name + ".h", name + "-abi.h", name + "dv.h", "lib" + name + ".map"} {
			data, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(string(data), "\n") {
				if len(strings.ReplaceAll(line, "\t", "        ")) > 80 {
					t.Errorf("%s:%d: %q is beyond column 80", file, i+1, line)
				}
			}
		}
	}
}
