// SPDX-License-Identifier: Apache-2.0

package transplant

import (
	"errors"
	"fmt"
	"os"
	"regexp"
)

// Cut is a cut of a file's text: the matches of an expression are replaced, and their number
// must be right.
type Cut struct {
	File  string // slash separated, in the tree
	Match *regexp.Regexp
	With  string // $1 is the first group
	Times int
}

// CutError says that a cut does not fit the file: it would remove something else, or nothing.
type CutError struct {
	File  string
	Match string
	Want  int
	Got   int
}

// Error returns "file: want N matches of X, got M".
func (e *CutError) Error() string {
	return fmt.Sprintf("%s: want %d matches of %q, got %d", e.File, e.Want, e.Match, e.Got)
}

// TakeOut removes files and directories from the tree at dir and makes the cuts in order. All
// mismatches are reported.
//
// Errors: *CutError; fs.ErrNotExist for a missing file or directory.
func TakeOut(dir string, remove []string, cuts []Cut) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the tree: %w", err)
	}
	defer func() { _ = root.Close() }()
	var errs []error
	for _, name := range remove {
		if _, err := root.Lstat(name); err != nil {
			errs = append(errs, fmt.Errorf("remove %s: %w", name, err))
			continue
		}
		errs = append(errs, root.RemoveAll(name))
	}
	for _, c := range cuts {
		errs = append(errs, c.make(root))
	}
	return errors.Join(errs...)
}

func (c *Cut) make(root *os.Root) error {
	text, err := root.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("cut: %w", err)
	}
	if n := len(c.Match.FindAllIndex(text, -1)); n != c.Times {
		return &CutError{File: c.File, Match: c.Match.String(), Want: c.Times, Got: n}
	}
	info, err := root.Stat(c.File)
	if err != nil {
		return fmt.Errorf("cut: %w", err)
	}
	if err := root.WriteFile(c.File, c.Match.ReplaceAll(text, []byte(c.With)), info.Mode().Perm()); err != nil {
		return fmt.Errorf("cut: %w", err)
	}
	return nil
}
