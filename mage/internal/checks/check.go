// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"context"
	"fmt"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/report"
)

// Check is one named check.
type Check struct {
	Name string
	run  func(ctx context.Context) report.Result
}

// Run runs the check. A check that was interrupted has failed.
func (c Check) Run(ctx context.Context) report.Result {
	r := c.run(ctx)
	if err := ctx.Err(); err != nil {
		r = report.Result{State: report.Fail, Evidence: "interrupted: " + err.Error()}
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

// Run runs all checks in order, even after failures, and passes each result to show. The error is a
// *FailedError if any failed, the context's if the run was interrupted. Unavailable checks are not an error: show sees
// them.
func Run(ctx context.Context, checks []Check, show func(report.Result)) error {
	failed := &FailedError{Of: len(checks)}
	for _, c := range checks {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("checks interrupted before %s: %w", c.Name, err)
		}
		r := c.Run(ctx)
		show(r)
		if r.State == report.Fail {
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

func passed(format string, args ...any) report.Result {
	return report.Result{State: report.Pass, Evidence: fmt.Sprintf(format, args...)}
}

func failed(output, format string, args ...any) report.Result {
	return report.Result{State: report.Fail, Evidence: fmt.Sprintf(format, args...), Output: output}
}

// unable is the result of a check that could not be carried out.
func unable(err error) report.Result { return failed("", "%v", err) }

// places is the result of a check that found bad places among a number of checked ones.
func places(bad []string, looked int, what string) report.Result {
	switch {
	case looked == 0:
		return failed("", "no %s found to check", what)
	case len(bad) > 0:
		return failed(strings.Join(bad, "\n"), "%d of %d: %s", len(bad), looked, bad[0])
	default:
		return passed("%d %s", looked, what)
	}
}
