// SPDX-License-Identifier: Apache-2.0

package ui

// Failure is what is known of an error: what Error shows, in parts.
type Failure struct {
	Err                    error
	Message                []string // the error's text, line by line, at least one
	Interrupted            bool
	Stage, Distro, Release string
	Command, Exit          string
	Errors                 []CompilerError // of the log; files are the repository's own, to edit
	Tail                   []string        // the last lines that matter
	Log                    string          // a file that exists, or ""
	Advice                 []string
}

// Failures are the parts of an error, as Error shows them: one, or each joined error with a stage or a command.
func (u *UI) Failures(err error) []Failure {
	how := u.manner(func(_ colour, s string) string { return s })
	all := make([]Failure, 0, 1)
	for _, part := range partsOf(err) {
		b := newErrorBlock(part, how)
		f := Failure{
			Err: part, Message: messageLines(part), Interrupted: b.facts.interrupted,
			Stage: b.facts.stage, Distro: b.facts.distro, Release: b.facts.release,
			Errors: b.errors, Tail: lastThatMatter(b.facts.tail), Log: b.facts.log, Advice: b.facts.advice,
		}
		if len(b.facts.argv) > 0 {
			f.Command, f.Exit = Clean(quoteArgv(b.facts.argv)), exitText(b.facts.exitCode)
		}
		all = append(all, f)
	}
	return all
}
