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
	Kept  []string // what stays, as paths below the directory: the topmost, with a slash behind a directory
	Gone  bool     // the directory itself is gone
}

// Owns reports whether a slash-separated path below a directory is verbsmith's. One
// that is asked for with dir is looked into, and goes if nothing is left in it.
type Owns func(name string, dir bool) bool

// Remove removes what is recorded and what owns (which may be nil) knows, then
// directories that this has emptied, the marker, and the directory itself if
// nothing else is in it and no link stands for it. given is how the user names it.
// What could not be removed keeps its record, and the marker stays with it.
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

// keepRecord leaves in the record what is still there.
func (h *Hold) keepRecord(root *os.Root) error {
	for name := range h.record {
		if _, err := root.Lstat(strings.TrimSuffix(name, "/")); errors.Is(err, fs.ErrNotExist) {
			delete(h.record, name)
		}
	}
	return h.rewrite()
}

// RemoveEmpty removes a directory if nothing is in it. A link to a directory is the
// user's, and so is where it leads.
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

// mine reports whether a path is verbsmith's: whole of a directory says that all
// below it is.
func (r *remover) mine(name string, dir bool) (yes, whole bool) {
	if dir {
		whole = r.record[name+"/"]
		return whole || r.record.below(name) || r.owns != nil && r.owns(name, true), whole
	}
	return name == Marker || r.record[name] || r.owns != nil && r.owns(name, false), false
}

// clear removes what is verbsmith's in the directory name. It goes on after a
// failure.
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

// Real resolves the links of a path, of which the end need not exist.
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
