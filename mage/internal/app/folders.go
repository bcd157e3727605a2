// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// folders is where a run reads and writes.
type folders struct {
	root  string // the repository
	dist  string // outputs; VERBSMITH_DIST, or dist/ of the repository
	cache string // VERBSMITH_CACHE, or verbsmith/ of the user's cache folder
	logs  string // of this run
}

func (f *folders) specs() string     { return filepath.Join(f.root, "specs") }
func (f *folders) pins() string      { return filepath.Join(f.specs(), "rdma-core.sum") }
func (f *folders) sums() string      { return filepath.Join(f.cache, "downloads", "rdma-core.sum") }
func (f *folders) providers() string { return filepath.Join(f.root, "provider") }
func (f *folders) stages() string    { return filepath.Join(f.cache, "stages") }
func (f *folders) runs() string      { return filepath.Join(f.cache, "runs") }

func findFolders() (folders, error) {
	root, err := findRoot()
	if err != nil {
		return folders{}, err
	}
	f := folders{root: root, dist: os.Getenv("VERBSMITH_DIST"), cache: os.Getenv("VERBSMITH_CACHE")}
	if f.dist == "" {
		f.dist = filepath.Join(root, "dist")
	}
	if f.cache == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return f, fmt.Errorf("find a folder for the cache (VERBSMITH_CACHE names one): %w", err)
		}
		f.cache = filepath.Join(base, "verbsmith")
	}
	f.dist, f.cache = absolute(f.dist), absolute(f.cache)
	if err := os.MkdirAll(f.cache, 0o755); err != nil {
		return f, fmt.Errorf("make the cache folder (VERBSMITH_CACHE names another): %w", err)
	}
	return f, nil
}

func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return abs
}

// findRoot goes up from the working folder to the one with magefile.go.
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

// openLogs makes this run's log folder and drops those of long ago.
func (f *folders) openLogs() error {
	const keep = 20
	all := filepath.Join(f.cache, "logs")
	name := time.Now().UTC().Format("20060102T150405.000") + "-" + strconv.Itoa(os.Getpid())
	f.logs = filepath.Join(all, name)
	if err := os.MkdirAll(f.logs, 0o755); err != nil {
		return fmt.Errorf("make the log folder: %w", err)
	}
	runs, err := os.ReadDir(all)
	if err != nil {
		return fmt.Errorf("list the log folders: %w", err)
	}
	names := make([]string, 0, len(runs))
	for _, r := range runs {
		names = append(names, r.Name())
	}
	slices.Sort(names)
	for len(names) > keep {
		if !stillRuns(names[0]) {
			if err := os.RemoveAll(filepath.Join(all, names[0])); err != nil {
				return fmt.Errorf("remove an old log folder: %w", err)
			}
		}
		names = names[1:]
	}
	return nil
}

// stillRuns says whether the run of a log folder, whose name ends in its process
// id, has not ended: a long run outlasts many short ones, and needs its logs.
func stillRuns(folder string) bool {
	_, id, _ := strings.Cut(folder, "-")
	pid, err := strconv.Atoi(id)
	if err != nil || pid <= 0 {
		return false
	}
	err = syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
