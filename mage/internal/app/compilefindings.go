// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"slices"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/examine"
)

// compilerFindings are the limit that the container met, if it met one, and the compiler's errors, each with the provider's own
// file. If there are none, it is the whole error.
func (c *providerCheck) compilerFindings(err error) []examine.Finding {
	var findings []examine.Finding
	if met, ok := errors.AsType[*containers.LimitError](err); ok {
		findings = append(findings, examine.Finding{Err: &overLimitError{met, logOf(err)}})
	}
	for _, e := range stage.CompilerErrors(err) {
		if e.File != "" {
			e.File = c.place.locate(e.File)
		}
		findings = append(findings, examine.Finding{Err: saidError{e}})
	}
	if len(findings) == 0 {
		return failedAnswer(checkCompile, err).Findings
	}
	return findings
}

// overLimitError is a limit with what sets it, and the log of what ran until then.
type overLimitError struct {
	*containers.LimitError

	log string
}

// Error says what happened, and what to do about it.
func (e *overLimitError) Error() string {
	text := "compile: " + e.LimitError.Error() + "; " + e.Advice()
	if e.log != "" {
		text += "; log: " + e.log
	}
	return text
}

// Unwrap returns the limit.
func (e *overLimitError) Unwrap() error { return e.LimitError }

// logOf is the log of the stage that failed, or "".
func logOf(err error) string {
	if failed, ok := errors.AsType[*stage.Error](err); ok {
		return failed.Log
	}
	return ""
}

// saidError is an error of the compiler as a Go error.
type saidError struct{ ui.CompilerError }

func (e saidError) Error() string {
	if why := stage.ExplainCompiler(e.CompilerError); why != "" {
		return e.String() + " (" + why + ")"
	}
	return e.String()
}

// untold drops from an answer what an earlier one has reported. If nothing is left, the
// check counts as skipped.
func (c *providerCheck) untold(answer examine.Answer) examine.Answer {
	all := len(answer.Findings)
	answer.Findings = slices.DeleteFunc(answer.Findings, func(f examine.Finding) bool {
		source, ok := errors.AsType[*provider.SourceError](f.Err)
		return ok && slices.ContainsFunc(c.answers, func(a examine.Answer) bool { return a.Tells(source) })
	})
	if all > 0 && len(answer.Findings) == 0 {
		answer.Skipped = "already reported above"
	}
	return answer
}
