// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
)

// dirsFor returns directories below a new one, next to a repository.
func dirsFor(t *testing.T, dist, cache string) folders {
	t.Helper()
	t.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
	root := t.TempDir()
	return folders{root: filepath.Join(root, "repo"), dist: filepath.Join(root, dist), cache: filepath.Join(root, cache)}
}

func put(t *testing.T, files ...string) {
	t.Helper()
	for _, file := range files {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("theirs"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// used fills both directories as runs do.
func used(t *testing.T, f folders) {
	t.Helper()
	h, err := owned.Lock(t.Context(), f.dist, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Release()
	err = h.Place("rdma-core-56.1/rdma-core-rib.patch", []byte("patch"))
	err = errors.Join(err, h.Replace("rocky9/rdma-core-56.1", func(dir string) error {
		put(t, filepath.Join(dir, "RPMS/x.rpm"), filepath.Join(dir, "manifest.json"))
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	run, err := openWorkspace(t.Context(), &f)
	if err != nil {
		t.Fatal(err)
	}
	stages, err := stagecache.Open(f.stages())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stages.Do(t.Context(), "rpm", "k", func(_ context.Context, dir string) error {
		put(t, filepath.Join(dir, "x"))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := stages.Prune(t.Context(), 1); err != nil { // no more use of it
		t.Fatal(err)
	}
	put(t, ours(f.cache)...)
	if err := run.close(); err != nil {
		t.Fatal(err)
	}
}

// ours are files that verbsmith writes into a cache.
func ours(cache string) []string {
	key := strings.Repeat("0123456789abcdef", 4)
	var files []string
	for _, name := range []string{
		"downloads/" + key + "/rdma-core-56.1.tar.gz", "downloads/origin-" + key[:32] + "/x.lock",
		"downloads/git-" + key[:40] + "/x.part.json", "runs/home", "runs/home.guard", "runs/0123456789abcdef.lock",
		"logs/20260102T030405.678-9/01-source.log", "logs/20260102T030405.678-9/passed",
		"logs/20260102T030405.678-9/v56.1/01-compile.log",
		"verbsmith-unreachable-docker.io_2frocky", "tmp/verbsmith-12-34/half",
	} {
		files = append(files, filepath.Join(cache, name))
	}
	return files
}

// left lists what is below dir that is not a directory.
func left(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, file)
			names = append(names, rel)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

// clean runs the directories' part, and checks that the only other error is the engine's.
func clean(t *testing.T, f folders) (c *cleaner, err error) {
	t.Helper()
	c = &cleaner{dirs: f}
	err = c.run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no container engine answers") && !errors.As(err, new(*busyError)) {
		t.Errorf("want the engine's error, got %v", err)
	}
	return c, err
}

func gone(t *testing.T, dirs ...string) {
	t.Helper()
	for _, dir := range dirs {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there: %s, %v", dir, left(t, dir), err)
		}
	}
}

func TestCleanRemovesEverythingOfOurs(t *testing.T) {
	for _, places := range [][2]string{{"d", "c"}, {"c/dist", "c"}, {"d", "d/cache"}} {
		f := dirsFor(t, places[0], places[1])
		used(t, f)
		c, _ := clean(t, f)
		gone(t, f.dist, f.cache)
		if len(c.removed) != 2 || len(c.kept) != 0 {
			t.Errorf("%v: removed %v, kept %v", places, c.removed, c.kept)
		}
	}
}

func TestCleanRefusesForeignDirectories(t *testing.T) {
	f := dirsFor(t, "d", "c")
	put(t, filepath.Join(f.dist, "docs/thesis"), filepath.Join(f.cache, "other/file"))
	_, err := clean(t, f)
	for _, dir := range []string{f.dist, f.cache} {
		if !strings.Contains(err.Error(), dir+" is not empty and has no marker") {
			t.Errorf("%s is not named: %v", dir, err)
		}
	}
	if got := left(t, f.dist) + " " + left(t, f.cache); got != "docs/thesis other/file" {
		t.Errorf("left %s", got)
	}
}

// A marker in a directory of the user's makes nothing removable that verbsmith did not write.
func TestCleanLeavesWhatOthersHaveThere(t *testing.T) {
	f := dirsFor(t, "d", "c")
	theirs := []string{
		"d/docs/thesis", "d/rocky9/rdma-core-56.1/notes", "d/rocky9/rdma-core-65.0/RPMS/x.rpm", "d/rdma-core-56.1/src/main.c",
		"d/rdma-core-56.1/rdma-core-other.patch",
		"c/other/file", "c/downloads/holiday.jpg", "c/downloads/mine/x", "c/logs/app.log", "c/logs/mine/x.log", "c/runs/mine.lock",
		"c/tmp/notes", "c/tmp/mine/x", "c/tmp/2024-11/x", "c/stages/notes", "c/stages/v1/rpm/thesis", "c/stages/v1/notes", "c/verbsmith-notes",
	}
	root := filepath.Dir(f.root)
	for _, name := range theirs {
		put(t, filepath.Join(root, name))
	}
	used(t, f)
	c, err := clean(t, f)
	slices.Sort(theirs)
	if got := strings.Fields(left(t, root)); !slices.Equal(got, theirs) {
		t.Errorf("left %v", got)
	}
	if strings.Contains(err.Error(), "marker") || len(c.removed) != 2 || len(c.kept) < 10 {
		t.Errorf("%v: removed %v, kept %v", err, c.removed, c.kept)
	}
}

// An older version wrote no marker. What names itself as verbsmith's goes all the same.
func TestCleanOfAnOlderVersionsDirectories(t *testing.T) {
	f := dirsFor(t, "d", "c")
	used(t, f)
	out := filepath.Join(f.dist, "rocky9/rdma-core-56.1")
	manifest := `{"release":"56.1","key":"k","files":[{"path":"RPMS/x.rpm","size":6},{"path":"../../../thesis","size":6},{"path":"y","size":1}]}`
	if err := os.WriteFile(filepath.Join(out, "manifest.json"), []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(f.dist, "thesis"), filepath.Join(out, "y"), filepath.Join(out, "junit.xml"), filepath.Join(f.cache, "mine"))
	if err := errors.Join(os.Remove(filepath.Join(f.dist, owned.Marker)), os.Remove(filepath.Join(f.cache, owned.Marker))); err != nil {
		t.Fatal(err)
	}
	_, err := clean(t, f)
	if strings.Contains(err.Error(), "marker") {
		t.Error(err)
	}
	// The patch has no record: it may be anybody's.
	if got := left(t, f.dist) + " " + left(t, f.cache); got != "rdma-core-56.1/rdma-core-rib.patch rocky9/rdma-core-56.1/y thesis mine" {
		t.Errorf("left %s", got)
	}
}

func TestCleanWaitsForNoRun(t *testing.T) {
	f := dirsFor(t, "d", "c")
	used(t, f)
	run, err := openWorkspace(t.Context(), &f)
	if err != nil {
		t.Fatal(err)
	}
	before := left(t, filepath.Dir(f.root))
	if _, err := clean(t, f); !errors.As(err, new(*busyError)) || !strings.Contains(err.Error(), fmt.Sprintf("%s is in use by another run (process %d)", f.cache, os.Getpid())) {
		t.Errorf("during a run: %v", err)
	}
	if after := left(t, filepath.Dir(f.root)); after != before {
		t.Errorf("before %s\nafter %s", before, after)
	}
	if err := run.close(); err != nil {
		t.Fatal(err)
	}
	held, err := owned.Lock(t.Context(), f.dist, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := clean(t, f); !errors.As(err, new(*busyError)) || !strings.Contains(err.Error(), f.dist) {
		t.Errorf("while outputs are written: %v", err)
	}
	held.Release()
	if _, err := clean(t, f); errors.As(err, new(*busyError)) {
		t.Error(err)
	}
	gone(t, f.dist, f.cache)
}

func TestCleanThroughLinks(t *testing.T) {
	f := dirsFor(t, "d", "c")
	elsewhere := t.TempDir()
	put(t, filepath.Join(elsewhere, "d/mine"), filepath.Join(elsewhere, "c/mine"))
	if err := errors.Join(
		os.Symlink(filepath.Join(elsewhere, "d"), f.dist), os.Symlink(filepath.Join(elsewhere, "c"), f.cache),
	); err != nil {
		t.Fatal(err)
	}
	used(t, f)
	if _, err := clean(t, f); strings.Contains(err.Error(), "marker") {
		t.Error(err)
	}
	if got := left(t, elsewhere); got != "c/mine d/mine" {
		t.Errorf("left %s", got)
	}
	if got := left(t, filepath.Dir(f.root)); got != "c d" {
		t.Errorf("the links: %s", got)
	}
}

func TestPlacesThatAreNotOwn(t *testing.T) {
	root, home := t.TempDir(), t.TempDir()
	repo := filepath.Join(root, "repo")
	link := filepath.Join(home, "link")
	if err := errors.Join(os.Mkdir(repo, 0o755), os.Symlink(root, link)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	for _, tt := range []struct{ dist, cache, want string }{
		{"/", home + "/c", "VERBSMITH_DIST=/: want a directory of its own, got the root of the file system"},
		{repo + "/dist", home, "got the home directory"},
		{repo, home + "/c", "got a directory that holds the repository"},
		{root, home + "/c", "got a directory that holds the repository"},
		{link, home + "/c", "got a directory that holds the repository"},
		{repo + "/dist", repo + "/dist/", "VERBSMITH_CACHE="},
		{repo + "/dist", home + "/c", ""},
		{home + "/c/dist", home + "/c", ""},
		{repo + "/dist", repo + "/dist/cache", ""},
	} {
		f := folders{root: repo, dist: tt.dist, cache: tt.cache}
		err := f.check()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %s: %v", tt.dist, tt.cache, err)
		}
	}
}
