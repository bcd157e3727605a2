// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/specs"
)

// Verdict is how a cell ended.
type Verdict string

// The verdicts. A cell without one was not run.
const (
	Pass   Verdict = "pass"
	Fail   Verdict = "fail" // its own fault
	Lost   Verdict = "lost" // the machine's fault
	NotRun Verdict = "not run"
)

// Result is one cell with its verdict. It has nothing of where and when the cell ran, so it is the same wherever that was.
type Result struct {
	Cell      string          `json:"cell"`
	Release   string          `json:"release"`
	Distro    string          `json:"distro,omitempty"`
	Suite     string          `json:"suite,omitempty"`
	Processor specs.Processor `json:"processor"`
	Provider  string          `json:"provider"`
	Packages  string          `json:"packages"`
	Depth     specs.Depth     `json:"depth"`
	Verdict   Verdict         `json:"verdict"`
	Cause     string          `json:"cause,omitempty"` // one line, of a cell that did not pass
	Made      []File          `json:"made,omitempty"`  // the packages

	// Key is the digest of what the verdict is about: the cell, the provider's content, the source and verbsmith itself.
	Key string `json:"key,omitempty"`
}

// File is a package that a cell has made.
type File struct {
	Path   string `json:"path"` // below the directory of outputs
	SHA256 string `json:"sha256"`
}

// Of is a cell's result without a verdict.
func Of(c Cell) Result {
	return Result{
		Cell: c.ID(), Release: c.Release, Distro: c.Distro, Suite: c.Suite, Processor: c.Processor, Provider: c.Name,
		Packages: c.Packages, Depth: c.Depth, Verdict: NotRun,
	}
}

// Target is the distro or the suite.
func (r Result) Target() string { return r.Distro + r.Suite }

// With is the result with a verdict and its cause, of which the first line is kept.
func (r Result) With(v Verdict, cause string) Result {
	const most = 400
	cause, _, _ = strings.Cut(strings.TrimSpace(cause), "\n")
	if runes := []rune(cause); len(runes) > most {
		cause = string(runes[:most]) + "…"
	}
	r.Verdict, r.Cause = v, cause
	return r
}

// state is the verdict in the words of reports.
func (r Result) state() report.State {
	switch r.Verdict {
	case Pass:
		return report.Pass
	case Fail:
		return report.Fail
	case Lost:
		return report.Lost
	case NotRun:
	}
	return report.NotTried
}

// MostResult bounds the file of one result, MostResults that of a matrix, in bytes.
const (
	MostResult  = 1 << 20
	MostResults = 64 << 20
)

// JSON is the result as a file.
func (r Result) JSON() ([]byte, error) { return encode(r) }

// ReadResult reads what JSON has written; file names it in messages.
func ReadResult(file string, data []byte) (Result, error) {
	var r Result
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("%s: want the result of a cell: %w", file, err)
	}
	return r, r.check(file)
}

// ResultError says what is wrong with a file of results.
type ResultError struct{ File, Want, Got string }

// Error names the file.
func (e *ResultError) Error() string {
	return fmt.Sprintf("%s: want %s, got %q", e.File, e.Want, e.Got)
}

// check looks at what a program relies on.
func (r Result) check(file string) error {
	switch r.Verdict {
	case Pass, Fail, Lost, NotRun:
	default:
		return &ResultError{file, "a verdict: pass, fail, lost or not run", string(r.Verdict)}
	}
	own := Of(Cell{
		MatrixCell: specs.MatrixCell{
			Release: r.Release, Distro: r.Distro, Suite: r.Suite, Processor: r.Processor, Packages: r.Packages,
		},
		Name: r.Provider,
	})
	if r.Cell == "" || r.Cell != own.Cell {
		return &ResultError{file, "the cell " + own.Cell, r.Cell}
	}
	return nil
}

func encode(v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the results of a matrix: %w", err)
	}
	return append(data, '\n'), nil
}
