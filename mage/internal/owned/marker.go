// SPDX-License-Identifier: Apache-2.0

package owned

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// Marker is the name of the file that marks a directory as used by verbsmith.
const Marker = ".verbsmith"

const markerStart = "# verbsmith"

const markerText = markerStart + ` uses this directory. Its clean target removes what verbsmith wrote here, which
# is listed below where no other name tells it, and nothing else.
`

// pollEvery is the pause between two tries for a lock: a context cannot end flock's own wait.
const pollEvery = 50 * time.Millisecond

// BusyError says that another run uses a directory.
type BusyError struct{ Dir string }

// Error names the directory.
func (e *BusyError) Error() string { return e.Dir + " is in use by another run" }

// ForeignError says that a file that verbsmith did not create is in the way.
type ForeignError struct {
	Path string
	Why  string // "": it is not recorded
}

// Error names the path and says why it is left alone.
func (e *ForeignError) Error() string {
	why := e.Why
	if why == "" {
		why = "was not made by verbsmith"
	}
	return fmt.Sprintf("%s %s: it is left as it is", e.Path, why)
}

// Hold is a marked directory that is locked until Release.
type Hold struct {
	// New reports that this call created the marker.
	New bool

	dir    string // absolute, with links resolved
	lock   *flock.Flock
	record record
}

// Dir is the directory, absolute and without links.
func (h *Hold) Dir() string { return h.dir }

// Release releases the lock. A second call does nothing.
func (h *Hold) Release() {
	if h != nil {
		_ = h.lock.Close()
	}
}

// Share creates and marks dir if necessary and takes the shared lock. It waits while another
// run has the exclusive lock.
//
// Errors: *ForeignError if the marker's name is taken; the context's cause; those
// of the file system.
func Share(ctx context.Context, dir string) (*Hold, error) { return enter(ctx, dir, false, nil) }

// Lock is Share with the exclusive lock, for changes of the record. waiting, if not nil, is
// called once if another run has the directory.
func Lock(ctx context.Context, dir string, waiting func()) (*Hold, error) {
	return enter(ctx, dir, true, waiting)
}

// Claim holds an already marked directory exclusively, and creates nothing.
//
// Errors: *BusyError; fs.ErrNotExist if there is no marker; *ForeignError.
func Claim(dir string) (*Hold, error) {
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", dir, err)
	}
	lock, err := try(filepath.Join(resolved, Marker), true)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", dir, err)
	}
	if lock == nil {
		return nil, &BusyError{Dir: dir}
	}
	return newHold(resolved, lock)
}

func newHold(dir string, lock *flock.Flock) (*Hold, error) {
	h := &Hold{dir: dir, lock: lock}
	var err error
	if h.record, err = readRecord(lock.Path()); err != nil {
		h.Release()
		return nil, err
	}
	return h, nil
}

func enter(ctx context.Context, dir string, alone bool, waiting func()) (*Hold, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if cause := context.Cause(ctx); cause != nil {
			return nil, fmt.Errorf("waiting for %s: %w", dir, cause)
		}
		resolved, made, err := mark(dir)
		if err != nil {
			return nil, err
		}
		lock, err := try(filepath.Join(resolved, Marker), alone)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // clean has just removed it
		case err != nil:
			return nil, fmt.Errorf("use %s: %w", dir, err)
		case lock != nil:
			h, err := newHold(resolved, lock)
			if err == nil {
				h.New = made
			}
			return h, err
		}
		if waiting != nil {
			waiting()
			waiting = nil
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// mark creates the directory and its marker if they are missing.
func mark(dir string) (resolved string, made bool, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", false, fmt.Errorf("make %s: %w", dir, err)
	}
	if resolved, err = filepath.EvalSymlinks(dir); err != nil {
		return "", false, fmt.Errorf("find %s: %w", dir, err)
	}
	f, err := os.OpenFile(filepath.Join(resolved, Marker), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return resolved, false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("mark %s as used by verbsmith: %w", dir, err)
	}
	_, err = io.WriteString(f, markerText)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", false, fmt.Errorf("mark %s as used by verbsmith: %w", dir, err)
	}
	return resolved, true, nil
}

// try takes the marker's lock; nil, nil if another run has it.
func try(marker string, alone bool) (*flock.Flock, error) {
	if err := checkMarker(marker); err != nil {
		return nil, err
	}
	f := flock.New(marker, flock.SetFlag(os.O_RDWR|syscall.O_NOFOLLOW))
	take := f.TryRLock
	if alone {
		take = f.TryLock
	}
	got, err := take()
	if err == nil && got && sameFile(f, marker) {
		return f, nil
	}
	_ = f.Close()
	if err != nil {
		return nil, fmt.Errorf("lock it: %w", err)
	}
	if got {
		return nil, &fs.PathError{Op: "lock", Path: marker, Err: fs.ErrNotExist}
	}
	return nil, nil //nolint:nilnil // not acquired, and no error
}

func sameFile(f *flock.Flock, path string) bool {
	locked, errLocked := f.Stat()
	there, err := os.Lstat(path)
	return errLocked == nil && err == nil && os.SameFile(locked, there)
}

// checkMarker refuses a file with the marker's name that is not a marker. An empty one is being
// created.
func checkMarker(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("look for the marker: %w", err)
	}
	if !info.Mode().IsRegular() {
		return &ForeignError{Path: path, Why: "is not verbsmith's marker"}
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read the marker: %w", err)
	}
	defer f.Close()
	start := make([]byte, len(markerStart))
	n, err := io.ReadFull(f, start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("read the marker: %w", err)
	}
	if !bytes.HasPrefix([]byte(markerStart), start[:n]) {
		return &ForeignError{Path: path, Why: "is not verbsmith's marker"}
	}
	return nil
}
