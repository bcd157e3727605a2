// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Table prints rows under a header to Out, after a line with the title if there is one. Cells may have line breaks;
// everything else in them is made safe. If the output is not a terminal, the table is plain ASCII without colours.
func (u *UI) Table(title string, header []string, rows [][]string) {
	w := table.NewWriter()
	w.SetStyle(u.tableStyle())
	w.AppendHeader(u.row(header))
	for _, cells := range rows {
		w.AppendRow(u.row(cells))
	}
	out := w.Render() + "\n"
	if title != "" {
		out = Clean(title) + "\n" + out
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	_, _ = u.write(u.opts.Out, []byte(out))
}

func (u *UI) tableStyle() table.Style {
	style := table.StyleDefault
	if u.opts.Terminal {
		style = table.StyleRounded
	}
	style.Format.Header = text.FormatDefault
	style.Format.Footer = text.FormatDefault
	return style
}

func (u *UI) row(cells []string) table.Row {
	row := make(table.Row, len(cells))
	for i, cell := range cells {
		lines := strings.Split(strings.TrimRight(cell, "\n"), "\n")
		for j, line := range lines {
			lines[j] = Clean(line)
		}
		shown := strings.Join(lines, "\n")
		row[i] = u.paint(wordColour(shown), shown)
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
