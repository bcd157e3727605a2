// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Apply applies a patch of Diff's to the tree in the directory dir, as "patch -p1 -F0" would,
// but more strictly: each hunk must fit exactly where it says, a new file must
// not exist, a deleted one must hold what the patch removes, and modes must be as
// the patch has them. All files are computed, then written beside their place,
// then renamed; if anything fails the tree is as it was.
//
// Errors: *ConflictError; *PathError for a name that leads out of dir, through a
// link, or into .git; *BinaryError; *FileTypeError; the context's error.
func Apply(ctx context.Context, patch []byte, dir string) error {
	changes, err := parse(patch)
	if err != nil {
		return err
	}
	p := &patcher{Foreign: Foreign{Strip: 1}, exact: true, deleted: map[string]bool{}}
	for _, c := range changes {
		if c.remove {
			p.deleted[c.ownName()] = true
		}
	}
	err = p.run(ctx, changes, dir)
	if m, ok := errors.AsType[*mismatch](err); ok {
		return &ConflictError{File: m.file, Line: m.line, Want: m.want, Got: m.got}
	}
	return err
}

// Foreign says how a patch that others have made is to be applied: the options of
// patch(1) that an RPM spec gives.
type Foreign struct {
	// Name is the patch's own name, for errors.
	Name string
	// Strip is -p: how many directories are cut off the names in the patch.
	Strip int
	// Reverse is -R: the patch is taken back.
	Reverse bool
	// RemoveEmpty is -E: files that the patch leaves empty go.
	RemoveEmpty bool
}

// ApplyForeign applies a patch that others have made to the tree in the directory
// dir, as "patch -f --fuzz=0" does, which is how rpmbuild applies patches: unified
// hunks in git's or in diff's format, which may sit at other lines than they say,
// but must fit whole. Unlike patch, it changes nothing at all if a hunk does not
// fit. All files are computed, then written.
//
// It returns how many hunks sat elsewhere. Errors: *HunkError, *FormatError;
// *PathError for a name that leads out of dir, through a link, or into .git;
// *FileTypeError; *BinaryError; the context's error.
func ApplyForeign(ctx context.Context, patch []byte, dir string, f Foreign) (moved int, err error) {
	changes, err := parseUnified(f.Name, patch)
	if err != nil {
		return 0, err
	}
	if f.Reverse {
		for _, c := range changes {
			c.reverse()
		}
	}
	p := &patcher{Foreign: f}
	err = p.run(ctx, changes, dir)
	if m, ok := errors.AsType[*mismatch](err); ok {
		return 0, &HunkError{Patch: f.Name, Line: m.inPatch, File: m.file, Hunk: m.hunk, Want: m.wantElsewhere(), Got: m.got}
	}
	if err != nil {
		return 0, err
	}
	return p.moved, nil
}

// parse reads a patch, and refuses what Diff never writes.
func parse(patch []byte) ([]*fileChange, error) {
	changes, err := parseGit(patch)
	if err != nil {
		return nil, fmt.Errorf("reading the patch: %w", err)
	}
	seen := map[string]bool{}
	for _, c := range changes {
		name := c.ownName()
		if err := c.checkOwn(name); err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, &PathError{Name: name, Why: "it is changed twice"}
		}
		seen[name] = true
	}
	return changes, nil
}

// ownName is the file's name in a patch that Diff writes, where all begin with a/ or b/.
func (c *fileChange) ownName() string {
	_, name, _ := strings.Cut(c.newName, "/")
	if c.remove {
		_, name, _ = strings.Cut(c.oldName, "/")
	}
	return name
}

// checkOwn refuses names that lead elsewhere, and what is not a change of a text file.
func (c *fileChange) checkOwn(name string) error {
	_, oldName, _ := strings.Cut(c.oldName, "/")
	switch {
	case !c.git:
		return fmt.Errorf("reading the patch: %w", &FormatError{Line: c.line, Why: "want a \"diff --git\" line before this one"})
	case c.renamed, c.copied, !c.create && !c.remove && oldName != name:
		return &PathError{Name: name, Why: "a file that is renamed or copied is not supported"}
	case c.binary:
		return &BinaryError{File: name}
	}
	if err := checkName(name); err != nil {
		return err
	}
	for _, mode := range []fs.FileMode{c.oldMode, c.newMode, c.mode} {
		if mode != 0 && mode != 0o100644 && mode != 0o100755 {
			return &FileTypeError{File: name, Found: fmt.Sprintf("file of mode %o", mode)}
		}
	}
	for _, h := range c.hunks {
		// "-5,0" means behind line 5, which some readers take for before it.
		if len(h.old()) == 0 && h.oldStart != 0 {
			return &ConflictError{File: name, Line: h.oldStart, Want: "a hunk with context", Got: "one without"}
		}
	}
	return nil
}
