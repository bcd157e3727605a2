// SPDX-License-Identifier: Apache-2.0

package cmake

import (
	"path"

	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/edit"
)

// FileName is the name of CMake's files.
const FileName = "CMakeLists.txt"

// File is one CMakeLists.txt.
type File struct {
	Dir      string // its directory, relative to the common one; "." for that
	Name     string // as it was opened, for messages
	Data     []byte
	Commands []Command // those that it runs, with its variables expanded
	Vars     *Vars     // as they are at its end
}

// Read reads a file of the directory dir, called file in messages. outer are the variables of
// the file that adds it, nil if there is none.
//
// Errors: *PlaceError.
func Read(dir, file string, data []byte, outer *Vars) (*File, error) {
	cmds, err := Parse(file, data)
	if err != nil {
		return nil, err
	}
	f := &File{Dir: dir, Name: file, Data: data, Vars: NewVars(file, outer)}
	f.Commands, err = f.Vars.Expand(cmds)
	return f, err
}

// Fail returns a *PlaceError at an argument.
func (f *File) Fail(a Arg, lookedFor, found string) error {
	return &edit.PlaceError{File: f.Name, Line: text.LineNumber(f.Data, a.Start), LookedFor: lookedFor, Found: found}
}

// FailAt is Fail for the command as a whole.
func (f *File) FailAt(c *Command, lookedFor, found string) error {
	return f.Fail(Arg{Start: c.Start}, lookedFor, found)
}

// Path returns the path of a file named in the CMakeLists.txt, relative to the common directory.
func (f *File) Path(name string) string { return path.Join(f.Dir, name) }
