// SPDX-License-Identifier: Apache-2.0

package ui

import "strings"

// Field is a line of a list: a name, and a text that may have line breaks.
type Field struct{ Name, Text string }

// longestName is how much room the names of a list get. What is longer has its text on the next line.
const longestName = 24

// List prints fields below a title to Out, as names and texts beside each other. Everything in them is made safe, and
// wraps to OutWidth; nothing is cut.
func (u *UI) List(title string, fields []Field) {
	u.mu.Lock()
	defer u.mu.Unlock()
	width := u.outWidth()
	lines := titleLines(title, width)
	names := 0
	for _, f := range fields {
		if n := columns(Clean(f.Name)); n <= longestName {
			names = max(names, n)
		}
	}
	for _, f := range fields {
		lines = append(lines, f.lines(names, width)...)
	}
	_, _ = u.write(u.opts.Out, []byte(u.tame(lines)))
}

// lines is a field beside a column of names; width 0 is any.
func (f Field) lines(names, width int) []string {
	const leastText = 20 // columns; with less, texts are below the names
	indent := blockIndent + strings.Repeat(" ", names) + blockIndent
	beside := width == 0 || width-len(indent) >= leastText
	if !beside {
		indent = blockMore
	}
	text := safeCells([]string{f.Text})[0]
	lines := strings.Split(text, "\n")
	if width > 0 {
		lines = wrapLines(text, width-len(indent))
	}
	for i, line := range lines {
		lines[i] = strings.TrimRight(indent+line, " ")
	}
	name := Clean(f.Name)
	if n := columns(name); beside && n <= names {
		lines[0] = strings.TrimRight(blockIndent+name+lines[0][min(len(blockIndent)+n, len(lines[0])):], " ")
		return lines
	}
	head := []string{name}
	if width > 0 {
		head = wrap(name, width-len(blockIndent), split)
	}
	for i, line := range head {
		head[i] = blockIndent + line
	}
	return append(head, lines...)
}
