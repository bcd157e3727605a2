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
// but more strictly: each hunk must fit exactly where it says, a new file must not exist, a
// deleted one must have the content that the patch removes, and modes must match. All files are
// computed, then written to temporary files, then renamed; if anything fails the tree is
// unchanged.
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

// Foreign has the options for applying other people's patches: those of patch(1) in an RPM
// spec.
type Foreign struct {
	// Name is the patch's own name, for errors.
	Name string
	// Strip is -p: the number of directories removed from names in the patch.
	Strip int
	// Reverse is -R: the patch is reverted.
	Reverse bool
	// RemoveEmpty is -E: files that become empty are removed.
	RemoveEmpty bool
}

// ApplyForeign applies other people's patches to the tree in the directory dir like "patch -f
// --fuzz=0", as rpmbuild does: unified hunks in git's or in diff's format, which may apply at
// other lines than stated but must match completely. Unlike patch, it changes nothing if a hunk
// does not apply. All files are computed, then written.
//
// It returns the number of hunks that applied at other lines. Errors: *HunkError, *FormatError;
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

// parse reads a patch, and refuses anything that Diff never writes.
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

// checkOwn refuses names that lead outside the tree, and anything but changes of text files.
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
		// "-5,0" means after line 5, which some tools read as before it.
		if len(h.old()) == 0 && h.oldStart != 0 {
			return &ConflictError{File: name, Line: h.oldStart, Want: "a hunk with context", Got: "one without"}
		}
	}
	return nil
}
