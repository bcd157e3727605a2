// SPDX-License-Identifier: Apache-2.0

package specs

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

// loadFolder loads a directory with one entry per file, one of them the default. load gets the
// file's name, its name in messages, and the earlier file with the default, and reports whether
// this one has it. The mistakes of all files are reported at once, as *strictyaml.Mistake.
func loadFolder(fsys fs.FS, dir string, load func(name, file, defaultIn string) (isDefault bool, err error)) error {
	defaultIn := ""
	files, err := eachFile(fsys, dir, func(name, file string) error {
		isDefault, err := load(name, file, defaultIn)
		if isDefault && defaultIn == "" {
			defaultIn = file
		}
		return err
	})
	if err == nil && defaultIn == "" {
		err = &strictyaml.Mistake{
			File: shown(fsys, dir), Line: 1, Column: 1, Path: "default",
			Want: "one file with \"default: true\"", Got: "none of " + strconv.Itoa(files),
		}
	}
	return err
}

// eachFile loads a directory with one entry per file, in the order of their names, and returns their number. load gets the
// file's name and its name in messages. The mistakes of all files are reported at once.
func eachFile(fsys fs.FS, dir string, load func(name, file string) error) (files int, err error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", shown(fsys, dir), err)
	}
	var errs []error
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		errs = append(errs, load(name, shown(fsys, name)))
	}
	return len(entries), errors.Join(errs...)
}

// loadFile decodes one of them, called file in messages.
func loadFile(fsys fs.FS, name, file string, into any) error {
	if path.Ext(name) != ".yaml" {
		return &strictyaml.Mistake{
			File: file, Line: 1, Column: 1,
			Want: "a file named NAME.yaml", Got: path.Base(name),
		}
	}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	return strictyaml.Decode(file, data, into)
}
