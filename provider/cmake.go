// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"slices"
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

// The commands that open blocks, and those with which one changes its branch.
const (
	cmakeIf       = "if"
	cmakeElse     = "else"
	cmakeElseIf   = "elseif"
	cmakeForEach  = "foreach"
	cmakeWhile    = "while"
	cmakeFunction = "function"
	cmakeMacro    = "macro"
	cmakeBlockOf  = "block"
)

// cmakeCloser names the command that closes the block which name opens, "" where
// it opens none.
func cmakeCloser(name string) string {
	switch name {
	case cmakeIf, cmakeForEach, cmakeWhile, cmakeFunction, cmakeMacro, cmakeBlockOf:
		return "end" + name
	}
	return ""
}

// cmakeOpener names the command whose block name closes, "" where it closes none.
func cmakeOpener(name string) string {
	if opener, ok := strings.CutPrefix(name, "end"); ok && cmakeCloser(opener) != "" {
		return opener
	}
	return ""
}

// isCMakeKeyword says whether CMake has a command of that name that decides what is run.
func isCMakeKeyword(name string) bool {
	switch name {
	case "return", "break", "continue", cmakeElse, cmakeElseIf:
		return true
	}
	return cmakeCloser(name) != "" || cmakeOpener(name) != ""
}

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

// cmakeNest is the blocks that are open at a place.
type cmakeNest struct {
	file string
	cmds []cmakeCommand
	open []cmakeBlock
}

// nestCMake fills in Blocks.
func nestCMake(file string, cmds []cmakeCommand) error {
	n := &cmakeNest{file: file, cmds: cmds}
	for i := range cmds {
		if err := n.leave(&cmds[i]); err != nil {
			return err
		}
		cmds[i].Blocks = slices.Clone(n.open)
		if cmakeCloser(cmds[i].Name) == "" {
			continue
		}
		if len(n.open) == maxCMakeDepth {
			return n.fail(&cmds[i], fmt.Sprintf("at most %d blocks in each other", maxCMakeDepth), "more")
		}
		n.open = append(n.open, cmakeBlock{Open: i})
	}
	if len(n.open) > 0 {
		c := &cmds[n.open[len(n.open)-1].Open]
		return n.fail(c, cmakeCloser(c.Name)+"() for this "+c.Name+"()", "the end of the file")
	}
	return nil
}

func (n *cmakeNest) fail(c *cmakeCommand, lookedFor, found string) error {
	return &PlaceError{File: n.file, Line: c.Line, LookedFor: lookedFor, Found: found}
}

// leave ends the block or the branch that the command ends.
func (n *cmakeNest) leave(c *cmakeCommand) error {
	opener, branch := cmakeOpener(c.Name), c.Name == cmakeElse || c.Name == cmakeElseIf
	if branch {
		opener = cmakeIf
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
