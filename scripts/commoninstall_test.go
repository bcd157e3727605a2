// SPDX-License-Identifier: Apache-2.0

package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// installBuild is a build root, the directory of a build with find-debuginfo's lists, and what is saved between builds.
type installBuild struct {
	t   *testing.T
	dir string
}

func newInstallBuild(t *testing.T) installBuild {
	t.Helper()
	b := installBuild{t, t.TempDir()}
	text, err := Read(CommonInstall)
	if err != nil {
		t.Fatal(err)
	}
	b.write(CommonInstall, string(text), 0o600)
	b.write("bin/file", `#!/bin/sh
while read -r name; do grep -q "^unstripped" "$name" && echo "$name: ELF 64-bit, not stripped"; done; exit 0`, 0o700)
	b.write("bin/sepdebugcrcfix", "#!/bin/sh\n", 0o700) // a machine may have the real one, which wants programs
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

func (b installBuild) write(name, text string, mode os.FileMode) {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		b.t.Fatal(err)
	}
}

func (b installBuild) read(name string) string {
	b.t.Helper()
	data, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		return "none"
	}
	return string(data)
}

func (b installBuild) run(mode string, more ...string) {
	b.t.Helper()
	argv := append([]string{filepath.Join(b.dir, CommonInstall), mode, filepath.Join(b.dir, "saved")}, more...)
	cmd := exec.CommandContext(b.t.Context(), "/bin/sh", argv...)
	cmd.Env = []string{"PATH=" + filepath.Join(b.dir, "bin") + ":" + os.Getenv("PATH"), "RPM_BUILD_ROOT=" + filepath.Join(b.dir, "root")}
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("%s: %v\n%s", mode, err, out)
	}
}

// install is %install: a library of the common objects, one of the provider, and a script.
func (b installBuild) install(common, provider string) {
	b.t.Helper()
	if err := os.RemoveAll(filepath.Join(b.dir, "root")); err != nil {
		b.t.Fatal(err)
	}
	b.write("root/usr/lib64/libcommon.so", common, 0o700)
	b.write("root/usr/lib64/librib.so", provider, 0o700)
	b.write("root/usr/bin/script", "no program", 0o700)
}

// saved is a build of the common objects, in which find-debuginfo changes the library, and a brp script the script.
func (b installBuild) saved() {
	b.t.Helper()
	b.install("unstripped", "no program")
	if err := os.Remove(filepath.Join(b.dir, "root/usr/lib64/librib.so")); err != nil {
		b.t.Fatal(err)
	}
	b.run("list")
	b.write("root/usr/lib64/libcommon.so", "stripped", 0o700)
	b.write("root/usr/lib/debug/usr/lib64/libcommon.so.debug", "debugging data", 0o400)
	b.write("tree/elfbins.list", ".//usr/lib64/libcommon.so\n", 0o600)
	b.write("tree/debugsources.list", "src/common.c\x00<built-in>\x00", 0o600)
	b.run("debug", filepath.Join(b.dir, "tree"))
	b.write("root/usr/bin/script", "a definite program", 0o700)
	b.write("root/usr/share/compiled", "made", 0o600)
	b.run("save")
}

// again is another build up to the end of find-debuginfo, and says what the brp scripts see.
func (b installBuild) again(common, provider string) (script string) {
	b.t.Helper()
	b.install(common, provider)
	b.write("builddir/src/common.c", "newer text", 0o600)
	b.run("restore")
	b.run("aside", filepath.Join(b.dir, "builddir"), "/usr/src/debug/x")
	script = b.read("root/usr/bin/script")
	b.run("back")
	return script
}

// Files with the same bytes are given neither to find-debuginfo nor to the brp scripts again; their results are there.
func TestInstalledFilesAreRestored(t *testing.T) {
	b := newInstallBuild(t)
	b.saved()
	if got := b.again("unstripped", "unstripped, too"); got != "none" {
		t.Errorf("a brp script sees %q", got)
	}
	for name, want := range map[string]string{
		"root/usr/lib64/libcommon.so":                     "stripped",
		"root/usr/lib/debug/usr/lib64/libcommon.so.debug": "debugging data",
		"root/usr/lib64/librib.so":                        "unstripped, too",
		"root/usr/bin/script":                             "a definite program",
		"root/usr/share/compiled":                         "made",
		"root/usr/src/debug/x/src/common.c":               "newer text",
	} {
		if got := b.read(name); got != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
}

// Nothing is restored if a library differs, or if find-debuginfo would have no file to do.
func TestInstalledFilesOfAnotherBuild(t *testing.T) {
	for _, tt := range []struct{ common, provider string }{{"unstripped, edited", "unstripped, too"}, {"unstripped", "no program"}} {
		b := newInstallBuild(t)
		b.saved()
		if got := b.again(tt.common, tt.provider); got != "no program" {
			t.Errorf("a brp script sees %q", got)
		}
		if got := b.read("root/usr/lib64/libcommon.so"); got != tt.common {
			t.Errorf("the library has %q, want %q", got, tt.common)
		}
		if got := b.read("root/usr/src/debug/x/src/common.c"); got != "none" {
			t.Errorf("a source was copied: %q", got)
		}
	}
}

// A mode counts, too: nothing else tells the scripts that a file is a program.
func TestInstalledFileOfAnotherMode(t *testing.T) {
	b := newInstallBuild(t)
	b.saved()
	b.install("unstripped", "unstripped, too")
	if err := os.Chmod(filepath.Join(b.dir, "root/usr/bin/script"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.run("restore")
	if got := b.read("root/usr/lib64/libcommon.so"); got != "unstripped" {
		t.Errorf("the library has %q", got)
	}
}

// A file with several names is not saved: all of them would have to be restored as one.
func TestInstalledHardLinks(t *testing.T) {
	b := newInstallBuild(t)
	b.install("unstripped", "no program")
	if err := os.Link(filepath.Join(b.dir, "root/usr/lib64/libcommon.so"), filepath.Join(b.dir, "root/usr/bin/link")); err != nil {
		t.Fatal(err)
	}
	b.run("list")
	if got := b.read("saved/install.contents"); got != "none" {
		t.Errorf("listed: %q", got)
	}
}
