// SPDX-License-Identifier: Apache-2.0

package kit

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/resnics/verbsmith/specs"
)

// repository has files below verbsmith/.
func repository(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, Folder, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const distro = "name: mine\ntitle: Mine\nel: 9\ndist: .el9\nrpm: 4.16.1.3\nimage: example.com/mine:9\nstandin: bookworm\nstandinRPM: 4.18.0\n"

// A repository's own distro is one more, its toolchain's script replaces verbsmith's, and all else stays.
func TestOwnFiles(t *testing.T) {
	plain, err := Open(repository(t, nil))
	if err != nil || len(plain.Own()) > 0 {
		t.Fatalf("%v, own files %q", err, plain.Own())
	}
	k, err := Open(repository(t, map[string]string{"specs/distros/mine.yaml": distro, "containers/el/toolchain.sh": "echo mine\n"}))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"verbsmith/containers/el/toolchain.sh", "verbsmith/specs/distros/mine.yaml"}; !slices.Equal(k.Own(), want) {
		t.Errorf("own files %q, want %q", k.Own(), want)
	}
	usual, err := specs.LoadDistros(plain.Dir("specs"))
	if err != nil {
		t.Fatal(err)
	}
	own, err := specs.LoadDistros(k.Dir("specs"))
	if err != nil {
		t.Fatal(err)
	}
	if want := slices.Sorted(slices.Values(append(usual.Names(), "mine"))); !slices.Equal(own.Names(), want) {
		t.Errorf("distros %q, want %q", own.Names(), want)
	}
	for name, want := range map[string]string{"el/toolchain.sh": "echo mine\n", "debian/Containerfile": ""} {
		got, err := fs.ReadFile(k.Dir("containers"), name)
		if want == "" {
			var text []byte
			text, err = fs.ReadFile(plain.Dir("containers"), name)
			want = string(text)
		}
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	replaced, err := fs.ReadDir(k.Dir("containers"), "el")
	before, errBefore := fs.ReadDir(plain.Dir("containers"), "el")
	if err := errors.Join(err, errBefore); err != nil || len(replaced) != len(before) {
		t.Errorf("containers/el has %v, %v", replaced, err)
	}
}

// Scripts and templates are replaced one by one, and none is added.
func TestOwnScripts(t *testing.T) {
	k, err := Open(repository(t, map[string]string{"scripts/rpm-build.sh": "mine", Skeleton + "/templates/NAME.h.tmpl": "mine"}))
	if err != nil {
		t.Fatal(err)
	}
	for dir, names := range map[string][2]string{
		"scripts": {"rpm-build.sh", "deb-build.sh"}, Skeleton: {"templates/NAME.h.tmpl", "templates/NAME.c.tmpl"},
	} {
		if own, err := fs.ReadFile(k.Dir(dir), names[0]); err != nil || string(own) != "mine" {
			t.Errorf("%s/%s is %q, %v", dir, names[0], own, err)
		}
		if other, err := fs.ReadFile(k.Dir(dir), names[1]); err != nil || len(other) < 1000 {
			t.Errorf("%s/%s is %q, %v", dir, names[1], other, err)
		}
	}
	for _, name := range []string{"scripts/other.sh", "scripts/doc.go", "specs/strangers.yaml", "specs/transplants.yaml", Skeleton + "/provider.yaml.tmpl", "provider/rib/rib.c"} {
		_, err := Open(repository(t, map[string]string{name: ""}))
		if file, ok := errors.AsType[*FileError](err); !ok || file.File != "verbsmith/"+name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a repository's distros have as their libibverbs is added to what verbsmith knows.
func TestOwnLibibverbs(t *testing.T) {
	const text = "name: mine\ntitle: Mine\npackage: libibverbs\nreleases:\n  - {release: \"1\", dist: .el9, unknown: nobody has looked}\n"
	k, err := Open(repository(t, map[string]string{"specs/libibverbs/mine.yaml": text}))
	if err != nil {
		t.Fatal(err)
	}
	all, err := specs.LoadStock(k.Dir("specs"))
	if err != nil || len(all) < 2 || !slices.ContainsFunc(all, func(s specs.Stock) bool { return s.Name == "mine" }) {
		t.Errorf("got %+v, %v", all, err)
	}
}

// A mistake in a repository's file is reported with its own name, and one of verbsmith's with its. Editors' files and hidden ones are
// not the repository's.
func TestMistakesNameTheFile(t *testing.T) {
	k, err := Open(repository(t, map[string]string{
		"scripts/.rpm-build.sh.swp": "", "scripts/rpm-build.sh~": "", ".DS_Store": "", ".git/config": "", "specs/distros/mine.yaml": distro + "colour: red\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := specs.LoadDistros(k.Dir("specs")); err == nil || !strings.HasPrefix(err.Error(), "verbsmith/specs/distros/mine.yaml:9:1: colour") {
		t.Errorf("got %v", err)
	}
}

// What nothing reads is refused, all of it at once.
func TestFilesThatNothingReads(t *testing.T) {
	root := repository(t, map[string]string{
		"specs/distro/mine.yaml": distro, "specs/distros/mine.yml": distro, "README.md": "", "specs/schema/distro.json": "{}",
		"containers/fedora/Containerfile": "FROM x\n", "specs/distros/mine.yaml": distro,
	})
	large := filepath.Join(root, Folder, "specs/distros/large.yaml")
	if err := errors.Join(
		os.WriteFile(large, nil, 0o600), os.Truncate(large, most+1),
		syscall.Mkfifo(filepath.Join(root, Folder, "specs/distros/pipe.yaml"), 0o600),
		os.Symlink("/etc/passwd", filepath.Join(root, Folder, "specs/distros/link.yaml")),
	); err != nil {
		t.Fatal(err)
	}
	_, err := Open(root)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"verbsmith/specs/distro/mine.yaml: want", "verbsmith/specs/distros/mine.yml: want", "verbsmith/README.md: want",
		"verbsmith/specs/schema/distro.json: want", "verbsmith/containers/fedora/Containerfile: want",
		"verbsmith/specs/distros/large.yaml: want at most", "verbsmith/specs/distros/pipe.yaml: want a regular file",
		"verbsmith/specs/distros/link.yaml: want a regular file",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != 8 {
		t.Errorf("%d errors, want 8:\n%v", n, err)
	}
}

// A file with the name of the directory is no directory.
// A repository's lock is found by the name of its target, and no other file is one.
func TestLocks(t *testing.T) {
	repository := t.TempDir()
	put := func(name string) {
		file := filepath.Join(repository, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(LockFile("rocky9"))
	k, err := Open(repository)
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := k.Lock("rocky9"); !ok || string(text) != "text" {
		t.Errorf("got %q, %t", text, ok)
	}
	if _, ok := k.Lock("rocky8"); ok {
		t.Error("a lock that is not there")
	}
	for _, name := range []string{"verbsmith/locks/rocky9.yaml", "verbsmith/locks/.json/x.json", "verbsmith/locks/a/rocky9.json"} {
		put(name)
		if _, err := Open(repository); err == nil && !strings.Contains(name, "/.json/") {
			t.Errorf("%s is taken", name)
		}
		if err := os.RemoveAll(filepath.Join(repository, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFolderThatIsAFile(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, Folder), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(root); err == nil {
		t.Error("no error")
	}
}
