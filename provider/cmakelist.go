// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/resnics/verbsmith/specs/sortedlist"
)

// cmakeList names a list of files that a command has as its arguments.
type cmakeList struct {
	Command string // lower case
	First   string // the argument before the list, "" where the list begins at once
}

func (l cmakeList) String() string {
	return l.Command + "(" + l.First
}

// add puts item in its order into the list's one command outside of
// any block. The result means to CMake what data meant, with item added: that
// is parsed and compared.
func (l cmakeList) add(file string, data []byte, item string) (out []byte, already bool, err error) {
	cmds, err := parseCMake(file, data)
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
	items := cmd.argTexts()[skip:]
	switch n := countOf(items, item); {
	case n == 1:
		return data, true, nil
	case n > 1:
		return nil, false, &PlaceError{
			File: file, Line: cmd.Line,
			LookedFor: fmt.Sprintf("%s once in %s", item, l), Found: strconv.Itoa(n) + " of them",
		}
	}
	pos := skip + sortedlist.Place(items, item, sortedlist.ByBytes)
	out = insertCMakeArg(data, cmd, pos, item)

	want := cmakeShape(cmds)
	cmds[at].Args = slices.Insert(slices.Clone(cmd.Args), pos, cmakeArg{Text: item})
	want[at] = cmakeShape(cmds)[at]
	if err := sameCMake(file, out, want, cmd.Line); err != nil {
		return nil, false, err
	}
	return out, false, nil
}

func (l cmakeList) find(file string, cmds []cmakeCommand) (int, error) {
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
	lookedFor := fmt.Sprintf("one command %s … outside of any if() or function()", l)
	if len(lines) == 0 && inBlock > 0 {
		return 0, &PlaceError{File: file, Line: inBlock, LookedFor: lookedFor, Found: "only one inside a block"}
	}
	return at, onePlace(file, lookedFor, lines)
}

// insertCMakeArg puts item before argument pos, laid out as its neighbours are:
// on a line of its own where they have one, else behind a blank.
func insertCMakeArg(data []byte, cmd cmakeCommand, pos int, item string) []byte {
	if pos < len(cmd.Args) {
		next := cmd.Args[pos]
		if indent, ok := indentOf(data, next.Start); ok {
			return insertLineBefore(data, next.Start, indent+item)
		}
		return splice(data, next.Start, item+" ")
	}
	if pos == 0 {
		return splice(data, cmd.End-1, item)
	}
	last := cmd.Args[pos-1]
	indent, own := indentOf(data, last.Start)
	switch {
	case !own:
		return splice(data, last.End, " "+item)
	case lineEnd(data, last.End) >= cmd.End: // ")" stands on the last one's line
		return splice(data, last.End, eolNear(data, last.End)+indent+item)
	}
	return insertLineAfter(data, last.End, indent+item)
}

// sameCMake parses the result of an edit and holds it against what it should be.
func sameCMake(file string, out []byte, want []string, line int) error {
	cmds, err := parseCMake(file, out)
	if err != nil {
		return fmt.Errorf("after the edit: %w", err)
	}
	if got := cmakeShape(cmds); !slices.Equal(got, want) {
		return &PlaceError{
			File: file, Line: line, LookedFor: "a layout with each entry on lines of its own",
			Found: "one in which the edit would change another command",
		}
	}
	return nil
}
