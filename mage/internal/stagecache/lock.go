// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/gofrs/flock"
)

// pollEvery is the pause between two tries for a lock: a context cannot end flock's own wait.
const pollEvery = 50 * time.Millisecond

// Lock takes the cache-wide lock called name, and returns the function that releases it. While
// another process, or another part of this one, holds it, Lock waits: it calls waiting (which
// may be nil) once, with the holder as "pid 123 (mage rpm)", and returns the context's error if
// that ends first. When a holder dies, its lock is free.
func (c *Cache) Lock(ctx context.Context, name string, waiting func(holder string)) (unlock func(), err error) {
	if !validName(name) {
		return nil, &NameError{What: "lock", Name: name}
	}
	held, err := acquire(ctx, c.namedLock(name), waiting)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, c.dirError(err))
	}
	return func() { release(held) }, nil
}

// acquire takes the flock on the file path, waiting as long as ctx allows.
func acquire(ctx context.Context, path string, waiting func(holder string)) (*flock.Flock, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		held, err := tryAcquire(path)
		if held != nil || err != nil {
			return held, err
		}
		if waiting != nil {
			waiting(holderOf(path))
			waiting = nil
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("while waiting for %s: %w", holderOf(path), err)
		}
	}
}

// tryAcquire takes the flock on the file path if it is free and records this process in the
// file. Otherwise it returns nil, nil.
func tryAcquire(path string) (*flock.Flock, error) {
	for {
		f := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o644))
		got, err := f.TryLock()
		if errors.Is(err, fs.ErrNotExist) {
			// RemoveAll of another process has removed the directory.
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("taking a lock: %w", err)
		}
		if !got {
			return nil, nil //nolint:nilnil // not acquired, and no error
		}
		// Between open and flock the file may have been removed; then the
		// lock is on a file that nobody else will ever open.
		if !isAt(f, path) {
			f.Unlock() //nolint:errcheck // Nobody else can see this file.
			continue
		}
		recordHolder(path)
		return f, nil
	}
}

func isAt(f *flock.Flock, path string) bool {
	locked, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(locked, there)
}

// release releases the lock; the file stays, empty, for the next holder.
func release(f *flock.Flock) {
	// If this fails, a name stays in the file, which only affects a message.
	_ = os.Truncate(f.Path(), 0)
	_ = f.Close()
}

// holder is a lock file's record of the process that has the lock.
type holder struct {
	PID  int      `json:"pid"`
	Argv []string `json:"argv"`
}

// recordHolder writes this process into a lock file that it holds. A lock file without a name,
// because the disk is full for example, is a lock all the same.
func recordHolder(path string) {
	//nolint:forbidigo // Others are told which command holds the lock; nothing is decided by it.
	if data, err := json.Marshal(holder{PID: os.Getpid(), Argv: os.Args}); err == nil {
		_ = os.WriteFile(path, data, 0o644)
	}
}

const noHolder = "another process"

// holderOf returns the holder of the lock on the file path, for messages only: the file may be
// empty or outdated for a moment after a change of holder.
func holderOf(path string) string {
	var h holder
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, &h) != nil || h.PID == 0 || len(h.Argv) == 0 {
		return noHolder
	}
	argv := append([]string{filepath.Base(h.Argv[0])}, h.Argv[1:]...)
	return fmt.Sprintf("pid %d (%s)", h.PID, strings.Map(visible, strings.Join(argv, " ")))
}

// visible keeps a hostile command line from writing to the terminal.
func visible(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return '?'
}
