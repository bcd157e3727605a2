// SPDX-License-Identifier: Apache-2.0

package readout

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"

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
	p := page.Part{Name: "matrix", Releases: grid(results), State: page.Pass}
	p.Verdict = capital(results.Sum()) + "."
	for _, v := range []matrix.Verdict{matrix.Fail, matrix.Lost} {
		for _, r := range results {
			if r.Verdict != v {
				continue
			}
			cause := "The cell fails"
			if v == matrix.Lost {
				cause = "The machine failed, not the cell"
			}
			p.State = page.Fail
			p.Failures = append(p.Failures, page.Failure{
				Cause: cause, Says: []string{r.Cell + " (" + string(r.Depth) + "): " + r.Cause}, Log: path.Join("cells", r.Cell, "log.txt"),
			})
		}
	}
	const most = 20
	if n := len(p.Failures); n > most {
		p.Failures = p.Failures[:most]
		p.Notes = append(p.Notes, fmt.Sprintf("%d more cells did not pass: %s has all.", n-most, MatrixFile))
	}
	if p.State == page.Pass && results.Count(matrix.NotRun) > 0 {
		p.State = page.Untested
	}
	return p, nil
}

// grid is the cells by what they are for.
func grid(results matrix.Results) page.Releases {
	out := page.Releases{Title: "matrix", File: MatrixFile, Of: "target, processor, provider and packages"}
	for _, r := range results {
		name := fmt.Sprintf("%s %s %s %s", r.Target(), r.Processor, r.Provider, r.Packages)
		i := slices.IndexFunc(out.Rows, func(a page.ABI) bool { return a.Name == name })
		if i < 0 {
			i = len(out.Rows)
			out.Rows = append(out.Rows, page.ABI{Name: name})
		}
		cell := page.Cell{Name: "v" + r.Release, State: page.Pass, Why: r.Cause}
		switch r.Verdict {
		case matrix.Pass:
		case matrix.Fail, matrix.Lost:
			cell.State = page.Fail
			cell.Why = fmt.Sprintf("%s: %s: %s", name, r.Verdict, r.Cause)
		case matrix.NotRun:
			cell.State = page.Skipped
		}
		out.Rows[i].Cells = append(out.Rows[i].Cells, cell)
	}
	return out
}
