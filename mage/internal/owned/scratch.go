// SPDX-License-Identifier: Apache-2.0

package owned

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/gofrs/flock"
)

// Scratch is a run's directory for temporary files. The run holds a lock on it, which the
// kernel releases however the run ends: the next run removes the leftovers of dead ones.
type Scratch struct {
	Dir  string
	lock *flock.Flock
}

// scratchPrefix begins the name of every Scratch. Their parent may be the user's directory, and
// other names in it, such as 2024-11, are never removed.
const scratchPrefix = "verbsmith-"

var scratchName = regexp.MustCompile(`^` + scratchPrefix + `[0-9]+-[0-9]+$`)

// NewScratch creates a directory below parent, and removes leftovers of dead runs there.
func NewScratch(parent string) (*Scratch, error) {
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("create the directory for temporary files: %w", err)
	}
	if err := SweepScratch(parent); err != nil {
		return nil, err
	}
	for {
		dir, err := os.MkdirTemp(parent, scratchPrefix+strconv.Itoa(os.Getpid())+"-")
		if err != nil {
			return nil, fmt.Errorf("create a directory for temporary files: %w", err)
		}
		lock, err := holdDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(err, os.Remove(dir))
		}
		if lock != nil && sameFile(lock, dir) {
			return &Scratch{Dir: dir, lock: lock}, nil
		}
		// Another run's sweep removed it before it was locked.
		if lock != nil {
			_ = lock.Close()
		}
	}
}

// Close removes the directory. A second call does nothing.
func (s *Scratch) Close() error {
	if s == nil || s.lock == nil {
		return nil
	}
	err := removeTree(s.Dir)
	_ = s.lock.Close()
	s.lock = nil
	return err
}

// SweepScratch removes leftovers of dead runs below parent. Other names are ignored.
func SweepScratch(parent string) error {
	entries, err := os.ReadDir(parent)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for temporary files of earlier runs: %w", err)
	}
	var errs []error
	for _, e := range entries {
		if !e.IsDir() || !scratchName.MatchString(e.Name()) {
			continue
		}
		dir := filepath.Join(parent, e.Name())
		lock, err := holdDir(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			errs = append(errs, err)
		case lock != nil:
			errs = append(errs, removeTree(dir))
			_ = lock.Close()
		}
	}
	return errors.Join(errs...)
}

// LiveRuns returns the process ids of the runs that have a directory below parent.
func LiveRuns(parent string) []string {
	entries, _ := os.ReadDir(parent) // it is for a message only
	var pids []string
	for _, e := range entries {
		if !e.IsDir() || !scratchName.MatchString(e.Name()) {
			continue
		}
		lock, err := holdDir(filepath.Join(parent, e.Name()))
		if lock != nil {
			_ = lock.Close()
		} else if err == nil {
			pid, _, _ := strings.Cut(strings.TrimPrefix(e.Name(), scratchPrefix), "-")
			pids = append(pids, pid)
		}
	}
	return pids
}

// holdDir takes the lock of a directory; nil, nil if another process has it.
func holdDir(dir string) (*flock.Flock, error) {
	f := flock.New(dir, flock.SetFlag(os.O_RDONLY|syscall.O_NOFOLLOW))
	got, err := f.TryLock()
	if err == nil && got {
		return f, nil
	}
	_ = f.Close()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return nil, nil //nolint:nilnil // not acquired, and no error
}

// removeTree removes a tree, even one with read-only directories, but nothing through a mount:
// a killed bootstrap may have left some.
func removeTree(dir string) error { return removeTreeOf(dir, device) }

func removeTreeOf(dir string, device func(dir string) (uint64, error)) error {
	top, err := device(dir)
	if err != nil {
		return err
	}
	err = filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		switch at, err := device(file); {
		case err != nil:
			return err
		case at != top:
			return &ForeignError{Path: file, Why: "is a mounted file system"}
		}
		return os.Chmod(file, 0o700) //nolint:gosec // it is about to be removed, which needs x
	})
	if err == nil {
		err = os.RemoveAll(dir)
	}
	if err != nil {
		return fmt.Errorf("remove temporary files: %w", err)
	}
	return nil
}

func device(dir string) (uint64, error) {
	var st syscall.Stat_t
	if err := syscall.Lstat(dir, &st); err != nil {
		return 0, &fs.PathError{Op: "lstat", Path: dir, Err: err}
	}
	return uint64(st.Dev), nil //nolint:unconvert // an int32 on some systems
}

// CheckTemp checks the directory for temporary files. The error names the variable TMPDIR.
func CheckTemp() error {
	dir := os.TempDir()
	probe, err := os.MkdirTemp(dir, "verbsmith-")
	if err == nil {
		err = os.Remove(probe)
	}
	if err == nil {
		return nil
	}
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		err = at.Err
	}
	return fmt.Errorf("TMPDIR=%s: temporary files cannot be created there: %w (create the directory, or unset TMPDIR)", dir, err)
}
