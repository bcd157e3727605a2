// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/providertest"
	"github.com/resnics/verbsmith/specs/edit"
	"github.com/resnics/verbsmith/specs/strictyaml"
)

func fileNames(p *Provider) []string {
	var names []string
	for _, f := range p.Files {
		names = append(names, f.Name)
	}
	return names
}

func TestLoad(t *testing.T) {
	p := smallProvider(t)
	want := []string{cmake.FileName, "fly-abi.h", "fly.c", "sub/fast.c"}
	if got := fileNames(p); !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
	var plan []string
	for _, c := range p.CopyPlan() {
		plan = append(plan, c.To)
	}
	want = []string{"providers/fly/CMakeLists.txt", "kernel-headers/rdma/fly-abi.h", "providers/fly/fly.c", "providers/fly/sub/fast.c"}
	if !slices.Equal(plan, want) {
		t.Errorf("plan %q, want %q", plan, want)
	}
}

// A repository can be a provider's directory: what verbsmith and the go command write there is none of it, under any name.
func TestLoadRepository(t *testing.T) {
	p := load(t, providertest.Fly(t, map[string]string{
		"go.mod": "module m\n", "go.sum": "x\n", "rdma-core.sum": "x\n", "verbsmith/specs/releases/66.0.yaml": "x\n",
		"dist/.verbsmith": "x\n", "dist/rdma-core-56.1/rdma-core.rpm": "\x00", "sub/out/.verbsmith": "x\n", "sub/out/x": "\x00",
	}))
	if got, want := fileNames(p), []string{cmake.FileName, "fly-abi.h", "fly.c", "fly.h", "sub/fast.c"}; !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
}

// CMake looks for a source where it builds, too: what the build makes need not be there.
func TestLoadMadeSources(t *testing.T) {
	const text = "configure_file(cfg.h.in cfg.h)\nadd_custom_command(OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/made.c COMMAND x)\n"
	load(t, providertest.Fly(t, map[string]string{cmake.FileName: text + "rdma_provider(fly fly.c sub/fast.c cfg.h made.c)\n"}))
	_, err := Load(t.Context(), providertest.Fly(t, map[string]string{cmake.FileName: text + "rdma_provider(fly fly.c cfg.c)\n"}))
	providertest.WantError(t, err, cmake.FileName+":3: want the file cfg.c")
}

// A provider's own NAME-abi.h and the kernel's are two files.
func TestLoadHeaderInAFolder(t *testing.T) {
	manifest := strings.Replace(providertest.Manifest, "abiHeader: fly-abi.h", "abiHeader: kernel/fly-abi.h", 1)
	p, err := Load(t.Context(), providertest.Folder(t, map[string]string{ManifestName: manifest, "kernel/fly-abi.h": "/* kernel */\n"}))
	providertest.WantError(t, err)
	tree := providertest.Release()
	_, err = Integrate(tree, p)
	providertest.WantError(t, err)
	for name, want := range map[string]string{
		"kernel-headers/rdma/fly-abi.h": "/* kernel */\n", "providers/fly/fly-abi.h": "/* abi */\n", "providers/fly/kernel/fly-abi.h": "",
	} {
		if tree[name] != want {
			t.Errorf("%s: %q, want %q", name, tree[name], want)
		}
	}
	if n := strings.Count(tree[HeadersCMake], "  rdma/fly-abi.h\n"); n != 2 || strings.Contains(tree[HeadersCMake], "kernel/fly") {
		t.Errorf("the lists:\n%s", tree[HeadersCMake])
	}
}

func TestLoadRib(t *testing.T) {
	if _, err := Load(t.Context(), "rib"); err != nil {
		t.Fatal(err)
	}
}

// Manifest mistakes come with their lines, all of them.
func TestLoadManifestMistakes(t *testing.T) {
	tests := []struct {
		name     string
		old, new string
		want     []string // "line:path" of each mistake
	}{
		{"name", "name: fly", "name: all", []string{"1:name"}},
		{"names of CMake", "name: fly", "name: endif", []string{"1:name"}},
		{"name of a library", "name: fly", "name: ibverbs", []string{"1:name"}},
		{"name that climbs", "name: fly", "name: ../fly", []string{"1:name"}},
		{"name with a line end", "name: fly", `name: "fly\nx"`, []string{"1:name"}},
		{"description with a line end", "A small provider", `"A\nB"`, []string{"2:description"}},
		{"description with a macro", "A small provider", "a %{x}", []string{"2:description"}},
		{"description that turns around", "A small provider", "\"a \\u202e b\"", []string{"2:description"}},
		{
			"further maintainers", "abiHeader", "coMaintainers:\n  - name: F <x>\n    email: no\nabiHeader",
			[]string{"7:coMaintainers[0].name", "8:coMaintainers[0].email"},
		},
		{
			"by an id that it has not", "  constant: RDMA_DRIVER_FLY\n  policy: next\nkernelModule: fly.ko\ncmake:\n  coherentDMA: true\ndevice:\n",
			"  policy: none\nkernelModule: fly.ko\ncmake:\n  coherentDMA: true\ndevice:\n  byDriverID: true\n",
			[]string{"13:device.byDriverID"},
		},
		{"maintainer", "name: Flo\n  email: flo@host.example", "name: F <x>\n  email: no", []string{"4:maintainer.name", "5:maintainer.email"}},
		{"header elsewhere", "fly-abi.h", "../fly-abi.h", []string{"6:abiHeader"}},
		{"header in a folder that is not there", "fly-abi.h", "sub/fly-abi.h", []string{"6:abiHeader"}},
		{"header of another form", "fly-abi.h", "fly.hh", []string{"6:abiHeader"}},
		{"constant", "RDMA_DRIVER_FLY", "\"RDMA_DRIVER_FLY = 3\"", []string{"8:driverID.constant"}},
		{"policy", "policy: next", "policy: last", []string{"9:driverID.policy"}},
		{"explicit without a value", "policy: next", "policy: explicit", []string{"8:driverID.value"}},
		{"explicit 0", "policy: next", "policy: explicit\n  value: 0", []string{"10:driverID.value"}},
		{"next with a value", "policy: next", "policy: next\n  value: 5", []string{"10:driverID.value"}},
		{"module", "fly.ko", "fly", []string{"10:kernelModule"}},
		{"device without a number", "fly0", "fly", []string{"14:device.name"}},
		{"device too long", "fly0", strings.Repeat("f", 63) + "0", []string{"14:device.name"}},
		{"modalias", "name: fly0", "name: fly0\n  modalias: \"pci:v1\\nx\"", []string{"15:device.modalias"}},
		{"kernel ABI", "name: fly0", "name: fly0\n  kernelABI: 1999999999", []string{"15:device.kernelABI"}},
		{"kernel ABI below 0", "name: fly0", "name: fly0\n  kernelABI: -1", []string{"15:device.kernelABI"}},
		{"private patterns", "lab/, \"*~\"", "../x, /y, a//b, \"[\", \"**\"", []string{
			"15:privateFiles[1]", "15:privateFiles[2]", "15:privateFiles[3]", "15:privateFiles[4]", "15:privateFiles[5]",
		}},
		{"unknown field", "device:", "colour: red\ndevice:", []string{"13:"}},
		{"subdirectories", "coherentDMA: true", "coherentDMA: true\n  subdirectories: [../x, a, a]", []string{"13:cmake.subdirectories[0]", "13:cmake.subdirectories[2]"}},
		{"title", "maintainer:", "title: \"M: x\"\nmaintainer:", []string{"3:title"}},
		{"header that is not there", "fly-abi.h", "wasp-abi.h", []string{"6:abiHeader"}},
		{"header that is private", "[README.md,", "[\"*.h\",", []string{"6:abiHeader"}},
		{"subdirectory that is not there", "coherentDMA: true", "coherentDMA: true\n  subdirectories: [man]", []string{"13:cmake.subdirectories[0]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(providertest.Manifest, tt.old, tt.new, 1)
			if text == providertest.Manifest {
				t.Fatal("the manifest was not changed")
			}
			dir := providertest.Folder(t, map[string]string{ManifestName: text})
			_, err := Load(t.Context(), dir)
			var got []string
			for _, m := range strictyaml.Mistakes(err) {
				if m.File != filepath.Join(dir, ManifestName) || m.Column < 1 {
					t.Errorf("file %q, column %d", m.File, m.Column)
				}
				got = append(got, itoa(m.Line)+":"+m.Path)
			}
			ok := len(got) == len(tt.want)
			for i := 0; ok && i < len(got); i++ {
				ok = strings.HasPrefix(got[i], tt.want[i])
			}
			if !ok {
				t.Errorf("mistakes %q, want %q: %v", got, tt.want, err)
			}
		})
	}
}

func itoa(n int) string { return strings.TrimPrefix(edit.At("x", n), "x:") }

func TestLoadFolderMistakes(t *testing.T) {
	tests := []struct {
		name   string
		change map[string]string
		want   []string
	}{
		{"no manifest", map[string]string{ManifestName: ""}, []string{ManifestName + ": want a manifest", "docs/provider.md", "provider:new", "got no such file"}},
		{"no CMakeLists.txt", map[string]string{cmake.FileName: ""}, []string{cmake.FileName, "no such file"}},
		{"no provider in it", map[string]string{cmake.FileName: "# rdma_provider(fly)\nadd_library(fly fly.c)\n"}, []string{"rdma_provider(fly", "none"}},
		{"another provider in it", map[string]string{cmake.FileName: "rdma_provider(wasp fly.c)\n"}, []string{cmake.FileName + ":1: want rdma_provider(fly, got rdma_provider(wasp"}},
		{"two providers in it", map[string]string{cmake.FileName: "rdma_provider(fly fly.c)\nrdma_shared_provider(wasp)\n"}, []string{cmake.FileName + ":2: want rdma_shared_provider(fly, got rdma_shared_provider(wasp"}},
		{"not CMake", map[string]string{cmake.FileName: "rdma_provider(fly\n"}, []string{cmake.FileName + ":1:"}},
		{
			"sources that are missing",
			map[string]string{cmake.FileName: "rdma_shared_provider(fly libfly.map\n 1 1.0.${V}\n fly.c\n gone.c)\n"},
			[]string{cmake.FileName + ":1: want the file libfly.map", cmake.FileName + ":4: want the file gone.c"},
		},
		{"the ABI header as a source", map[string]string{cmake.FileName: "rdma_provider(fly fly.c fly-abi.h)\n"}, []string{"the file fly-abi.h"}},
		{"control character", map[string]string{"a\nb.c": "x", "c\x1b.c": "x"}, []string{`a\nb.c`, `c\x1b.c`, "control characters"}},
		{"blank and quote", map[string]string{"a b.c": "x", "it's.c": "x", "a%b": "x"}, []string{"a b.c", "it's.c", "a%b", "letters, digits"}},
		{"option", map[string]string{"-x": "y"}, []string{"does not start with -"}},
		{"too large", map[string]string{"big.bin": strings.Repeat("x", MaxFileSize+1)}, []string{"big.bin", "8388608 bytes in one file", "8388609"}},
		{"manifest too large", map[string]string{ManifestName: providertest.Manifest + strings.Repeat("#", MaxFileSize)}, []string{ManifestName, "at most 65536 bytes in one file"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(t.Context(), providertest.Folder(t, tt.change))
			providertest.WantError(t, err, tt.want...)
			if strings.ContainsFunc(strings.ReplaceAll(err.Error(), "\n", ""), unicode.IsControl) {
				t.Errorf("control characters in %q", err)
			}
		})
	}
}

// An end of the context ends the reading of a directory, and says why.
func TestLoadEnds(t *testing.T) {
	why := errors.New("SIGTERM")
	ctx, end := context.WithCancelCause(t.Context())
	end(why)
	dir := providertest.Folder(t, nil)
	if _, err := Load(ctx, dir); !errors.Is(err, why) {
		t.Errorf("Load: %v", err)
	}
}

func TestLoadTooManyFiles(t *testing.T) {
	dir := providertest.Folder(t, nil)
	for i := range MaxFiles {
		if err := os.WriteFile(filepath.Join(dir, "f"+itoa(i+1)), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Load(t.Context(), dir)
	var limit *LimitError
	if !errors.As(err, &limit) || limit.Limit != MaxFiles || limit.File != dir {
		t.Errorf("got %v, want a *LimitError of %d files", err, MaxFiles)
	}
}

func TestLoadLinksAndSpecialFiles(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.c")
	if err := os.WriteFile(outside, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		make func(file string) error
		want string
	}{
		{"out.c", func(f string) error { return os.Symlink(outside, f) }, "a symbolic link"},
		{"in.c", func(f string) error { return os.Symlink("fly.c", f) }, "a symbolic link"},
		{"dir", func(f string) error { return os.Symlink(filepath.Dir(outside), f) }, "a symbolic link"},
		{"pipe", func(f string) error { return syscall.Mkfifo(f, 0o644) }, "a special file"},
		{"x~", func(f string) error { return os.Symlink("nowhere", f) }, ""}, // private: not looked at
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := providertest.Folder(t, nil)
			if err := tt.make(filepath.Join(dir, tt.name)); err != nil {
				t.Fatal(err)
			}
			_, err := Load(t.Context(), dir)
			if tt.want == "" {
				providertest.WantError(t, err)
				return
			}
			providertest.WantError(t, err, tt.name, tt.want)
			if _, ok := errors.AsType[*FileError](err); !ok {
				t.Errorf("want a *FileError, got %T", err)
			}
		})
	}
	t.Run("the manifest itself", func(t *testing.T) {
		dir := providertest.Folder(t, map[string]string{ManifestName: "", "m": providertest.Manifest})
		if err := os.Symlink("m", filepath.Join(dir, ManifestName)); err != nil {
			t.Fatal(err)
		}
		_, err := Load(t.Context(), dir)
		providertest.WantError(t, err, ManifestName, "a regular file")
	})
	t.Run("no folder", func(t *testing.T) {
		_, err := Load(t.Context(), filepath.Join(t.TempDir(), "none"))
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	})
}

func TestDigest(t *testing.T) {
	base := smallProvider(t).Digest()
	load := func(change map[string]string, prepare func(dir string)) string {
		dir := providertest.Folder(t, change)
		if prepare != nil {
			prepare(dir)
		}
		p, err := Load(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		return p.Digest()
	}
	chmod := func(mode fs.FileMode) func(string) {
		return func(dir string) {
			if err := os.Chmod(filepath.Join(dir, "fly.c"), mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	same := map[string]string{
		"another folder":          load(nil, nil),
		"private file":            load(map[string]string{"README.md": "new", "lab/x": "new", "x~": "new"}, nil),
		"comment":                 load(map[string]string{ManifestName: "# c\n" + providertest.Manifest}, nil),
		"mode that umask decides": load(nil, chmod(0o600)),
	}
	for name, d := range same {
		if d != base {
			t.Errorf("%s changed the digest", name)
		}
	}
	differ := map[string]string{
		"content":   load(map[string]string{"fly.c": "int fly ;\n"}, nil),
		"new file":  load(map[string]string{"x.h": "x"}, nil),
		"manifest":  load(map[string]string{ManifestName: strings.Replace(providertest.Manifest, "small", "tiny", 1)}, nil),
		"exec mode": load(nil, chmod(0o755)),
		"moved":     load(map[string]string{"x.h": "", "y.h": "x"}, nil),
		"two files": load(map[string]string{"z1": "1", "z2": "2"}, nil),
		"their sum": load(map[string]string{"z1": "1z26442"}, nil),
		"one":       load(map[string]string{"a": "bc", "d": ""}, nil),
		"other":     load(map[string]string{"ab": "c"}, nil),
	}
	seen := map[string]string{base: "base"}
	for name, d := range differ {
		if other := seen[d]; other != "" || len(d) != 64 {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[d] = name
	}
}

func TestIsPrivate(t *testing.T) {
	m := &Manifest{PrivateFiles: []string{"README.md", "lab/", "*~", "doc/*.txt", "[ab].c"}}
	tests := []struct {
		name string
		dir  bool
		want bool
	}{
		{ManifestName, false, true},
		{"sub/" + ManifestName, false, false},
		{"README.md", false, true},
		{"sub/README.md", false, true},
		{"README", false, false},
		{"lab", true, true},
		{"lab", false, false},
		{"x/lab", true, true},
		{"x~", false, true},
		{"doc/a.txt", false, true},
		{"a.txt", false, false},
		{"x/doc/a.txt", false, false},
		{"a.c", false, true},
		{"c.c", false, false},
		{".git", true, true},
		{".git", false, false},
		{".c.c.swp", false, true},
		{"sub/.#c.c", false, true},
		{"#c.c#", false, true},
		{".c.c.swp", true, false},
		{"c.swp", false, false},
		{"verbsmith", true, true},
		{"verbsmith", false, false},
		{"sub/verbsmith", true, false},
		{"go.mod", false, true},
		{"sub/go.mod", false, false},
		{"rdma-core.sum", false, true},
	}
	for _, tt := range tests {
		if got := m.isPrivate(tt.name, tt.dir); got != tt.want {
			t.Errorf("isPrivate(%q, %v) = %v", tt.name, tt.dir, got)
		}
	}
}

func TestABIHeadersAreTheManifests(t *testing.T) {
	manifest := strings.Replace(providertest.Manifest, "abiHeader: fly-abi.h", "abiHeaders: [fly-abi.h, two-abi.h]\nioctlHeaders: [cmds.h]", 1)
	p := load(t, providertest.Fly(t, map[string]string{ManifestName: manifest, "two-abi.h": "/* two */\n", "cmds.h": "/* cmds */\n"}))
	var names []string
	for _, h := range p.ABIHeaders() {
		names = append(names, h.Name+": "+string(h.Data()[:4]))
	}
	if want := "fly-abi.h: /* S, two-abi.h: /* t"; strings.Join(names, ", ") != want {
		t.Errorf("got %q, want %q", names, want)
	}
}
