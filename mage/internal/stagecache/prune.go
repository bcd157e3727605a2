// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Removed is the result of a clean-up.
type Removed struct {
	Entries int
	Bytes   int64 // sizes of the files of those entries
}

// Prune keeps the keep most recently used entries of each stage and removes the
// others, except those that another process is making or uses. Entries that this process got
// before count as no longer used.
func (c *Cache) Prune(ctx context.Context, keep int) (Removed, error) {
	return c.PruneBy(ctx, func(string) int { return keep })
}

// PruneBy is Prune with a number for each stage: many small entries, such as the records of
// releases, may stay longer than large ones.
func (c *Cache) PruneBy(ctx context.Context, keep func(stage string) int) (Removed, error) {
	var removed Removed
	stages, err := c.stages()
	if err != nil {
		return removed, err
	}
	c.letGo()
	err = c.sweep(ctx)
	for _, stage := range stages {
		stored, listErr := c.stored(stage)
		err = errors.Join(err, listErr)
		for _, s := range stored[min(max(keep(stage), 0), len(stored)):] {
			var busy *BusyError
			if e := c.remove(ctx, s, &removed); e != nil && !errors.As(e, &busy) {
				err = errors.Join(err, e)
			}
		}
	}
	return removed, err
}

// RemoveAll removes every entry, leftover and lock, and then the directory itself
// if nothing else is in it. Whatever a running process holds stays and is reported as a
// *BusyError.
func (c *Cache) RemoveAll(ctx context.Context) (Removed, error) {
	var removed Removed
	stages, err := c.stages()
	if err != nil {
		return removed, err
	}
	c.letGo()
	err = c.sweep(ctx)
	for _, stage := range stages {
		stored, listErr := c.stored(stage)
		err = errors.Join(err, listErr)
		for _, s := range stored {
			err = errors.Join(err, c.remove(ctx, s, &removed))
		}
	}
	err = errors.Join(err, c.removeLocks(), c.busyWork())
	if err == nil {
		c.removeEmpty()
	}
	return removed, err
}

// storedEntry is one entry as found on disk.
type storedEntry struct {
	order
	used time.Time
}

// stages lists the stages that have a directory.
func (c *Cache) stages() ([]string, error) {
	names, err := os.ReadDir(c.root)
	var stages []string
	for _, n := range names {
		if n.IsDir() && (order{stage: n.Name(), key: "0"}).check() == nil {
			stages = append(stages, n.Name())
		}
	}
	return stages, ignoreMissing(err)
}

// stored lists a stage's entries, the most recently used first. One without a
// record counts as never used.
func (c *Cache) stored(stage string) ([]storedEntry, error) {
	names, err := os.ReadDir(filepath.Join(c.root, stage))
	var stored []storedEntry
	for _, n := range names {
		s := storedEntry{order: order{stage: stage, key: n.Name()}}
		if !n.IsDir() || !isEntry(c.entryDir(s.order)) {
			continue // not an output of a stage: left alone
		}
		if info, err := os.Stat(filepath.Join(c.entryDir(s.order), recordFile)); err == nil {
			s.used = info.ModTime()
		}
		stored = append(stored, s)
	}
	slices.SortStableFunc(stored, func(a, b storedEntry) int { return b.used.Compare(a.used) })
	return stored, ignoreMissing(err)
}

// isEntry reports whether a directory is an entry, possibly a damaged one, and not one that
// somebody else created: it contains only the files of an entry.
func isEntry(dir string) bool {
	if !validName(filepath.Base(dir)) {
		return false
	}
	inside, err := os.ReadDir(dir)
	return err == nil && !slices.ContainsFunc(inside, func(e fs.DirEntry) bool {
		return e.Name() != outFolder && e.Name() != recordFile && e.Name() != notesFile &&
			!strings.HasPrefix(e.Name(), "."+recordFile) && !strings.HasPrefix(e.Name(), "."+notesFile)
	})
}

func (c *Cache) remove(ctx context.Context, s storedEntry, removed *Removed) error {
	held, err := tryAcquire(c.keyLock(s.order))
	if err != nil {
		return err
	}
	if held == nil {
		return &BusyError{What: s.order.String(), Holder: holderOf(c.keyLock(s.order))}
	}
	defer release(held)
	dir := c.entryDir(s.order)
	if inUse(dir) {
		return &BusyError{What: s.order.String(), Holder: "another process"}
	}
	size := sizeOf(dir)
	if err := c.discard(ctx, dir); err != nil {
		return err
	}
	removed.Entries++
	removed.Bytes += size
	// Removed while it is held: a waiting process notices and creates a new one.
	return ignoreMissing(os.Remove(held.Path()))
}

// removeLocks removes the lock files that nobody holds.
func (c *Cache) removeLocks() error {
	locks, err := fs.Glob(os.DirFS(filepath.Join(c.root, lockFolder)), "*/*")
	for _, name := range append(locks, filepath.Base(c.gate())) {
		path := filepath.Join(c.root, lockFolder, filepath.FromSlash(name))
		if !isLock(path) {
			continue
		}
		held, e := tryAcquire(path)
		switch {
		case e != nil:
			err = errors.Join(err, e)
		case held == nil:
			err = errors.Join(err, &BusyError{What: "lock " + filepath.Base(path), Holder: holderOf(path)})
		default:
			err = errors.Join(err, ignoreMissing(os.Remove(path)))
			release(held)
		}
	}
	return err
}

// isLock reports whether a file is a lock file, empty or with a holder, and not somebody
// else's.
func isLock(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	return info.Size() == 0 || holderOf(path) != noHolder
}

// Locks is the directory of the lock files of the cache in dir, which every cache has.
func Locks(dir string) string { return filepath.Join(dir, layout, lockFolder) }

// busyWork reports each directory below tmp that remains after a sweep.
func (c *Cache) busyWork() error {
	names, err := os.ReadDir(c.tmp())
	err = ignoreMissing(err)
	for _, n := range names {
		if !workName.MatchString(n.Name()) {
			continue
		}
		err = errors.Join(err, &BusyError{What: filepath.Join(c.tmp(), n.Name()), Holder: "another process"})
	}
	return err
}

// removeEmpty removes the cache's own directories, innermost first. A directory that is not
// empty stays: it is not ours, or another process has just begun to use it.
func (c *Cache) removeEmpty() {
	var dirs []string
	_ = filepath.WalkDir(c.root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return nil
	})
	for _, dir := range slices.Backward(append([]string{c.dir}, dirs...)) {
		_ = os.Remove(dir)
	}
}

func sizeOf(dir string) int64 {
	var size int64
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil //nolint:nilerr // Unreadable files are not counted.
		}
		if info, err := d.Info(); err == nil {
			size += info.Size()
		}
		return nil
	})
	return size
}
