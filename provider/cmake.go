// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"strings"
)

// cmakeArg is one argument of a command, with its offsets in the file.
type cmakeArg struct {
	Text       string // without quotes or brackets; escapes and ${} as written
	Start, End int
}

// cmakeBlock is an open if(), foreach(), function() … around a command.
type cmakeBlock struct {
	Open   int // index of the command that opened it
	Branch int // 0 before the first else() or elseif(), counting up
}

// cmakeCommand is one command invocation.
type cmakeCommand struct {
	Name       string // lower case: CMake does not tell cases apart
	Args       []cmakeArg
	Start, End int // the name's first byte; behind the closing parenthesis
	Line       int
	Blocks     []cmakeBlock // outermost first
}

func (c *cmakeCommand) argTexts() []string {
	texts := make([]string, len(c.Args))
	for i, a := range c.Args {
		texts[i] = a.Text
	}
	return texts
}

// maxCMakeDepth is far beyond rdma-core's own depth; it bounds what a hostile
// file can cost.
const maxCMakeDepth = 100

// cmakeBlocks names the command that closes each command which opens a block.
var cmakeBlocks = map[string]string{
	"if": "endif", "foreach": "endforeach", "while": "endwhile",
	"function": "endfunction", "macro": "endmacro", "block": "endblock",
}

var cmakeClosers = func() map[string]string {
	m := map[string]string{}
	for open, closer := range cmakeBlocks {
		m[closer] = open
	}
	return m
}()

// parseCMake reads a CMakeLists.txt as cmake-language(7) describes it: command
// invocations, quoted, bracket and unquoted arguments, both kinds of comment.
// A text that CMake would refuse gives a *PlaceError.
func parseCMake(file string, data []byte) ([]cmakeCommand, error) {
	l := &cmakeLexer{file: file, data: data}
	var cmds []cmakeCommand
	for {
		if err := l.skipBlank(); err != nil {
			return nil, err
		}
		if l.off >= len(data) {
			break
		}
		cmd, err := l.command()
		if err != nil {
			return nil, err
		}
		cmds = append(cmds, cmd)
	}
	return cmds, nestCMake(file, cmds)
}

// nestCMake fills in Blocks.
func nestCMake(file string, cmds []cmakeCommand) error {
	var open []cmakeBlock
	for i := range cmds {
		name := cmds[i].Name
		switch {
		case name == "else" || name == "elseif":
			if len(open) == 0 || cmds[open[len(open)-1].Open].Name != "if" {
				return &PlaceError{File: file, Line: cmds[i].Line, LookedFor: "an open if()", Found: name + "() without one"}
			}
			open[len(open)-1].Branch++
		case cmakeClosers[name] != "":
			if len(open) == 0 || cmds[open[len(open)-1].Open].Name != cmakeClosers[name] {
				return &PlaceError{File: file, Line: cmds[i].Line, LookedFor: "an open " + cmakeClosers[name] + "()", Found: name + "() without one"}
			}
			open = open[:len(open)-1]
		}
		cmds[i].Blocks = append([]cmakeBlock(nil), open...)
		if cmakeBlocks[name] != "" {
			if len(open) == maxCMakeDepth {
				return &PlaceError{File: file, Line: cmds[i].Line, LookedFor: fmt.Sprintf("at most %d blocks in each other", maxCMakeDepth), Found: "more"}
			}
			open = append(open, cmakeBlock{Open: i})
		}
	}
	if len(open) > 0 {
		c := cmds[open[len(open)-1].Open]
		return &PlaceError{File: file, Line: c.Line, LookedFor: cmakeBlocks[c.Name] + "() for this " + c.Name + "()", Found: "the end of the file"}
	}
	return nil
}

// cmakeShape writes each command down with its arguments and the blocks around
// it, without layout: two files of equal shapes mean the same to CMake.
func cmakeShape(cmds []cmakeCommand) []string {
	shapes := make([]string, len(cmds))
	for i, c := range cmds {
		var b strings.Builder
		for _, blk := range c.Blocks {
			fmt.Fprintf(&b, "%s%q#%d/", cmds[blk.Open].Name, cmds[blk.Open].argTexts(), blk.Branch)
		}
		fmt.Fprintf(&b, "%s%q", c.Name, c.argTexts())
		shapes[i] = b.String()
	}
	return shapes
}

// innermost gives the innermost block around a command.
func (c *cmakeCommand) innermost() (cmakeBlock, bool) {
	if len(c.Blocks) == 0 {
		return cmakeBlock{}, false
	}
	return c.Blocks[len(c.Blocks)-1], true
}
