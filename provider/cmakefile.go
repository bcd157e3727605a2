// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"path"
)

// cmakeName is what CMake's files are called.
const cmakeName = "CMakeLists.txt"

// buildFile is one CMakeLists.txt of the provider.
type buildFile struct {
	dir  string // its folder, "." for the provider's own
	file string // as it was opened, for messages
	data []byte
	cmds []cmakeCommand // those that it runs, with the variables that it sets
	vars *cmakeVars     // as they are at its end
}

// readBuildFile reads a file of the folder dir, called file in messages. outer are the
// variables of the file that takes it in, nil where none does.
//
// Errors: *PlaceError.
func readBuildFile(dir, file string, data []byte, outer *cmakeVars) (*buildFile, error) {
	cmds, err := parseCMake(file, data)
	if err != nil {
		return nil, err
	}
	b := &buildFile{dir: dir, file: file, data: data, vars: newCMakeVars(file, outer)}
	b.cmds, err = b.vars.expand(cmds)
	return b, err
}

func (b *buildFile) fail(a cmakeArg, lookedFor, found string) error {
	return &PlaceError{File: b.file, Line: lineNumber(b.data, a.Start), LookedFor: lookedFor, Found: found}
}

// failAt is fail for the command as a whole.
func (b *buildFile) failAt(c *cmakeCommand, lookedFor, found string) error {
	return b.fail(cmakeArg{Start: c.Start}, lookedFor, found)
}

// path gives a file that the build file names, from the provider's folder.
func (b *buildFile) path(name string) string { return path.Join(b.dir, name) }
