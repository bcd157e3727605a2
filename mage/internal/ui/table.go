// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// cutNote says once per run where the whole text is.
const cutNote = ellipsis + " marks where text was cut: with COLUMNS=1000 it is shown whole"

// Table prints rows under a header to Out, after a line with the title if there is one. Cells may have line breaks;
// everything else in them is made safe. If the output is not a terminal, the table is plain ASCII without colours.
//
// No line is wider than OutWidth: cells wrap, words that are too long are cut in their middle, and where columns would
// get too narrow for that, each row is a block of lines in which nothing is cut.
func (u *UI) Table(title string, header []string, rows [][]string) {
	g := newGrid(header, rows)
	u.mu.Lock()
	defer u.mu.Unlock()
	width := u.outWidth()
	out := u.tame(titleLines(title, width))
	shown, widths, fits := g.fit(width)
	if fits {
		out += u.render(shown, widths)
	} else {
		out += u.tame(g.blocks(width, u.paintOut))
	}
	if shown.cut && !u.cutTold {
		u.cutTold = true
		out += u.tame(wrap(cutNote, width, split))
	}
	_, _ = u.write(u.opts.Out, []byte(out))
}

// titleLines is a title as lines, none if there is none.
func titleLines(title string, width int) []string {
	switch title = Clean(title); {
	case title == "":
		return nil
	case width == 0:
		return []string{title}
	default:
		return wrap(title, width, split)
	}
}

// render draws a table. Its cells are safe, and fit into the columns' widths.
func (u *UI) render(g grid, widths []int) string {
	w := table.NewWriter()
	w.SetStyle(u.tableStyle())
	configs := make([]table.ColumnConfig, len(widths))
	for i, width := range widths {
		configs[i] = table.ColumnConfig{Number: i + 1, WidthMin: width}
	}
	w.SetColumnConfigs(configs)
	w.AppendHeader(u.row(g.header))
	for _, cells := range g.rows {
		w.AppendRow(u.row(cells))
	}
	return w.Render() + "\n"
}

func (u *UI) tableStyle() table.Style {
	style := table.StyleDefault
	if u.opts.OutTerminal {
		style = table.StyleRounded
	}
	style.Format.Header = text.FormatDefault
	style.Format.Footer = text.FormatDefault
	return style
}

func (u *UI) row(cells []string) table.Row {
	row := make(table.Row, len(cells))
	for i, cell := range cells {
		row[i] = u.paintOut(wordColour(cell), cell)
	}
	return row
}

// StageTimes are the stages that have ended so far, in the order in which they ended.
func (u *UI) StageTimes() []StageTime {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]StageTime(nil), u.finished...)
}

// Summary prints a table of stages with their times, and their sum.
func (u *UI) Summary(stages []StageTime) {
	var sum time.Duration
	rows := make([][]string, 0, len(stages)+1)
	for _, s := range stages {
		sum += s.Time
		rows = append(rows, []string{s.Name, string(s.State), s.Note, Took(s.Time)})
	}
	rows = append(rows, []string{fmt.Sprintf("%d stages", len(stages)), "", "", Took(sum)})
	u.Table("", []string{"stage", "result", "note", "time"}, rows)
}
