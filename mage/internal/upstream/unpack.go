// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Source is an unpacked rdma-core.
type Source struct {
	// Dir is the tree's directory, DIR/rdma-core-VERSION.
	Dir string
	// Version is PACKAGE_VERSION of its CMakeLists.txt.
	Version string
	// Tag is upstream's tag ("v56.1") if the source is that release, else "".
	Tag string
	// Commit is the commit id in the archive or of the repository, or "".
	Commit string
	// Epoch is the time of the newest file, in whole seconds, UTC: the value for
	// SOURCE_DATE_EPOCH. It depends only on the archive, never on a clock.
	Epoch time.Time
}

// Unpack writes the tree to dir/rdma-core-VERSION. The directory must not exist;
// dir is created if necessary. On an error or a cancelled context nothing is left behind.
//
// Files get mode 0644 or 0755, directories 0755; no time is later than
// [Source.Epoch]. Errors: *[ArchiveError], *[SpaceError], *[SumError] when the
// file has changed since it was verified.
func (v *Verified) Unpack(ctx context.Context, dir string) (*Source, error) {
	if err := v.ready(ctx); err != nil {
		return nil, err
	}
	final := filepath.Join(dir, v.topName())
	if _, err := os.Lstat(final); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("unpack rdma-core: %w", &fs.PathError{Op: "create", Path: final, Err: fs.ErrExist})
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, writeError(dir, err)
	}
	beside, err := os.MkdirTemp(dir, ".rdma-core-unpack-*")
	if err != nil {
		return nil, writeError(dir, err)
	}
	defer func() { _ = os.RemoveAll(beside) }()
	tree := filepath.Join(beside, v.topName())
	if _, err := v.unpackInto(ctx, tree); err != nil {
		return nil, err
	}
	if err := os.Rename(tree, final); err != nil {
		return nil, writeError(final, err)
	}
	return &Source{Dir: final, Version: v.archive.version, Tag: v.Tag(), Commit: v.commit(), Epoch: v.epoch()}, nil
}

// unpackInto makes the directory tree and fills it. It returns the entries in the
// archive's order.
func (v *Verified) unpackInto(ctx context.Context, tree string) ([]entry, error) {
	if err := os.Mkdir(tree, 0o755); err != nil {
		return nil, writeError(tree, err)
	}
	root, err := os.OpenRoot(tree)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	w := &treeWriter{root: root, tree: tree, epoch: v.epoch(), archive: v.archive.path}
	sum, err := walk(ctx, v.archive.path, v.archive.lim, w.put)
	if err != nil {
		return nil, err
	}
	if err := v.same(sum.sum); err != nil {
		return nil, err
	}
	return w.entries, w.settle()
}

// treeWriter writes entries below root. os.Root is the second protection: the walker has
// already refused names that lead outside.
type treeWriter struct {
	root    *os.Root
	tree    string
	archive string
	epoch   time.Time
	entries []entry
}

func (w *treeWriter) put(e entry) error {
	if e.kind != kindFolder {
		if err := w.root.MkdirAll(filepath.Dir(filepath.FromSlash(e.name)), 0o755); err != nil {
			return w.failed(e, err)
		}
	}
	var err error
	switch e.kind {
	case kindFolder:
		err = w.root.MkdirAll(filepath.FromSlash(e.name), 0o755)
	case kindFile:
		err = w.file(e, e.body)
	case kindSymlink:
		err = w.root.Symlink(e.link, filepath.FromSlash(e.name))
	case kindHardlink:
		err = w.copyOf(e)
	case kindNothing, kindImplied:
	}
	if err != nil {
		return w.failed(e, err)
	}
	e.body = nil
	w.entries = append(w.entries, e)
	return nil
}

func (w *treeWriter) failed(e entry, err error) error {
	return writeError(filepath.Join(w.tree, filepath.FromSlash(e.name)), err)
}

func mode(e entry) fs.FileMode {
	if e.exec {
		return 0o755
	}
	return 0o644
}

func (w *treeWriter) file(e entry, body io.Reader) error {
	name := filepath.FromSlash(e.name)
	file, err := w.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode(e))
	if err != nil {
		return err
	}
	_, err = io.Copy(file, body)
	// The mode is set once more because of the umask.
	if err := errors.Join(err, file.Chmod(mode(e)), file.Close()); err != nil {
		return unjoin(err)
	}
	return w.root.Chtimes(name, e.mtime, e.mtime)
}

// copyOf writes a hard link as a separate file: an edit of one must not change the other.
func (w *treeWriter) copyOf(e entry) error {
	source, err := w.root.Open(filepath.FromSlash(e.link))
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	info, err := source.Stat()
	if err != nil {
		return err
	}
	e.exec = info.Mode()&0o100 != 0
	return w.file(e, source)
}

// settle sets the modes and times of directories, which writing into them has changed.
// Directories without an entry of their own get the Epoch.
func (w *treeWriter) settle() error {
	times := map[string]time.Time{}
	for _, e := range w.entries {
		if e.kind == kindFolder {
			times[e.name] = e.mtime
		}
	}
	return fs.WalkDir(w.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		when, ok := times[name]
		if !ok {
			when = w.epoch
		}
		return errors.Join(w.root.Chmod(filepath.FromSlash(name), 0o755),
			w.root.Chtimes(filepath.FromSlash(name), when, when))
	})
}

// unjoin returns the only error of a join, so that its message stays on one line.
func unjoin(err error) error {
	var many interface{ Unwrap() []error }
	if errors.As(err, &many) && len(many.Unwrap()) == 1 {
		return many.Unwrap()[0]
	}
	return err
}
