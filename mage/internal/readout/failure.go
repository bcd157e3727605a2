// SPDX-License-Identifier: Apache-2.0

package readout

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/page"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// Run is a run that failed.
type Run struct {
	Target   string
	Failures []ui.Failure // of its error, at least one
	// Source reads a file of the user's that an error names; nil if it must not be shown.
	Source func(file string) []byte
	// Log is where the first failure's log is found from the page; "": there is none.
	Log string
}

// Failed is what a page shows of a run that failed.
func Failed(run Run) page.Part {
	p := page.Part{Name: "go tool mage " + run.Target, State: page.Fail}
	for i, f := range run.Failures {
		shown := failure(f, run.Source)
		if i == 0 {
			shown.Log = run.Log
		}
		p.Failures = append(p.Failures, shown)
	}
	first := run.Failures[0]
	where := ""
	if first.Stage != "" {
		where = ", in stage " + first.Stage
	}
	how := "failed"
	if first.Interrupted {
		p.State, how = page.Stopped, "was stopped"
	}
	p.Verdict = fmt.Sprintf("%s %s%s: %s.", run.Target, how, where, lowerFirst(strings.TrimSuffix(p.Failures[0].Cause, ".")))
	if n := len(run.Failures) - 1; n > 0 {
		p.Notes = []string{fmt.Sprintf("%d more %s below.", n, choose(n, "failure is", "failures are"))}
	}
	return p
}

// failure is an error as a page shows it.
func failure(f ui.Failure, source func(string) []byte) page.Failure {
	out := page.Failure{Cause: causeOf(f), Says: f.Message, Tail: f.Tail}
	for _, fact := range []page.Fact{
		{Name: "stage", Value: f.Stage},
		{Name: "distro", Value: f.Distro},
		{Name: "release", Value: f.Release},
		{Name: "command", Value: f.Command},
		{Name: "exit code", Value: f.Exit},
	} {
		if fact.Value != "" {
			out.Facts = append(out.Facts, fact)
		}
	}
	for _, advice := range f.Advice {
		out.Actions = append(out.Actions, strings.Split(advice, "\n")...)
	}
	out.Places = places(f, source)
	out.Says = untold(out.Says, out.Places)
	if todo := remedy(f, out.Places); len(out.Actions) == 0 && todo != "" {
		out.Actions = []string{todo}
	}
	if failed, ok := errors.AsType[*report.FailedError](f.Err); ok && len(out.Tail) == 0 && len(failed.Failed) > 0 {
		out.Tail = lastLines(failed.Failed[0].Output)
	}
	return out
}

// untold are the lines of an error that its places do not show.
func untold(says []string, places []page.Place) []string {
	var rest []string
	for _, line := range says {
		if !slices.ContainsFunc(places, func(p page.Place) bool {
			return strings.Contains(line, p.Name) && strings.Contains(line, p.Message)
		}) {
			rest = append(rest, line)
		}
	}
	return rest
}

// remedy is what to try where the error itself does not say it.
func remedy(f ui.Failure, shown []page.Place) string {
	switch {
	case f.Interrupted:
		return "run it again: what is done is in the cache"
	case len(shown) > 0 && len(shown[0].Lines) > 0:
		return "mend the line, and run it again: what is done is in the cache"
	}
	return ""
}

// explained is a compiler's message, with what the releases' driver.h says about it.
func explained(e ui.CompilerError) string {
	text := e.Severity + ": " + ui.Clean(e.Message)
	if why := stage.ExplainCompiler(e); why != "" {
		text += " (" + why + ")"
	}
	return text
}

// lowerFirst lets a sentence go on behind a colon; a name in capitals stays.
func lowerFirst(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && (s[1] == ' ' || s[1] >= 'a' && s[1] <= 'z') {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return cmp.Or(s, "no cause is known")
}
