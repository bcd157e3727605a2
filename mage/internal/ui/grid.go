// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"slices"
	"strings"
)

// grid is the text of a table, made safe. Only \n breaks a line in a cell.
type grid struct {
	header []string
	rows   [][]string
	cut    bool // something was cut to fit
}

// The limits of a table that is narrower than its text.
const (
	leastColumn = 16 // columns of a cell that wraps; with less, rows are blocks
	mostLines   = 8  // of a cell; of a longer one the middle is cut
)

func newGrid(header []string, rows [][]string) grid {
	g := grid{header: safeCells(header), rows: make([][]string, len(rows))}
	for i, row := range rows {
		g.rows[i] = safeCells(row)
	}
	return g
}

func safeCells(cells []string) []string {
	safe := make([]string, len(cells))
	for i, cell := range cells {
		lines := strings.Split(strings.TrimRight(cell, "\n"), "\n")
		for j, line := range lines {
			lines[j] = Clean(line)
		}
		safe[i] = strings.Join(lines, "\n")
	}
	return safe
}

// fit is the grid as a table of at most width columns, 0 for any number, with the least widths of its columns. It is not
// ok if there is no such table that can be read.
func (g grid) fit(width int) (shown grid, widths []int, ok bool) {
	lines := func(text string) []string { return strings.Split(text, "\n") }
	widths = g.needs(lines, lines)
	room := width - tableBorders(len(widths))
	if width == 0 || sum(widths) <= room {
		return g, nil, true
	}
	widths = g.needs(strings.Fields, lines)
	if widths, ok = spread(widths, g.needs(strings.Fields, strings.Fields), room); !ok {
		return g, nil, false
	}
	return g.wrapped(widths), widths, true
}

// tableBorders is what a table takes beside its text: a bar and two blanks for each column, and one more bar.
func tableBorders(n int) int { return len("|  ")*n + len("|") }

// needs is how wide the columns have to be for the parts of the header's cells and of the others.
func (g grid) needs(head, body func(text string) []string) []int {
	var widths []int
	take := func(i int, parts []string) {
		if i == len(widths) {
			widths = append(widths, 0)
		}
		widths[i] = max(widths[i], longest(parts))
	}
	for i, cell := range g.header {
		take(i, head(cell))
	}
	for _, row := range g.rows {
		for i, cell := range row {
			take(i, body(cell))
		}
	}
	return widths
}

// longest is the width of the widest text.
func longest(texts []string) int {
	most := 0
	for _, s := range texts {
		most = max(most, columns(s))
	}
	return most
}

func sum(widths []int) int {
	total := 0
	for _, w := range widths {
		total += w
	}
	return total
}

// spread divides room among columns, of which none gets more than its lines take. What is left of room when each has what
// it needs goes to the narrowest. It is not ok if there is not enough for that.
func spread(lines, words []int, room int) (widths []int, ok bool) {
	if widths, ok = leastWidths(lines, words, room); !ok {
		return nil, false
	}
	for left := room - sum(widths); left > 0; left-- {
		narrowest := -1
		for i := range widths {
			if widths[i] < lines[i] && (narrowest < 0 || widths[i] < widths[narrowest]) {
				narrowest = i
			}
		}
		if narrowest < 0 {
			break
		}
		widths[narrowest]++
	}
	return widths, true
}

// leastWidths are what columns need to be read. None gets less than its longest word as long as there is room for that:
// else the longest words are cut, but not those of the first column, which tell the rows apart.
func leastWidths(lines, words []int, room int) (least []int, ok bool) {
	least = make([]int, len(lines))
	for i := range lines {
		least[i] = min(lines[i], max(words[i], leastColumn))
	}
	for sum(least) > room {
		worst := 0
		for i := 1; i < len(least); i++ {
			if least[i] > leastColumn && (worst == 0 || least[i] > least[worst]) {
				worst = i
			}
		}
		if worst == 0 {
			return nil, false
		}
		least[worst] = leastColumn
	}
	return least, true
}

// wrapped is the grid with cells that fit into columns of these widths.
func (g grid) wrapped(widths []int) grid {
	out := grid{rows: make([][]string, len(g.rows))}
	shorten := func(word string, width int) []string {
		out.cut = true
		return []string{cutMiddle(word, width)}
	}
	cells := func(row []string) []string {
		fitting := make([]string, len(row))
		for i, cell := range row {
			var lines []string
			for line := range strings.SplitSeq(cell, "\n") {
				if columns(line) > widths[i] {
					lines = append(lines, wrap(line, widths[i], shorten)...)
				} else {
					lines = append(lines, line)
				}
			}
			if len(lines) > mostLines {
				out.cut = true
				lines = slices.Concat(lines[:mostLines/2], []string{ellipsis}, lines[len(lines)-mostLines/2+1:])
			}
			fitting[i] = strings.Join(lines, "\n")
		}
		return fitting
	}
	out.header = cells(g.header)
	for i, row := range g.rows {
		out.rows[i] = cells(row)
	}
	return out
}
