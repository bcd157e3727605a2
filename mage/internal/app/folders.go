// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/resnics/verbsmith/mage/internal/owned"
)

// folders are the directories that a run reads and writes.
type folders struct {
	root  string // the repository
	dist  string // outputs; VERBSMITH_DIST, or dist/ of the repository
	cache string // VERBSMITH_CACHE, or verbsmith/ of the user's cache directory
	logs  string // of this run, created when something is written
}

func (f *folders) sums() string      { return filepath.Join(f.cache, "downloads", pinsFile) }
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
	f := folders{root: root, dist: os.Getenv(distVariable), cache: os.Getenv(cacheVariable)}
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

// findRoot goes up from the working directory to the one with magefile.go.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for start := dir; ; {
		_, err := os.Stat(filepath.Join(dir, "magefile.go"))
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("find the repository: %w", err)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("find the repository: no magefile.go in %s or above: %w", start, fs.ErrNotExist)
		}
		dir = parent
	}
}
