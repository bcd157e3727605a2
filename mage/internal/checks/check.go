// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"context"
	"fmt"
	"strings"
)

// Status is how a check ended.
type Status string

// The ends of a check.
const (
	Pass        Status = "pass"
	Fail        Status = "fail"
	Unavailable Status = "unavailable" // this machine cannot tell; Evidence says why
)

// Result is the result of a check.
type Result struct {
	Name     string
	Status   Status
	Evidence string // one line: how much was looked at, or what is wrong
	Output   string // what the tool said, "" where there is no more to say than the evidence
}

// Check is one named check.
type Check struct {
	Name string
	run  func(ctx context.Context) Result
}

// Run runs the check. A check that was interrupted has failed.
func (c Check) Run(ctx context.Context) Result {
	r := c.run(ctx)
	if err := ctx.Err(); err != nil {
		r = Result{Status: Fail, Evidence: "interrupted: " + err.Error()}
	}
	r.Name = c.Name
	return r
}

// FailedError is the error of Run: which checks failed.
type FailedError struct {
	Failed []string // their names, in the order in which they ran
	Of     int      // how many ran
}

func (e *FailedError) Error() string {
	return fmt.Sprintf("%d of %d checks failed: %s", len(e.Failed), e.Of, strings.Join(e.Failed, ", "))
}

// Advice says what to try.
func (e *FailedError) Advice() string {
	return "`go tool mage check` runs them all; `golangci-lint fmt` and `go mod tidy` fix formats and go.mod"
}

// Run runs the checks in order, all of them whatever the others say, and hands each result to report. The error is a
// *FailedError if any failed, the context's if the run was interrupted. Unavailable checks are not an error: report sees
// them.
func Run(ctx context.Context, checks []Check, report func(Result)) error {
	failed := &FailedError{Of: len(checks)}
	for _, c := range checks {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("checks interrupted before %s: %w", c.Name, err)
		}
		r := c.Run(ctx)
		report(r)
		if r.Status == Fail {
			failed.Failed = append(failed.Failed, c.Name)
		}
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("checks interrupted: %w", err)
	}
	if len(failed.Failed) > 0 {
		return failed
	}
	return nil
}

func passed(format string, args ...any) Result {
	return Result{Status: Pass, Evidence: fmt.Sprintf(format, args...)}
}

func failed(output, format string, args ...any) Result {
	return Result{Status: Fail, Evidence: fmt.Sprintf(format, args...), Output: output}
}

// unable is the result of a check that could not be carried out.
func unable(err error) Result { return failed("", "%v", err) }

// places is the result of a check that looks for bad places and knows how many it looked at.
func places(bad []string, looked int, what string) Result {
	switch {
	case looked == 0:
		return failed("", "no %s found to check", what)
	case len(bad) > 0:
		return failed(strings.Join(bad, "\n"), "%d of %d: %s", len(bad), looked, bad[0])
	default:
		return passed("%d %s", looked, what)
	}
}
