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
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return fmt.Errorf("read %s: %w", shown(fsys, dir), err)
	}
	var errs []error
	defaultIn := ""
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		isDefault, err := load(name, shown(fsys, name), defaultIn)
		if err != nil {
			errs = append(errs, err)
		}
		if isDefault && defaultIn == "" {
			defaultIn = shown(fsys, name)
		}
	}
	if len(errs) == 0 && defaultIn == "" {
		errs = append(errs, &strictyaml.Mistake{
			File: shown(fsys, dir), Line: 1, Column: 1, Path: "default",
			Want: "one file with \"default: true\"", Got: "none of " + strconv.Itoa(len(entries)),
		})
	}
	return errors.Join(errs...)
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
