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

// Scratch is a run's directory for temporary files. Its maker holds a lock on it,
// which the kernel drops however the maker ends: the next run removes what a dead
// one has left.
type Scratch struct {
	Dir  string
	lock *flock.Flock
}

// scratchPrefix begins the name of every Scratch. The directory that they are in may be
// the user's, and what is in it by another name, a 2024-11 for one, nobody's to remove.
const scratchPrefix = "verbsmith-"

var scratchName = regexp.MustCompile(`^` + scratchPrefix + `[0-9]+-[0-9]+$`)

// NewScratch makes a directory below parent, and removes what dead runs left there.
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
		// Another run that swept took it between its making and its locking.
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

// SweepScratch removes what dead runs left below parent. What has another kind of
// name is not a run's.
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

// holdDir takes the lock of a directory; nil, nil if someone has it.
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
	return nil, nil //nolint:nilnil // neither is the third answer
}

// removeTree removes a tree, also one with directories that may not be written to,
// but nothing through a mount: a bootstrap that was killed may have left some.
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

// CheckTemp says what is wrong with the directory that programs put temporary
// files in, by the name of the variable that gives it.
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
