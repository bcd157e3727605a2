// SPDX-License-Identifier: Apache-2.0

package cmake

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/edit"
	"github.com/resnics/verbsmith/specs/sortedlist"
)

// List names a list of files that a command has as its arguments.
type List struct {
	Command string // lower case
	First   string // the argument before the list, "" if the list begins at once
}

// String is the beginning of the command.
func (l List) String() string {
	return l.Command + "(" + l.First
}

// Add inserts item in its order into the list's only command outside any block. The result is
// parsed again: it must mean the same to CMake as data, with item added.
func (l List) Add(file string, data []byte, item string) (out []byte, already bool, err error) {
	cmds, err := Parse(file, data)
	if err != nil {
		return nil, false, err
	}
	at, err := l.find(file, cmds)
	if err != nil {
		return nil, false, err
	}
	cmd, skip := cmds[at], 0
	if l.First != "" {
		skip = 1
	}
	items := cmd.Texts()[skip:]
	switch n := text.Count(items, item); {
	case n == 1:
		return data, true, nil
	case n > 1:
		return nil, false, &edit.PlaceError{
			File: file, Line: cmd.Line,
			LookedFor: fmt.Sprintf("%s once in %s", item, l), Found: strconv.Itoa(n) + " of them",
		}
	}
	pos := skip + sortedlist.Place(items, item, sortedlist.ByBytes)
	out = insertArg(data, cmd, pos, item)

	want := Shape(cmds)
	cmds[at].Args = slices.Insert(slices.Clone(cmd.Args), pos, Arg{Text: item})
	want[at] = Shape(cmds)[at]
	if err := Same(file, out, want, cmd.Line); err != nil {
		return nil, false, err
	}
	return out, false, nil
}

func (l List) find(file string, cmds []Command) (int, error) {
	at, lines, inBlock := -1, []int(nil), 0
	for i, c := range cmds {
		if c.Name != l.Command || l.First != "" && (len(c.Args) == 0 || c.Args[0].Text != l.First) {
			continue
		}
		if len(c.Blocks) > 0 {
			inBlock = c.Line
			continue
		}
		at, lines = i, append(lines, c.Line)
	}
	lookedFor := fmt.Sprintf("one command %s … outside any if() or function()", l)
	if len(lines) == 0 && inBlock > 0 {
		return 0, &edit.PlaceError{File: file, Line: inBlock, LookedFor: lookedFor, Found: "only one inside a block"}
	}
	return at, text.OnePlace(file, lookedFor, lines)
}

// insertArg inserts item before argument pos in the layout of its neighbours: on its own line
// like theirs, or after a space.
func insertArg(data []byte, cmd Command, pos int, item string) []byte {
	if pos < len(cmd.Args) {
		next := cmd.Args[pos]
		if indent, ok := text.Indent(data, next.Start); ok {
			return text.InsertLineBefore(data, next.Start, indent+item)
		}
		return text.Splice(data, next.Start, item+" ")
	}
	if pos == 0 {
		return text.Splice(data, cmd.End-1, item)
	}
	last := cmd.Args[pos-1]
	indent, own := text.Indent(data, last.Start)
	switch {
	case !own:
		return text.Splice(data, last.End, " "+item)
	case text.LineEnd(data, last.End) >= cmd.End: // ")" is on the last one's line
		return text.Splice(data, last.End, text.EOL(data, last.End)+indent+item)
	}
	return text.InsertLineAfter(data, last.End, indent+item)
}

// Same parses the result of an edit and compares it with the expected one.
func Same(file string, out []byte, want []string, line int) error {
	cmds, err := Parse(file, out)
	if err != nil {
		return fmt.Errorf("after the edit: %w", err)
	}
	if got := Shape(cmds); !slices.Equal(got, want) {
		return &edit.PlaceError{
			File: file, Line: line, LookedFor: "a layout with each entry on its own line",
			Found: "one in which the edit would change another command",
		}
	}
	return nil
}
