// SPDX-License-Identifier: Apache-2.0

package transplant

import (
	"fmt"
	"path"
	"regexp"
	"slices"
)

// Reason says why lines of a file may differ.
type Reason struct {
	File  string // a path, or a pattern as of path.Match
	Kind  Kind
	Lines *regexp.Regexp // pattern that each of the lines matches
	Why   string
}

// covers reports whether the reason applies to this line.
func (r *Reason) covers(d *Difference, l Line) bool {
	ofFile, err := path.Match(r.File, d.File)
	return (ofFile || err != nil && r.File == d.File) && r.Kind == d.Kind && r.Lines.MatchString(l.Text)
}

// UnexplainedError are lines without a reason.
type UnexplainedError struct {
	Provider string
	File     string
	Kind     Kind
	Lines    []Line
}

// Error names the file and the first of the lines.
func (e *UnexplainedError) Error() string {
	more := ""
	if n := len(e.Lines); n > 1 {
		more = fmt.Sprintf(" and %d more", n-1)
	}
	return fmt.Sprintf("%s: %s:%d: %s without a reason: %q%s", e.Provider, e.File, e.Lines[0].Number, e.Kind, e.Lines[0].Text, more)
}

// StaleError is a reason without a difference.
type StaleError struct {
	Provider string
	Reason   Reason
}

// Error names the reason.
func (e *StaleError) Error() string {
	return fmt.Sprintf("%s: no line of %s is %s and matches %q: the reason %q is obsolete",
		e.Provider, e.Reason.File, e.Reason.Kind, e.Reason.Lines, e.Reason.Why)
}

// Explain adds its reasons to each difference. The errors are
// *UnexplainedError for lines without one, *StaleError for reasons without a line.
func Explain(provider string, files []File, reasons []Reason) []error {
	var errs []error
	used := make([]bool, len(reasons))
	for i := range files {
		for k := range files[i].Differences {
			d := &files[i].Differences[k]
			if rest := explain(d, reasons, used); len(rest) > 0 {
				errs = append(errs, &UnexplainedError{Provider: provider, File: d.File, Kind: d.Kind, Lines: rest})
			}
		}
	}
	for i, r := range reasons {
		if !used[i] {
			errs = append(errs, &StaleError{Provider: provider, Reason: r})
		}
	}
	return errs
}

func explain(d *Difference, reasons []Reason, used []bool) (rest []Line) {
	for _, l := range d.Lines {
		i := slices.IndexFunc(reasons, func(r Reason) bool { return r.covers(d, l) })
		if i < 0 {
			rest = append(rest, l)
			continue
		}
		used[i] = true
		if !slices.Contains(d.Why, reasons[i].Why) {
			d.Why = append(d.Why, reasons[i].Why)
		}
	}
	return rest
}
