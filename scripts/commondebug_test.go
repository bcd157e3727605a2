// SPDX-License-Identifier: Apache-2.0

package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// debugBuild is a build root, the directory of a build with find-debuginfo's lists, and what is saved between builds.
type debugBuild struct {
	t   *testing.T
	dir string
}

func newDebugBuild(t *testing.T) debugBuild {
	t.Helper()
	b := debugBuild{t, t.TempDir()}
	text, err := Read(CommonDebug)
	if err != nil {
		t.Fatal(err)
	}
	b.write(CommonDebug, string(text), 0o600)
	b.write("bin/file", `#!/bin/sh
while read -r name; do grep -q "^unstripped" "$name" && echo "$name: ELF 64-bit, not stripped"; done; exit 0`, 0o700)
	b.write("bin/cpio", `#!/bin/sh
for to; do :; done
tr '\0' '\n' | while read -r name; do mkdir -p "$to/${name%/*}" && cp "$name" "$to/$name"; done`, 0o700)
	for _, folder := range []string{"saved", "tree", "builddir/src"} {
		if err := os.MkdirAll(filepath.Join(b.dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b debugBuild) write(name, text string, mode os.FileMode) {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		b.t.Fatal(err)
	}
}

func (b debugBuild) read(name string) string {
	b.t.Helper()
	data, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		return "none"
	}
	return string(data)
}

func (b debugBuild) run(mode string, more ...string) {
	b.t.Helper()
	argv := append([]string{filepath.Join(b.dir, CommonDebug), mode, filepath.Join(b.dir, "saved")}, more...)
	cmd := exec.CommandContext(b.t.Context(), "/bin/sh", argv...)
	cmd.Env = []string{"PATH=" + filepath.Join(b.dir, "bin") + ":" + os.Getenv("PATH"), "RPM_BUILD_ROOT=" + filepath.Join(b.dir, "root")}
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("%s: %v\n%s", mode, err, out)
	}
}

// install is %install: a library of the common objects, one of the provider, and a script.
func (b debugBuild) install(common, provider string) {
	b.t.Helper()
	if err := os.RemoveAll(filepath.Join(b.dir, "root")); err != nil {
		b.t.Fatal(err)
	}
	b.write("root/usr/lib64/libcommon.so", common, 0o700)
	b.write("root/usr/lib64/librib.so", provider, 0o700)
	b.write("root/usr/bin/script", "no program", 0o700)
}

// saved is a build of the common objects, in which find-debuginfo has changed the library.
func (b debugBuild) saved() {
	b.t.Helper()
	b.install("unstripped", "no program")
	b.run("list")
	b.write("root/usr/lib64/libcommon.so", "stripped", 0o700)
	b.write("root/usr/lib/debug/usr/lib64/libcommon.so.debug", "debugging data", 0o400)
	b.write("tree/elfbins.list", ".//usr/lib64/libcommon.so\n", 0o600)
	b.write("tree/debugsources.list", "src/common.c\x00<built-in>\x00", 0o600)
	b.run("save", filepath.Join(b.dir, "tree"))
}

// A library with the same bytes is not given to find-debuginfo again; its result and the sources that it names are there.
func TestDebugDataIsRestored(t *testing.T) {
	b := newDebugBuild(t)
	b.saved()
	b.install("unstripped", "unstripped, too")
	b.write("builddir/src/common.c", "newer text", 0o600)
	b.run("restore")
	b.run("finish", filepath.Join(b.dir, "builddir"), "/usr/src/debug/x")
	for name, want := range map[string]string{
		"root/usr/lib64/libcommon.so":                     "stripped",
		"root/usr/lib/debug/usr/lib64/libcommon.so.debug": "debugging data",
		"root/usr/lib64/librib.so":                        "unstripped, too",
		"root/usr/bin/script":                             "no program",
		"root/usr/src/debug/x/src/common.c":               "newer text",
	} {
		if got := b.read(name); got != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
}

// Nothing is restored if a library differs, or if find-debuginfo would have no file to do.
func TestDebugDataOfAnotherBuild(t *testing.T) {
	for _, tt := range []struct{ common, provider string }{{"unstripped, edited", "unstripped, too"}, {"unstripped", "no program"}} {
		b := newDebugBuild(t)
		b.saved()
		b.install(tt.common, tt.provider)
		b.run("restore")
		b.run("finish", filepath.Join(b.dir, "builddir"), "/usr/src/debug/x")
		if got := b.read("root/usr/lib64/libcommon.so"); got != tt.common {
			t.Errorf("the library has %q, want %q", got, tt.common)
		}
		if got := b.read("root/usr/src/debug/x/src/common.c"); got != "none" {
			t.Errorf("a source was copied: %q", got)
		}
	}
}

// A file with several names is not saved: all of them would have to be restored as one.
func TestDebugDataOfHardLinks(t *testing.T) {
	b := newDebugBuild(t)
	b.install("unstripped", "no program")
	if err := os.Link(filepath.Join(b.dir, "root/usr/lib64/libcommon.so"), filepath.Join(b.dir, "root/usr/bin/link")); err != nil {
		t.Fatal(err)
	}
	b.run("list")
	if got := b.read("saved/executables"); got != "none" {
		t.Errorf("listed: %q", got)
	}
}
