// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/compiled"
	"github.com/resnics/verbsmith/mage/internal/gomod"
	"github.com/resnics/verbsmith/mage/internal/owned"
)

// folders are the directories that a run reads and writes.
type folders struct {
	root  string // the repository
	own   bool   // it is verbsmith's own
	dist  string // outputs; VERBSMITH_DIST, or dist/ of the repository
	cache string // VERBSMITH_CACHE, or verbsmith/ of the user's cache directory
	logs  string // of this run, created when something is written
}

// module is where the go command finds this module.
func (f *folders) module() string { return cmp.Or(os.Getenv(compiled.ModuleVariable), f.root) }

// sums has the sums of archives that were seen: with the repository, as go.sum is, or in the cache where the repository has pinned ones.
func (f *folders) sums() string {
	if f.own {
		return filepath.Join(f.cache, "downloads", pinsFile)
	}
	return filepath.Join(f.root, pinsFile)
}
func (f *folders) providers() string { return filepath.Join(f.root, "provider") }
func (f *folders) stages() string    { return filepath.Join(f.cache, "stages") }
func (f *folders) runs() string      { return filepath.Join(f.cache, "runs") }
func (f *folders) scratch() string   { return filepath.Join(f.cache, "tmp") }

// pinsFile has sums of archives, pinned ones below specs/ and recorded ones in the cache.
const pinsFile = "rdma-core.sum"

// findFolders finds the directories of a run, and creates none.
func findFolders() (folders, error) {
	root, err := findRoot()
	if err != nil {
		return folders{}, err
	}
	f := folders{root: root, own: isOwn(root), dist: os.Getenv(distVariable), cache: os.Getenv(cacheVariable)}
	if f.dist == "" {
		f.dist = filepath.Join(root, "dist")
	}
	if f.cache == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return f, fmt.Errorf("find a directory for the cache (set %s to choose one): %w", cacheVariable, err)
		}
		f.cache = filepath.Join(base, "verbsmith")
	}
	f.dist, f.cache = absolute(f.dist), absolute(f.cache)
	err = f.check()
	return f, err
}

const (
	distVariable  = "VERBSMITH_DIST"
	cacheVariable = "VERBSMITH_CACHE"
)

// placeError says that a directory cannot be verbsmith's.
type placeError struct{ name, dir, got string }

func (e *placeError) Error() string {
	return fmt.Sprintf("%s=%s: want a directory of its own, got %s", e.name, e.dir, e.got)
}

// check rejects directories that verbsmith would share with everything else on the
// machine, such as the home directory.
func (f *folders) check() error {
	home, _ := os.UserHomeDir() // "" is not a directory
	var errs []error
	for _, d := range [][2]string{{distVariable, f.dist}, {cacheVariable, f.cache}} {
		switch place := owned.Real(d[1]); {
		case place == string(filepath.Separator):
			errs = append(errs, &placeError{d[0], d[1], "the root of the file system"})
		case home != "" && place == owned.Real(home):
			errs = append(errs, &placeError{d[0], d[1], "the home directory"})
		case owned.Overlap(place, f.root):
			errs = append(errs, &placeError{d[0], d[1], "a directory that holds the repository"})
		}
	}
	if owned.Real(f.dist) == owned.Real(f.cache) {
		errs = append(errs, &placeError{cacheVariable, f.cache, "the directory of " + distVariable})
	}
	return errors.Join(errs...)
}

func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return abs
}

// findRoot goes up from the working directory to the repository: a directory with .git, or verbsmith's own without it.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for d := range compiled.UpTo("/", dir) {
		_, err := os.Lstat(filepath.Join(d, ".git"))
		if err == nil || isOwn(d) {
			return d, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("find the repository: %w", err)
		}
	}
	return "", fmt.Errorf("find the repository: no .git in %s or above (`git init` makes one): %w", dir, fs.ErrNotExist)
}

// isOwn says whether a directory is that of verbsmith's own module.
func isOwn(dir string) bool {
	const most = 1 << 20
	data, err := owned.ReadFile(filepath.Join(dir, "go.mod"), most)
	return err == nil && gomod.IsOwn(data)
}

// version is the version of verbsmith, or in a clone of it the commit that the clone is at, with a mark if it has changes. It is
// artifact.UnknownVersion where neither is known.
func (f *folders) version(ctx context.Context) string {
	const patience = 10 * time.Second
	if v := ownVersion(); v != "" || !f.own {
		return cmp.Or(v, artifact.UnknownVersion)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	describe := []string{"-C", f.root, "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=" + artifact.Dirty}
	out, err := exec.CommandContext(ctx, "git", describe...).Output()
	if err != nil {
		return artifact.UnknownVersion
	}
	return strings.TrimSpace(string(out))
}
