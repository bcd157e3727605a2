// SPDX-License-Identifier: Apache-2.0

package releasetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/skeleton"
	"github.com/resnics/verbsmith/specs"
)

// root is the repository, as the tests of a package of mage/internal see it.
const root = "../../.."

// cloneVariable names a git clone of rdma-core with its tags.
const cloneVariable = "VERBSMITH_RDMA_CORE"

// UpstreamClone is the git clone of rdma-core that the user has named. Without one the test is skipped.
func UpstreamClone(t *testing.T) string {
	t.Helper()
	clone := os.Getenv(cloneVariable)
	if clone == "" {
		t.Skip(cloneVariable + " names no clone of rdma-core")
	}
	return clone
}

// Write writes files below dir; what begins with "#!" can be executed.
func Write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		mode := os.FileMode(0o644)
		if strings.HasPrefix(text, "#!") {
			mode = 0o755
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
}

// Clone makes a git clone that has the files as its release v56.1.
func Clone(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "clone")
	Write(t, dir, files)
	for _, args := range [][]string{{"init", "-q", "-b", "work"}, {"add", "."}, {"commit", "-q", "-m", "56.1"}, {"tag", "v56.1"}} {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
			"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@host.example", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@host.example",
			"GIT_AUTHOR_DATE=2025-02-03T04:05:06Z", "GIT_COMMITTER_DATE=2025-02-03T04:05:06Z")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return dir
}

// Distros are the project's.
func Distros(t testing.TB) *specs.Distros {
	t.Helper()
	distros, err := specs.LoadDistros(os.DirFS(filepath.Join(root, "specs")))
	if err != nil {
		t.Fatal(err)
	}
	return distros
}

// Rib is the project's own provider.
func Rib(t testing.TB) *provider.Provider {
	t.Helper()
	rib, err := provider.Load(t.Context(), filepath.Join(root, "provider", "rib"))
	if err != nil {
		t.Fatal(err)
	}
	return rib
}

// Provider is what provider:new writes, changed: change gets the files' texts by their
// names, and may be nil.
func Provider(t testing.TB, name string, shared bool, change func(texts map[string]string)) *provider.Provider {
	t.Helper()
	files, err := skeleton.New(skeleton.Options{
		Name: name, Shared: shared, Maintainer: provider.Maintainer{Name: "Flo", Email: "flo@host.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, f := range files {
		texts[f.Name] = string(f.Data)
	}
	if change != nil {
		change(texts)
	}
	dir := filepath.Join(t.TempDir(), name)
	Write(t, dir, texts)
	pr, err := provider.Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return pr
}
