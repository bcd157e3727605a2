// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// hold marks the entry in dir as used by this process, by a shared flock on its
// record, until letGo or the end of the process. It reports whether the entry is
// still there: another process may have removed it meanwhile.
func (c *Cache) hold(dir string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	path := filepath.Join(dir, recordFile)
	if f, ok := c.held[dir]; ok {
		if isAt(f, path) {
			return true
		}
		_ = f.Close() // the entry was damaged and has been rebuilt
		delete(c.held, dir)
	}
	f := flock.New(path, flock.SetFlag(os.O_RDONLY))
	got, err := f.TryRLock()
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err != nil {
		return true // a file system without locks: the entry is used without one
	}
	if !got || !isAt(f, path) {
		_ = f.Close()
		return false
	}
	if c.held == nil {
		c.held = map[string]*flock.Flock{}
	}
	c.held[dir] = f
	return true
}

// letGo ends this process's use of all entries.
func (c *Cache) letGo() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.held {
		_ = f.Close()
	}
	c.held = nil
}

// inUse reports whether a process holds the entry in dir.
func inUse(dir string) bool {
	f := flock.New(filepath.Join(dir, recordFile), flock.SetFlag(os.O_RDONLY))
	got, err := f.TryLock()
	_ = f.Close()
	return err == nil && !got
}
