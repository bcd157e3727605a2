// SPDX-License-Identifier: Apache-2.0

package cmake

import (
	"path"

	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/edit"
)

// FileName is what CMake's files are called.
const FileName = "CMakeLists.txt"

// File is one CMakeLists.txt of the provider.
type File struct {
	Dir      string // its folder, "." for the provider's own
	Name     string // as it was opened, for messages
	Data     []byte
	Commands []Command // those that it runs, with the variables that it sets
	Vars     *Vars     // as they are at its end
}

// Read reads a file of the folder dir, called file in messages. outer are the
// variables of the file that takes it in, nil where none does.
//
// Errors: *PlaceError.
func Read(dir, file string, data []byte, outer *Vars) (*File, error) {
	cmds, err := Parse(file, data)
	if err != nil {
		return nil, err
	}
	b := &File{Dir: dir, Name: file, Data: data, Vars: NewVars(file, outer)}
	b.Commands, err = b.Vars.Expand(cmds)
	return b, err
}

func (b *File) Fail(a Arg, lookedFor, found string) error {
	return &edit.PlaceError{File: b.Name, Line: text.LineNumber(b.Data, a.Start), LookedFor: lookedFor, Found: found}
}

// FailAt is fail for the command as a whole.
func (b *File) FailAt(c *Command, lookedFor, found string) error {
	return b.Fail(Arg{Start: c.Start}, lookedFor, found)
}

// Path gives a file that the build file names, from the provider's folder.
func (b *File) Path(name string) string { return path.Join(b.Dir, name) }
