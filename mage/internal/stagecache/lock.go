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

// pollEvery is how long a waiter sleeps between two tries for a lock: flock
// has no wait that a context can end.
const pollEvery = 50 * time.Millisecond

// Lock takes the cache-wide lock called name, and returns the function that
// releases it. While another process, or another part of this one, holds it,
// Lock waits: it calls waiting (which may be nil) once, with the holder as
// "pid 123 (mage rpm)", and returns the context's error if that ends first. A
// holder that dies holds nothing any more.
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

// tryAcquire takes the flock on the file path if nobody has it, and records
// this process in the file. It returns nil, nil if someone has it.
func tryAcquire(path string) (*flock.Flock, error) {
	for {
		f := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o644))
		got, err := f.TryLock()
		if errors.Is(err, fs.ErrNotExist) {
			// RemoveAll of another process took the directory away.
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("taking a lock: %w", err)
		}
		if !got {
			return nil, nil //nolint:nilnil // Neither is the third answer.
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

// release returns the lock back; the file stays, empty, for the next holder.
func release(f *flock.Flock) {
	// A failure leaves a name in the file, which only a message would show.
	_ = os.Truncate(f.Path(), 0)
	_ = f.Close()
}

// holder is what a lock file says about the process that has the lock.
type holder struct {
	PID  int      `json:"pid"`
	Argv []string `json:"argv"`
}

// recordHolder writes this process into a lock file that it holds. A lock without
// a name in it, on a full disk for one, is a lock all the same.
func recordHolder(path string) {
	//nolint:forbidigo // Others are told which command holds the lock; nothing is decided by it.
	if data, err := json.Marshal(holder{PID: os.Getpid(), Argv: os.Args}); err == nil {
		_ = os.WriteFile(path, data, 0o644)
	}
}

const noHolder = "another process"

// holderOf reads who has the lock on the file path, for a message only: the
// file may be empty or old for a moment after the lock has changed hands.
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
