// SPDX-License-Identifier: Apache-2.0

package ui

import "strings"

// painter colours a text if colours are wanted.
type painter func(colour, string) string

// The indents of a block: of what is below its first line, and of what continues there.
const (
	blockIndent = "  "
	blockMore   = "    "
)

// blocks shows each row below its first cell, as "header: cell" for each cell that is not empty. Short ones share a line.
func (g grid) blocks(width int, paint painter) []string {
	var lines []string
	for _, row := range g.rows {
		b := rowBlock{width: width}
		for i, cell := range row {
			switch {
			case i == 0:
				b.lines = append(b.lines, wrapLines(cell, width)...)
			case cell == "":
			case i < len(g.header) && g.header[i] != "":
				b.add(g.header[i]+": ", cell, paint)
			default:
				b.add("", cell, paint)
			}
		}
		b.flush()
		lines = append(lines, b.lines...)
	}
	return lines
}

// rowBlock is the lines of a row.
type rowBlock struct {
	width int
	lines []string
	open  string // a line that has room for more
	used  int
}

// add puts a text on the open line if it fits there, else on lines of its own.
func (b *rowBlock) add(name, cell string, paint painter) {
	n := columns(name) + columns(cell)
	switch {
	case strings.Contains(cell, "\n") || len(blockIndent)+n > b.width:
		b.flush()
		for i, line := range wrapLines(name+cell, b.width-len(blockMore)) {
			indent := blockMore
			if i == 0 {
				indent = blockIndent
			}
			b.lines = append(b.lines, indent+line)
		}
		return
	case b.used+len(blockIndent)+n > b.width:
		b.flush()
	}
	b.open += blockIndent + name + paint(wordColour(cell), cell)
	b.used += len(blockIndent) + n
}

func (b *rowBlock) flush() {
	if b.used > 0 {
		b.lines = append(b.lines, b.open)
	}
	b.open, b.used = "", 0
}

// wrapLines wraps each line of a text; nothing is cut.
func wrapLines(text string, width int) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, wrap(line, width, split)...)
	}
	return lines
}
