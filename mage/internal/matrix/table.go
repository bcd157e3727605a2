// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/report"
)

// Results are the cells of a matrix, in its order.
type Results []Result

// summary is the file of a matrix.
type summary struct {
	Cells Results `json:"cells"`
}

// JSON is the matrix as a file: the same bytes wherever and whenever the cells ran, and as long as the verdicts and the packages are.
func (rs Results) JSON() ([]byte, error) {
	bare := slices.Clone(rs)
	for i := range bare {
		bare[i].Key = "" // of the machine's own program
	}
	return encode(summary{bare})
}

// ReadResults reads what JSON has written; file names it in messages.
func ReadResults(file string, data []byte) (Results, error) {
	var s summary
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("%s: want the results of a matrix: %w", file, err)
	}
	for _, r := range s.Cells {
		if err := r.check(file); err != nil {
			return nil, err
		}
	}
	return s.Cells, nil
}

// Header is that of the table.
func Header() []string {
	return []string{"release", "target", "processor", "provider", "packages", "depth", "verdict", "cause"}
}

// Rows are those of the table.
func (rs Results) Rows() [][]string {
	rows := make([][]string, 0, len(rs))
	for _, r := range rs {
		rows = append(rows, []string{
			r.Release, r.Target(), string(r.Processor), r.Provider, r.Packages, string(r.Depth), string(r.state()), r.Cause,
		})
	}
	return rows
}

// Count is how many cells have a verdict.
func (rs Results) Count(v Verdict) int {
	n := 0
	for _, r := range rs {
		if r.Verdict == v {
			n++
		}
	}
	return n
}

// Sum is the table in a sentence.
func (rs Results) Sum() string {
	parts := []string{fmt.Sprintf("%d pass", rs.Count(Pass))}
	for _, v := range []Verdict{Fail, Lost, NotRun} {
		word := map[Verdict]string{Fail: "failed", Lost: "lost", NotRun: "not run"}[v]
		if n := rs.Count(v); n > 0 || v == Fail {
			parts = append(parts, fmt.Sprintf("%d %s", n, word))
		}
	}
	cells := "cells"
	if len(rs) == 1 {
		cells = "cell"
	}
	return fmt.Sprintf("%d %s: %s", len(rs), cells, strings.Join(parts, ", "))
}

// Suite is the matrix as test cases.
func (rs Results) Suite(times map[string]time.Duration) report.Suite {
	s := report.Suite{Name: "matrix"}
	for _, r := range rs {
		s.Results = append(s.Results, report.Result{
			Name: r.Cell, Title: r.Cell + " (" + string(r.Depth) + ")", State: r.state(), Evidence: r.Cause, Elapsed: times[r.Cell],
		})
	}
	return s
}

// Error says that cells did not pass.
type Error struct{ Results Results }

// Error lists the first few.
func (e *Error) Error() string {
	const few = 10
	text, n := e.Results.Sum(), 0
	for _, r := range e.Results {
		if r.Verdict != Fail && r.Verdict != Lost {
			continue
		}
		if n++; n > few {
			return text + "\n…"
		}
		text += fmt.Sprintf("\n%s %s: %s", r.Cell, r.Verdict, r.Cause)
	}
	return text
}

// Err is nil if every cell passed, otherwise *Error.
func (rs Results) Err() error {
	if rs.Count(Pass) == len(rs) {
		return nil
	}
	return &Error{rs}
}

var errNoResults = errors.New("no results of a matrix")

// Merge makes one matrix of several parts, in the order of the first that has a cell. A verdict goes over none, and pass and fail go over
// lost, which says nothing of the cell.
//
// Errors: *ConflictError for a cell that two parts judge differently.
func Merge(parts ...Results) (Results, error) {
	var out Results
	at := map[string]int{}
	var errs []error
	for _, part := range parts {
		for _, r := range part {
			i, there := at[r.Cell]
			switch {
			case !there:
				at[r.Cell] = len(out)
				out = append(out, r)
			case rank(r.Verdict) > rank(out[i].Verdict):
				out[i] = r
			case rank(r.Verdict) == rank(out[i].Verdict) && rank(r.Verdict) == rank(Pass) && !same(r, out[i]):
				errs = append(errs, &ConflictError{First: out[i], Second: r})
			}
		}
	}
	if len(out) == 0 {
		errs = append(errs, errNoResults)
	}
	return out, errors.Join(errs...)
}

// rank orders verdicts by how much they say.
func rank(v Verdict) int {
	switch v {
	case Pass, Fail:
		return 2
	case Lost:
		return 1
	case NotRun:
	}
	return 0
}

// same says whether two results say the same of a cell.
func same(a, b Result) bool {
	if a.Verdict != b.Verdict || a.Depth != b.Depth || len(a.Made) != len(b.Made) {
		return false
	}
	for i := range a.Made {
		if a.Made[i] != b.Made[i] {
			return false
		}
	}
	return true
}

// ConflictError is two results of one cell that differ.
type ConflictError struct{ First, Second Result }

// Error says in what they differ.
func (e *ConflictError) Error() string {
	a, b := e.First, e.Second
	what := fmt.Sprintf("%s at depth %s and %s at depth %s", a.Verdict, a.Depth, b.Verdict, b.Depth)
	if a.Verdict == b.Verdict && a.Depth == b.Depth {
		what = "the packages have other bytes"
	}
	return fmt.Sprintf("%s was judged twice, and not the same: %s", a.Cell, what)
}
