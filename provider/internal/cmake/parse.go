// SPDX-License-Identifier: Apache-2.0

package cmake

import (
	"fmt"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/specs/edit"
)

// Arg is one argument of a command, with its offsets in the file.
type Arg struct {
	Text       string // without quotes or brackets; escapes and ${} as written
	Start, End int
}

// Block is an open if(), foreach(), function() … around a command.
type Block struct {
	Open   int // index of the command that opened it
	Branch int // 0 before the first else() or elseif(), counting up
}

// Command is one command invocation.
type Command struct {
	Name       string // lower case: CMake ignores case
	Args       []Arg
	Start, End int // the name's first byte; after the closing parenthesis
	Line       int
	Blocks     []Block // outermost first
}

// Texts returns the texts of the arguments.
func (c *Command) Texts() []string {
	texts := make([]string, len(c.Args))
	for i, a := range c.Args {
		texts[i] = a.Text
	}
	return texts
}

// maxDepth is far beyond rdma-core's own depth; it bounds the cost of a hostile file.
const maxDepth = 100

// The commands that open blocks, and those that begin another branch.
const (
	If         = "if"
	elseBranch = "else"
	elseIf     = "elseif"
	forEach    = "foreach"
	while      = "while"
	function   = "function"
	macro      = "macro"
	blockOf    = "block"
)

// closer returns the command that closes the block opened by name, "" if it opens none.
func closer(name string) string {
	switch name {
	case If, forEach, while, function, macro, blockOf:
		return "end" + name
	}
	return ""
}

// opener returns the command that opens the block closed by name, "" if it closes none.
func opener(name string) string {
	if opener, ok := strings.CutPrefix(name, "end"); ok && closer(opener) != "" {
		return opener
	}
	return ""
}

// IsKeyword reports whether CMake has a control-flow command of that name.
func IsKeyword(name string) bool {
	switch name {
	case "return", "break", "continue", elseBranch, elseIf:
		return true
	}
	return closer(name) != "" || opener(name) != ""
}

// Parse reads a CMakeLists.txt as cmake-language(7) describes it: command invocations, quoted,
// bracket and unquoted arguments, both kinds of comment. A text that CMake would refuse is a
// *PlaceError.
func Parse(file string, data []byte) ([]Command, error) {
	l := &lexer{file: file, data: data}
	var cmds []Command
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
	return cmds, nestBlocks(file, cmds)
}

// nest has the blocks that are open at a place.
type nest struct {
	file string
	cmds []Command
	open []Block
}

// nestBlocks fills in Blocks.
func nestBlocks(file string, cmds []Command) error {
	n := &nest{file: file, cmds: cmds}
	for i := range cmds {
		if err := n.leave(&cmds[i]); err != nil {
			return err
		}
		cmds[i].Blocks = slices.Clone(n.open)
		if closer(cmds[i].Name) == "" {
			continue
		}
		if len(n.open) == maxDepth {
			return n.fail(&cmds[i], fmt.Sprintf("at most %d nested blocks", maxDepth), "more")
		}
		n.open = append(n.open, Block{Open: i})
	}
	if len(n.open) > 0 {
		c := &cmds[n.open[len(n.open)-1].Open]
		return n.fail(c, closer(c.Name)+"() for this "+c.Name+"()", "the end of the file")
	}
	return nil
}

func (n *nest) fail(c *Command, lookedFor, found string) error {
	return &edit.PlaceError{File: n.file, Line: c.Line, LookedFor: lookedFor, Found: found}
}

// leave ends the block or the branch that the command ends.
func (n *nest) leave(c *Command) error {
	opener, branch := opener(c.Name), c.Name == elseBranch || c.Name == elseIf
	if branch {
		opener = If
	}
	if opener == "" {
		return nil
	}
	last := len(n.open) - 1
	if last < 0 || n.cmds[n.open[last].Open].Name != opener {
		return n.fail(c, "an open "+opener+"()", c.Name+"() without one")
	}
	if branch {
		n.open[last].Branch++
	} else {
		n.open = n.open[:last]
	}
	return nil
}

// Shape returns each command with its arguments and the blocks around it, without layout: files
// of equal shape mean the same to CMake.
func Shape(cmds []Command) []string {
	shapes := make([]string, len(cmds))
	for i, c := range cmds {
		var b strings.Builder
		for _, blk := range c.Blocks {
			fmt.Fprintf(&b, "%s%q#%d/", cmds[blk.Open].Name, cmds[blk.Open].Texts(), blk.Branch)
		}
		fmt.Fprintf(&b, "%s%q", c.Name, c.Texts())
		shapes[i] = b.String()
	}
	return shapes
}
