// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Stat lists the changes of a patch, in the patch's order.
type Stat struct{ Files []FileStat }

// FileStat has the changes of one file.
type FileStat struct {
	Name       string // relative, slash separated
	OldMode    string // git's mode such as "100644", or "" if the file is new
	NewMode    string // likewise, or "" if the file is deleted
	Insertions int    // lines added
	Deletions  int    // lines removed
}

// Totals returns the lines added and removed in all files.
func (s Stat) Totals() (insertions, deletions int) {
	for _, f := range s.Files {
		insertions += f.Insertions
		deletions += f.Deletions
	}
	return insertions, deletions
}

// Text renders the statistics as git format-patch does: a line per file, the
// totals, and the files that are created, deleted or change their mode.
func (s Stat) Text() string {
	var out strings.Builder
	w := s.widths()
	for _, f := range s.Files {
		w.writeLine(&out, f)
	}
	out.WriteString(s.total())
	for _, f := range s.Files {
		switch {
		case f.OldMode == "":
			fmt.Fprintf(&out, " create mode %s %s\n", f.NewMode, quoteName(f.Name))
		case f.NewMode == "":
			fmt.Fprintf(&out, " delete mode %s %s\n", f.OldMode, quoteName(f.Name))
		case f.OldMode != f.NewMode:
			fmt.Fprintf(&out, " mode change %s => %s %s\n", f.OldMode, f.NewMode, quoteName(f.Name))
		}
	}
	return out.String()
}

func (s Stat) total() string {
	insertions, deletions := s.Totals()
	text := " " + count(len(s.Files), "file") + " changed"
	if insertions > 0 || deletions == 0 {
		text += ", " + count(insertions, "insertion") + "(+)"
	}
	if deletions > 0 || insertions == 0 {
		text += ", " + count(deletions, "deletion") + "(-)"
	}
	return text + "\n"
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// statWidth is the number of columns that format-patch allows a line of statistics.
const statWidth = 72

// statWidths are the widths of the columns of a diffstat, and the largest number of lines
// changed in a file. git's diff.c (show_stats) computes them.
type statWidths struct{ name, number, graph, most int }

func (s Stat) widths() statWidths {
	var w statWidths
	for _, f := range s.Files {
		w.name = max(w.name, utf8.RuneCountInString(quoteName(f.Name)))
		w.most = max(w.most, f.Insertions+f.Deletions)
	}
	w.number = len(fmt.Sprint(w.most))
	w.graph = w.most
	if room := statWidth - w.number - 6; w.name+w.graph > room {
		w.graph = min(w.graph, max(6, statWidth*3/8-w.number-6))
		if w.name > room-w.graph {
			w.name = room - w.graph
		} else {
			w.graph = room - w.name
		}
	}
	return w
}

func (w statWidths) writeLine(out *strings.Builder, f FileStat) {
	name, cut := quoteName(f.Name), ""
	if over := len(name) - w.name; over > 0 {
		cut = "..."
		name = name[min(over+len(cut), len(name)):]
		if slash := strings.IndexByte(name, '/'); slash >= 0 {
			name = name[slash:]
		}
	}
	changed := f.Insertions + f.Deletions
	plus, minus := w.scale(f.Insertions, f.Deletions)
	line := fmt.Sprintf(" %s%-*s | %*d %s%s", cut, w.name-len(cut), name, w.number, changed,
		strings.Repeat("+", plus), strings.Repeat("-", minus))
	out.WriteString(strings.TrimRight(line, " ") + "\n")
}

// scale fits the marks of a file into the graph's width; a non-zero number keeps at least one
// mark.
func (w statWidths) scale(plus, minus int) (int, int) {
	if w.most < w.graph+1 {
		return plus, minus
	}
	linear := func(n int) int {
		if n == 0 {
			return 0
		}
		return 1 + n*(w.graph-1)/w.most
	}
	total := linear(plus + minus)
	if total < 2 && plus > 0 && minus > 0 {
		total = 2
	}
	if plus < minus {
		plus = linear(plus)
		return plus, total - plus
	}
	minus = linear(minus)
	return total - minus, minus
}
