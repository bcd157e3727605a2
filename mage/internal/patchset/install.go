// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/google/renameio/v2"
)

// install writes results into the tree, all of them or none.
func install(ctx context.Context, root *os.Root, results []result) (err error) {
	pending := make([]*renameio.PendingFile, len(results))
	var undo []func() error
	defer func() {
		if err == nil {
			return
		}
		for _, f := range pending {
			if f != nil {
				err = errors.Join(err, f.Cleanup())
			}
		}
		for i := range undo {
			err = errors.Join(err, undo[len(undo)-1-i]())
		}
	}()
	for i, r := range results {
		if pending[i], err = r.prepare(ctx, root); err != nil {
			return fmt.Errorf("writing %s: %w", r.name, err)
		}
	}
	// What goes makes room for what comes: a file may become a folder.
	for _, r := range results {
		if r.after == nil {
			if err = removeFile(root, r.name); err != nil {
				return fmt.Errorf("removing %s: %w", r.name, err)
			}
			undo = append(undo, func() error { return r.restore(root) })
		}
	}
	for i, r := range results {
		if pending[i] == nil {
			continue
		}
		undo = append(undo, func() error { return r.restore(root) })
		if err = root.MkdirAll(path.Dir(r.name), 0o755); err != nil {
			return fmt.Errorf("writing %s: %w", r.name, err)
		}
		if err = pending[i].CloseAtomicallyReplace(); err != nil {
			return fmt.Errorf("writing %s: %w", r.name, err)
		}
	}
	return nil
}

// prepare writes what a file is to hold into a file beside the tree's own; nil if
// the file is to go.
func (r result) prepare(ctx context.Context, root *os.Root) (*renameio.PendingFile, error) {
	if err := ctx.Err(); err != nil || r.after == nil {
		return nil, err
	}
	f, err := renameio.NewPendingFile(r.name, renameio.WithRoot(root), renameio.WithStaticPermissions(r.perm()))
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(r.after); err != nil {
		return nil, errors.Join(err, f.Cleanup())
	}
	return f, nil
}

// perm is the mode that a file gets: a new one git's, another its own with the
// executable bits as the patch says.
func (r result) perm() fs.FileMode {
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

// restore puts a file back as it was.
func (r result) restore(root *os.Root) error {
	if r.before == nil {
		err := removeFile(root, r.name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if err := root.MkdirAll(path.Dir(r.name), 0o755); err != nil {
		return err
	}
	return renameio.WriteFile(r.name, r.before, r.mode, renameio.WithRoot(root))
}

// removeFile removes a file and the folders that it was the last one of, as git
// and GNU patch do: in git a folder exists by its files.
func removeFile(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil {
		return err
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if root.Remove(dir) != nil {
			break // Not empty.
		}
	}
	return nil
}
