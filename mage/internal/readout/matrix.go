// SPDX-License-Identifier: Apache-2.0

package readout

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/matrix"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/page"
)

// MatrixFile has the results of a matrix, in the directory MatrixFolder.
const (
	MatrixFolder = "matrix"
	MatrixFile   = "matrix.json"
)

// cells is a directory with the results of a matrix.
func cells(dir string) (page.Part, error) {
	file := filepath.Join(dir, MatrixFile)
	data, err := owned.ReadFile(file, matrix.MostResults)
	if err != nil {
		return page.Part{}, fmt.Errorf("read the results of a directory: %w", err)
	}
	results, err := matrix.ReadResults(file, data)
	if err != nil {
		return page.Part{}, err
	}
	p := page.Part{Name: "matrix", State: page.Pass}
	p.Releases, p.Notes = grid(results)
	p.Verdict = capital(results.Sum()) + "."
	p.Failures = failures(results)
	if len(p.Failures) > 0 {
		p.State = page.Fail
	}
	const most = 20
	if n := len(p.Failures); n > most {
		p.Failures = p.Failures[:most]
		p.Notes = append(p.Notes, fmt.Sprintf("%d more causes are in %s.", n-most, MatrixFile))
	}
	if p.State == page.Pass && results.Count(matrix.NotRun) > 0 {
		p.State = page.Untested
	}
	return p, nil
}

// failures are those of the cells, one for each cause: what is wrong in a provider is so in many cells.
func failures(results matrix.Results) []page.Failure {
	const most = 8 // cells that are named
	type cause struct {
		verdict matrix.Verdict
		text    string
	}
	var order []cause
	cells := map[cause][]matrix.Result{}
	for _, v := range []matrix.Verdict{matrix.Fail, matrix.Lost} {
		for _, r := range results {
			if r.Verdict != v {
				continue
			}
			of := cause{v, r.Cause}
			if cells[of] == nil {
				order = append(order, of)
			}
			cells[of] = append(cells[of], r)
		}
	}
	all := make([]page.Failure, 0, len(order))
	for _, of := range order {
		these := cells[of]
		f := page.Failure{Cause: "The cell fails", Says: []string{of.text}, Log: path.Join("cells", these[0].Cell, "log.txt")}
		if of.verdict == matrix.Lost {
			f.Cause = "The machine failed, not the cell"
		}
		if n := len(these); n > 1 {
			f.Cause += fmt.Sprintf(" (%d cells)", n)
		}
		for _, r := range these[:min(most, len(these))] {
			f.Says = append(f.Says, r.Cell+" ("+string(r.Depth)+")")
		}
		if n := len(these) - most; n > 0 {
			f.Says = append(f.Says, fmt.Sprintf("and %d more", n))
		}
		all = append(all, f)
	}
	return all
}

// A page has room for that many cells, of which a row's name takes some, and for the causes of so many.
const (
	mostCells  = 2000
	nameCells  = 4
	mostCauses = 100
)

// grid is the cells by what they are for, and what of them is not shown.
func grid(results matrix.Results) (out page.Releases, notes []string) {
	out = page.Releases{Title: "matrix", File: MatrixFile, Of: "target, processor, provider and packages"}
	places := map[string]int{}
	causes := 0
	for _, r := range results {
		name := fmt.Sprintf("%s %s %s %s", r.Target(), r.Processor, r.Provider, r.Packages)
		i, known := places[name]
		if !known {
			i = len(out.Rows)
			places[name], out.Rows = i, append(out.Rows, page.ABI{Name: name})
		}
		cell := page.Cell{Name: "v" + r.Release, State: page.Pass}
		switch r.Verdict {
		case matrix.Pass:
		case matrix.Fail, matrix.Lost:
			cell.State, cell.Why = page.Fail, string(r.Verdict)
			if causes++; causes <= mostCauses {
				cell.Why = fmt.Sprintf("%s: %s: %s", name, r.Verdict, r.Cause)
			}
		case matrix.NotRun:
			cell.State = page.Skipped
		}
		out.Rows[i].Cells = append(out.Rows[i].Cells, cell)
	}
	if len(results) > mostCells {
		notes = append(notes, fmt.Sprintf("A square stands for all releases with one first number: %s has each cell.", MatrixFile))
		for i := range out.Rows {
			out.Rows[i].Cells = bySeries(out.Rows[i].Cells)
		}
	}
	if hidden := keepWorst(&out); hidden > 0 {
		notes = append(notes, fmt.Sprintf("%d rows are not shown; those with failures are, as far as there is room.", hidden))
	}
	return out, notes
}

// bySeries is one cell for the releases with one first number, as bad as the worst of them.
func bySeries(cells []page.Cell) []page.Cell {
	worse := []page.State{page.Pass, page.Skipped, page.Fail}
	var all []page.Cell
	counts := map[string][2]int{} // cells, and those that did not pass
	for _, c := range cells {
		name, _, _ := strings.Cut(c.Name, ".")
		n := counts[name]
		n[0]++
		if c.State != page.Pass {
			n[1]++
		}
		counts[name] = n
		if len(all) == 0 || all[len(all)-1].Name != name {
			all = append(all, page.Cell{Name: name, State: c.State})
		}
		last := &all[len(all)-1]
		if slices.Index(worse, c.State) > slices.Index(worse, last.State) {
			last.State = c.State
		}
	}
	for i := range all {
		if n := counts[all[i].Name]; n[1] > 0 {
			all[i].Why = fmt.Sprintf("%d of %d cells did not pass", n[1], n[0])
		}
	}
	return all
}

// keepWorst keeps as many rows as there is room for, those with failures first, and says how many it left out.
func keepWorst(grid *page.Releases) (hidden int) {
	failed := func(a page.ABI) bool {
		return slices.ContainsFunc(a.Cells, func(c page.Cell) bool { return c.State == page.Fail })
	}
	room := mostCells
	kept := make([]bool, len(grid.Rows))
	for _, wanted := range []bool{true, false} {
		for i, row := range grid.Rows {
			if cost := len(row.Cells) + nameCells; failed(row) == wanted && cost <= room {
				kept[i], room = true, room-cost
			}
		}
	}
	var rows []page.ABI
	for i, row := range grid.Rows {
		if kept[i] {
			rows = append(rows, row)
		}
	}
	hidden = len(grid.Rows) - len(rows)
	grid.Rows = rows
	return hidden
}
