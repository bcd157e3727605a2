// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// DirError says that the cache's directory cannot be used: it cannot be created, or
// nothing can be written into it.
type DirError struct {
	Dir string
	Err error
}

// Error names the directory, the cause, and what to try.
func (e *DirError) Error() string {
	return fmt.Sprintf("cache directory %s cannot be used: %v (choose one that you can write to)", e.Dir, e.Err)
}

// Unwrap returns the operating system's error.
func (e *DirError) Unwrap() error { return e.Err }

// SpaceError says that the disk, or the user's quota on it, was full while a
// stage's output was being made. errors.Is finds syscall.ENOSPC or
// syscall.EDQUOT in it.
type SpaceError struct {
	Dir   string // the cache's directory
	Stage string // "" if the cache itself needed room
	Err   error
}

// Error names the stage and the directory that needs room.
func (e *SpaceError) Error() string {
	stage := ""
	if e.Stage != "" {
		stage = "stage " + e.Stage + ": "
	}
	return fmt.Sprintf("%sno space left in the cache directory %s: %v (free some, or remove old entries)", stage, e.Dir, e.Err)
}

// Unwrap returns the error of the write that failed.
func (e *SpaceError) Unwrap() error { return e.Err }

// NameError says that a stage, key or lock name cannot be a file name of the cache.
type NameError struct {
	What string // "stage", "key" or "lock"
	Name string
}

// Error shows the name, quoted, and the characters that a name may have.
func (e *NameError) Error() string {
	return fmt.Sprintf("%s name %q: want 1 to 128 letters, digits and the characters . _ + -, the first a letter or digit", e.What, e.Name)
}

// InputError says that an input of a key could not be read.
type InputError struct {
	Input string // the name given to the input
	Err   error
}

// Error names the input and the cause.
func (e *InputError) Error() string {
	return fmt.Sprintf("input %q of the stage's key: %v", e.Input, e.Err)
}

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.Err }

// BusyError says that something was left in place because another process is
// using it.
type BusyError struct {
	What   string // "STAGE/KEY", a lock's name, or a directory below tmp
	Holder string // "pid 123 (mage rpm)", or "another process"
}

// Error names what is in use and by whom.
func (e *BusyError) Error() string { return fmt.Sprintf("%s is in use by %s", e.What, e.Holder) }

// failed adds the stage to err, and makes it a *SpaceError if the disk is full.
func (c *Cache) failed(stage string, err error) error {
	if full, ok := errors.AsType[*SpaceError](err); ok {
		err = full.Err
	}
	if isFull(err) {
		return &SpaceError{Dir: c.dir, Stage: stage, Err: err}
	}
	return fmt.Errorf("stage %s: %w", stage, err)
}

// dirError adds the cache's directory to an operating system's error about a file.
func (c *Cache) dirError(err error) error {
	if isFull(err) {
		return &SpaceError{Dir: c.dir, Err: err}
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return &DirError{Dir: c.dir, Err: err}
	}
	return err
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
