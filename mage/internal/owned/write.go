// SPDX-License-Identifier: Apache-2.0

package owned

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// Place writes one file, name its slash-separated path below the directory, in
// one step, and records it.
//
// Errors: *ForeignError if there is a different, unrecorded file of that name; those of the
// file system.
func (h *Hold) Place(name string, data []byte) error {
	file := filepath.Join(h.dir, filepath.FromSlash(name))
	switch info, err := os.Lstat(file); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("look for %s: %w", file, err)
	case !info.Mode().IsRegular():
		return &ForeignError{Path: file}
	case !h.Has(name):
		if have, err := os.ReadFile(file); err != nil || !bytes.Equal(have, data) {
			return &ForeignError{Path: file}
		}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("create the directory of %s: %w", file, err)
	}
	if err := h.Add(name); err != nil {
		return err
	}
	if err := renameio.WriteFile(file, data, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}

// Replace replaces the directory name as a whole: fill writes to an empty directory, which is
// then renamed. The recorded files of the previous one are removed; others are kept.
//
// Errors: *ForeignError if an unrecorded file has a path that the new directory needs, and then
// nothing has changed; those of fill and of the file system.
func (h *Hold) Replace(name string, fill func(dir string) error) (err error) {
	final := filepath.Join(h.dir, filepath.FromSlash(name))
	besideName := path.Join(path.Dir(name), ".new-"+path.Base(name))
	beside, old := filepath.Join(h.dir, filepath.FromSlash(besideName)), ""
	before := maps.Clone(h.record)
	if err := h.prepare(beside, besideName); err != nil {
		return err
	}
	defer func() {
		if err != nil && old == "" {
			h.record = before
			h.drop(besideName)
			err = errors.Join(err, os.RemoveAll(beside), h.rewrite())
		}
	}()
	if err := fill(beside); err != nil {
		return err
	}
	files, err := filesBelow(beside, name)
	if err != nil {
		return err
	}
	carried, err := h.others(final, beside, name)
	if err != nil {
		return err
	}
	if err := h.Add(files...); err != nil {
		return err
	}
	if old, err = swap(beside, final); err != nil {
		return err
	}
	if err := carry(carried, old, final); err != nil {
		return err
	}
	// The rest of the old one is ours; if the run dies here, clean removes it.
	if err := h.Add(besideName + ".old/"); err != nil {
		return err
	}
	if err := os.RemoveAll(old); err != nil {
		return fmt.Errorf("remove the previous output: %w", err)
	}
	h.drop(besideName, besideName+".old", name)
	for _, file := range files {
		h.record[file] = true
	}
	return h.rewrite()
}

// prepare creates the empty directory beside, after removing leftovers of a dead run.
func (h *Hold) prepare(beside, name string) error {
	for suffix, dir := range map[string]string{"": beside, ".old": beside + ".old"} {
		if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if !h.record[name+suffix+"/"] {
			return &ForeignError{Path: dir}
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove what an earlier run left: %w", err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(beside), 0o755); err != nil {
		return fmt.Errorf("create the directory of outputs: %w", err)
	}
	if err := h.Add(name + "/"); err != nil {
		return err
	}
	if err := os.Mkdir(beside, 0o755); err != nil {
		return fmt.Errorf("create a directory next to the output: %w", err)
	}
	return nil
}

// Foreign lists the unrecorded files in the directory name, as paths below it.
func (h *Hold) Foreign(name string) ([]string, error) {
	final := filepath.Join(h.dir, filepath.FromSlash(name))
	return h.others(final, final+"/.none", name)
}

// others lists the unrecorded files in final, as paths below it; a directory that contains
// nothing else is one path. One with a path that the new directory uses is a *ForeignError.
func (h *Hold) others(final, beside, name string) ([]string, error) {
	info, err := os.Lstat(final)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("check the previous output: %w", err)
	}
	if !info.IsDir() {
		return nil, &ForeignError{Path: final}
	}
	var found []string
	err = filepath.WalkDir(final, func(file string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(final, file)
		if err := errors.Join(err, relErr); err != nil || rel == "." {
			return err
		}
		full := path.Join(name, filepath.ToSlash(rel))
		there, err := os.Lstat(filepath.Join(beside, rel))
		taken := err == nil
		switch {
		case d.IsDir() && (taken && there.IsDir() || h.record.below(full)):
			return nil // looked into
		case !d.IsDir() && h.record[full]:
			return nil
		case taken:
			return &ForeignError{Path: file}
		}
		found = append(found, rel)
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	return found, err
}

// swap renames beside to final, and returns the path of the former output, "" if it was not
// moved.
func swap(beside, final string) (old string, err error) {
	old = beside + ".old"
	err = os.Rename(final, old)
	if errors.Is(err, fs.ErrNotExist) {
		old, err = beside+".none", nil
	}
	if err != nil {
		return "", fmt.Errorf("move the previous output away: %w", err)
	}
	if err := os.Rename(beside, final); err != nil {
		_ = os.Rename(old, final) // restore the previous output
		return "", fmt.Errorf("put the output in its place: %w", err)
	}
	return old, nil
}

func carry(names []string, from, to string) error {
	for _, name := range names {
		place := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
			return fmt.Errorf("keep what is not verbsmith's: %w", err)
		}
		if err := os.Rename(filepath.Join(from, name), place); err != nil {
			return fmt.Errorf("keep what is not verbsmith's: %w", err)
		}
	}
	return nil
}

// Discard removes a recorded file, name its slash-separated path below the directory. What is not recorded stays, without an
// error: it is not ours.
func (h *Hold) Discard(name string) error {
	if !h.Has(name) {
		return nil
	}
	file := filepath.Join(h.dir, filepath.FromSlash(name))
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", file, err)
	}
	h.drop(name)
	return h.rewrite()
}
