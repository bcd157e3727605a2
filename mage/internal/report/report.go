// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"
	"time"
)

// State is how a check ended, as tables show it.
type State string

// The states of a result.
const (
	Pass        State = "pass"
	Fail        State = "FAIL"
	NotTried    State = "-"
	Skipped     State = "skipped"
	Unsupported State = "not supported"
	Unavailable State = "unavailable" // this machine cannot tell; the evidence says why
	Lost        State = "lost"        // the machine failed before there was an answer
)

// Result is the answer to one question. The zero value of State is not a state: a result
// gets one when it is known.
type Result struct {
	Name     string // as programs know it
	Title    string // as a person reads it
	State    State
	Evidence string // one line: what was seen, or what is wrong
	Output   string // what was printed, or the end of it
	Log      string // the file that has all of it, or ""
	Elapsed  time.Duration
	Facts    []Fact // what else is known
}

// Fact is a further answer that belongs to a result, as how a device that it is compared with did.
type Fact struct{ Name, Value string }

// Fact is the value of a further answer, "" if there is none.
func (r Result) Fact(name string) string {
	for _, f := range r.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// Passed says that the result is a pass.
func (r Result) Passed() bool { return r.State == Pass }

// StateOf is Pass or Fail.
func StateOf(pass bool) State {
	if pass {
		return Pass
	}
	return Fail
}

// Suite is results that belong together.
type Suite struct {
	Name    string
	Results []Result
	Started time.Time

	// Diagnosis is what diagnose says of a device that was not found; "" if it was not asked.
	Diagnosis string
}

// Rows are the results as the rows of a table: title, state, evidence.
func (s Suite) Rows() [][]string {
	rows := make([][]string, 0, len(s.Results))
	for _, r := range s.Results {
		rows = append(rows, []string{r.Title, string(r.State), r.Evidence})
	}
	return rows
}

// Failed lists the results that did not pass, in their order.
func (s Suite) Failed() []Result {
	var out []Result
	for _, r := range s.Results {
		if !r.Passed() {
			out = append(out, r)
		}
	}
	return out
}

// Err is nil if every result passed, else a *FailedError.
func (s Suite) Err() error {
	if failed := s.Failed(); len(failed) > 0 {
		return &FailedError{Failed: failed}
	}
	return nil
}

// FailedError says which results did not pass.
type FailedError struct{ Failed []Result }

// Error implements error.
func (e *FailedError) Error() string {
	lines := make([]string, 0, len(e.Failed))
	for _, r := range e.Failed {
		lines = append(lines, fmt.Sprintf("%s: %s", r.Title, r.Evidence))
	}
	return fmt.Sprintf("%d failed: %s", len(e.Failed), strings.Join(lines, "; "))
}
