// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/gofrs/flock"
)

// probePattern names the directories that Open creates to test whether it can.
const probePattern = "probe-*"

// workName is the shape of the names of the directories below tmp.
var workName = regexp.MustCompile(`^(?:probe|[0-9]+)-[0-9]+$`)

// fill makes one entry in tmp/ and moves it to its place. The caller holds the key's lock.
func (c *Cache) fill(ctx context.Context, o order, build func(ctx context.Context, dir string) error) (r record, err error) {
	work, held, err := c.newWork(ctx)
	if err != nil {
		return r, c.failed(o.stage, c.dirError(err))
	}
	defer held.Close() //nolint:errcheck // Nothing was written through it.
	// Also when build panics. After the move there is nothing to remove.
	defer func() { err = errors.Join(err, removeTree(work)) }()

	out := filepath.Join(work, outFolder)
	if err := os.Mkdir(out, 0o755); err != nil {
		return r, c.failed(o.stage, c.dirError(err))
	}
	if err := build(ctx, out); err != nil {
		return r, c.failed(o.stage, err)
	}
	// A cancelled build may have stopped half way and returned nil.
	if err := ctx.Err(); err != nil {
		return r, c.failed(o.stage, err)
	}
	files, err := takeInventory(out)
	if err != nil {
		return r, c.failed(o.stage, fmt.Errorf("output: %w", err))
	}
	r = record{Stage: o.stage, Key: o.key, Made: time.Now().UTC(), Inputs: o.inputs, Files: files}
	if err := writeRecord(work, r); err != nil {
		return r, c.failed(o.stage, c.dirError(err))
	}
	if err := c.install(ctx, work, c.entryDir(o)); err != nil {
		return r, c.failed(o.stage, c.dirError(err))
	}
	return r, nil
}

// install moves a finished entry to its place, after moving away a previous one.
func (c *Cache) install(ctx context.Context, work, place string) error {
	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		return err
	}
	if err := c.discard(ctx, place); err != nil {
		return err
	}
	return os.Rename(work, place)
}

// newWork makes a directory below tmp that this process holds.
func (c *Cache) newWork(ctx context.Context) (dir string, held *flock.Flock, err error) {
	// A sweep of another process must not come between the directory and its lock.
	gate, err := acquire(ctx, c.gate(), nil)
	if err != nil {
		return "", nil, err
	}
	defer release(gate)
	if err := os.MkdirAll(c.tmp(), 0o755); err != nil {
		return "", nil, err
	}
	dir, err = os.MkdirTemp(c.tmp(), fmt.Sprintf("%d-*", os.Getpid()))
	if err != nil {
		return "", nil, err
	}
	held, err = holdFolder(dir)
	if err == nil && held == nil {
		err = &BusyError{What: dir, Holder: "another process"}
	}
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		return "", nil, errors.Join(err, os.Remove(dir))
	}
	return dir, held, nil
}

// gate is the lock that is held for a moment to make or to list directories below tmp.
func (c *Cache) gate() string { return filepath.Join(c.root, lockFolder, "_tmp") }

// holdFolder takes the flock on a directory; nil, nil if another process has it.
func holdFolder(dir string) (*flock.Flock, error) {
	f := flock.New(dir, flock.SetFlag(os.O_RDONLY))
	got, err := f.TryLock()
	if err != nil {
		return nil, fmt.Errorf("taking a lock: %w", err)
	}
	if !got {
		return nil, nil //nolint:nilnil // Neither is the third answer.
	}
	return f, nil
}

// sweep removes leftovers of dead processes below tmp. It never waits.
func (c *Cache) sweep(ctx context.Context) error {
	dead, err := c.holdDead(ctx)
	for _, f := range dead {
		err = errors.Join(err, removeTree(f.Path()))
		f.Close() //nolint:errcheck // Nothing was written through it.
	}
	return err
}

// holdDead takes the free locks of directories below tmp, so that they are removed outside the
// gate: they may be large.
func (c *Cache) holdDead(ctx context.Context) ([]*flock.Flock, error) {
	gate, err := acquire(ctx, c.gate(), nil)
	if err != nil {
		return nil, err
	}
	defer release(gate)
	names, err := os.ReadDir(c.tmp())
	if err != nil {
		return nil, ignoreMissing(err)
	}
	var dead []*flock.Flock
	for _, name := range names {
		if !name.IsDir() || !workName.MatchString(name.Name()) {
			continue
		}
		f, err := holdFolder(filepath.Join(c.tmp(), name.Name()))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return dead, err
		}
		if f != nil {
			dead = append(dead, f)
		}
	}
	return dead, nil
}

// discard moves the entry at place away in one step, then removes it.
func (c *Cache) discard(ctx context.Context, place string) error {
	if _, err := os.Lstat(place); err != nil {
		return ignoreMissing(err)
	}
	work, held, err := c.newWork(ctx)
	if err != nil {
		return err
	}
	defer held.Close() //nolint:errcheck // Nothing was written through it.
	err = os.Rename(place, filepath.Join(work, "discarded"))
	return errors.Join(ignoreMissing(err), removeTree(work))
}

// removeTree removes a tree, even one with read-only directories.
func removeTree(dir string) error {
	err := os.RemoveAll(dir)
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	// An error appears again when the removal is retried.
	_ = filepath.WalkDir(dir, func(name string, d fs.DirEntry, _ error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(name, 0o700) //nolint:gosec // A directory needs x; it is about to be removed.
		}
		return nil
	})
	return os.RemoveAll(dir)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
