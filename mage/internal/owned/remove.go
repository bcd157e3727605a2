// SPDX-License-Identifier: Apache-2.0

package owned

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Report is the result of a removal.
type Report struct {
	Files int      // that were removed
	Kept  []string // remaining paths below the directory: the topmost, with a slash after a directory
	Gone  bool     // the directory itself is gone
}

// Owns reports whether a slash-separated path below a directory is verbsmith's. With dir it is
// about a directory, which is searched, and removed if it is then empty.
type Owns func(name string, dir bool) bool

// Remove removes everything that is recorded or that owns (which may be nil) claims, then
// emptied directories, the marker, and the directory itself if it is empty and not named by a
// link. given is the user's name for it. Paths that could not be removed keep their record, and
// the marker stays.
func (h *Hold) Remove(given string, owns Owns) (Report, error) {
	var report Report
	root, err := os.OpenRoot(h.dir)
	if err != nil {
		return report, fmt.Errorf("read %s: %w", given, err)
	}
	defer root.Close()
	r := &remover{root: root, record: h.record, owns: owns}
	err = r.clear(".")
	report.Files, report.Kept = r.files, r.kept
	if err != nil {
		return report, errors.Join(fmt.Errorf("clean %s: %w", given, err), h.keepRecord(root))
	}
	if err := root.Remove(Marker); err != nil {
		return report, fmt.Errorf("remove the marker of %s: %w", given, err)
	}
	report.Gone = len(r.kept) == 0 && RemoveEmpty(given)
	return report, nil
}

// keepRecord keeps the records of existing files.
func (h *Hold) keepRecord(root *os.Root) error {
	for name := range h.record {
		if _, err := root.Lstat(strings.TrimSuffix(name, "/")); errors.Is(err, fs.ErrNotExist) {
			delete(h.record, name)
		}
	}
	return h.rewrite()
}

// RemoveEmpty removes an empty directory. A link to a directory, and its target, belong to the
// user.
func RemoveEmpty(dir string) bool {
	info, err := os.Lstat(dir)
	return err == nil && info.IsDir() && os.Remove(dir) == nil
}

type remover struct {
	root   *os.Root
	record record
	owns   Owns
	files  int
	kept   []string
}

// mine reports whether a path is verbsmith's, and with whole whether everything below it is.
func (r *remover) mine(name string, dir bool) (yes, whole bool) {
	if dir {
		whole = r.record[name+"/"]
		return whole || r.record.below(name) || r.owns != nil && r.owns(name, true), whole
	}
	return name == Marker || r.record[name] || r.owns != nil && r.owns(name, false), false
}

// clear removes verbsmith's files in the directory name. It continues after a failure.
func (r *remover) clear(name string) error {
	entries, err := fs.ReadDir(r.root.FS(), name)
	if err != nil {
		return fmt.Errorf("list it: %w", err)
	}
	var errs []error
	for _, e := range entries {
		full := path.Join(name, e.Name())
		yes, whole := r.mine(full, e.IsDir())
		switch {
		case full == Marker:
		case !yes && e.IsDir():
			r.kept = append(r.kept, full+"/")
		case !yes:
			r.kept = append(r.kept, full)
		case whole:
			errs = append(errs, r.root.RemoveAll(full))
			r.files++
		case e.IsDir():
			errs = append(errs, r.directory(full))
		default:
			errs = append(errs, r.root.Remove(full))
			r.files++
		}
	}
	return errors.Join(errs...)
}

// directory clears a directory and removes it if that has emptied it.
func (r *remover) directory(name string) error {
	kept := len(r.kept)
	if err := r.clear(name); err != nil {
		return err
	}
	if len(r.kept) > kept {
		return nil
	}
	return r.root.Remove(name)
}

// Overlap reports whether one of two directories is the other, or in it; links in
// them are resolved as far as they exist.
func Overlap(outer, inner string) bool {
	rel, err := filepath.Rel(Real(outer), Real(inner))
	return err == nil && filepath.IsLocal(rel)
}

// Real resolves the links of a path, which need not exist to its end.
func Real(name string) string {
	name = filepath.Clean(name)
	if resolved, err := filepath.EvalSymlinks(name); err == nil {
		return resolved
	}
	parent := filepath.Dir(name)
	if parent == name {
		return name
	}
	return filepath.Join(Real(parent), filepath.Base(name))
}
