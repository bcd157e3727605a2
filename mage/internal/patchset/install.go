// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/google/renameio/v2"
)

// install writes results into the tree, all of them or none.
func install(ctx context.Context, root *os.Root, results []result) error {
	pending := make([]*renameio.PendingFile, len(results))
	for i, r := range results {
		var err error
		if pending[i], err = r.prepare(ctx, root); err != nil {
			return errors.Join(fmt.Errorf("writing %s: %w", r.name, err), cleanUp(pending))
		}
	}
	touched, err := commit(root, results, pending)
	if err == nil {
		return nil
	}
	err = errors.Join(err, cleanUp(pending))
	for _, r := range slices.Backward(touched) {
		err = errors.Join(err, r.restore(root))
	}
	return err
}

// commit removes and renames files, and returns those that it has begun with, in order.
func commit(root *os.Root, results []result, pending []*renameio.PendingFile) (touched []result, err error) {
	// Removals come first, because a file may become a directory.
	for _, r := range results {
		if r.after != nil {
			continue
		}
		if err := removeFile(root, r.name); err != nil {
			return touched, fmt.Errorf("removing %s: %w", r.name, err)
		}
		touched = append(touched, r)
	}
	for i, r := range results {
		if r.after == nil {
			continue
		}
		touched = append(touched, r)
		if err := root.MkdirAll(path.Dir(r.name), 0o755); err != nil {
			return touched, fmt.Errorf("writing %s: %w", r.name, err)
		}
		if err := pending[i].CloseAtomicallyReplace(); err != nil {
			return touched, fmt.Errorf("writing %s: %w", r.name, err)
		}
	}
	return touched, nil
}

func cleanUp(pending []*renameio.PendingFile) error {
	var failed error
	for _, f := range pending {
		if f != nil {
			failed = errors.Join(failed, f.Cleanup())
		}
	}
	return failed
}

// prepare writes a file's new content to a temporary file; nil if the file is to be removed.
func (r *result) prepare(ctx context.Context, root *os.Root) (*renameio.PendingFile, error) {
	if err := ctx.Err(); err != nil || r.after == nil {
		return nil, err
	}
	return pendingFile(root, r.name, r.after, r.perm())
}

// pendingFile writes data to a temporary file next to its destination.
func pendingFile(root *os.Root, name string, data []byte, perm fs.FileMode) (*renameio.PendingFile, error) {
	f, err := renameio.NewPendingFile(name, renameio.WithRoot(root), renameio.WithStaticPermissions(perm))
	if err != nil {
		return nil, fmt.Errorf("in a temporary file: %w", err)
	}
	if _, err := f.Write(data); err != nil {
		return nil, errors.Join(err, f.Cleanup())
	}
	return f, nil
}

// perm is a file's new mode: git's for a new file, otherwise its own with the patch's
// executable bits.
func (r *result) perm() fs.FileMode {
	perm := r.mode
	if r.before == nil {
		perm = 0o644
	}
	switch {
	case r.exec == nil:
		return perm
	case *r.exec:
		return perm | (perm&0o444)>>2 // whoever may read it may run it
	default:
		return perm &^ 0o111
	}
}

// restore restores a file.
func (r *result) restore(root *os.Root) error {
	if r.before == nil {
		if err := removeFile(root, r.name); err != nil && !gone(err) {
			return err
		}
		return nil
	}
	if err := root.MkdirAll(path.Dir(r.name), 0o755); err != nil {
		return err
	}
	f, err := pendingFile(root, r.name, r.before, r.mode)
	if err != nil {
		return err
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return fmt.Errorf("restoring %s: %w", r.name, err)
	}
	return nil
}

// removeFile removes a file and the directories that become empty, as git and GNU patch do.
func removeFile(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil {
		return err
	}
	// It ends at the first directory that is not empty.
	for dir := path.Dir(name); dir != "." && root.Remove(dir) == nil; {
		dir = path.Dir(dir)
	}
	return nil
}
