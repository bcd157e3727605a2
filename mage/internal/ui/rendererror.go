// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/tail"
)

// Limits for the display of a failure; the log has the rest.
const (
	shownErrors = 5  // compiler errors
	shownLines  = 20 // last lines
	logWindow   = 64 << 20
)

// RenderError shows err to the user: first the message of a compiler, rpm or dnf, with file and line; then the error,
// its stage, distro and release, the command with its exit status, the last lines that matter, the path of the log, and
// what to try. Unknown facts are omitted. It prints nothing for a nil error. Errors of w are ignored.
func RenderError(w io.Writer, err error) {
	plain := manner{paint: func(_ colour, s string) string { return s }, neutral: strings.Clone, locate: strings.Clone}
	_, _ = io.WriteString(w, report(err, plain).text())
}

// manner has the options of a report.
type manner struct {
	paint   func(colour, string) string
	neutral func(string) string // removes text that the reader of the output would act on
	locate  func(string) string // maps a compiler's file name to the repository's own file
}

// Error shows err as RenderError does, on the UI's Err. On GitHub it annotates each compiler error, and each error whose
// place Options.Place knows.
func (u *UI) Error(err error) {
	r := report(err, u.manner(u.paint))
	u.mu.Lock()
	if u.live.midLine {
		_, _ = u.write(u.opts.Err, []byte("\n"))
	}
	_, _ = u.write(u.opts.Err, []byte(r.text()))
	u.mu.Unlock()
	for _, e := range r.errors {
		u.Annotate(Annotation{File: e.File, Line: e.Line, Col: e.Col, Level: LevelError, Title: r.title, Message: e.Message})
	}
	if (u.opts.GitHub || u.annotated != nil) && u.opts.Place != nil {
		for _, a := range placed(err, u.opts.Place) {
			u.Annotate(a)
		}
	}
}

// placed are the annotations of err and what it wraps, the outermost of each branch, each once.
func placed(err error, place func(error) (Annotation, bool)) []Annotation {
	if isNil(err) {
		return nil
	}
	if a, ok := place(err); ok {
		return []Annotation{a}
	}
	var all []Annotation
	for _, inner := range unwrap(err) {
		for _, a := range placed(inner, place) {
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	return all
}

// FirstLine returns the first line of what Error shows, without colours.
func (u *UI) FirstLine(err error) string {
	line, _, _ := strings.Cut(report(err, u.manner(func(_ colour, s string) string { return s })).text(), "\n")
	return line
}

// manner has the UI's own options of a report.
func (u *UI) manner(paint func(colour, string) string) manner {
	how := manner{paint: paint, neutral: strings.Clone, locate: strings.Clone}
	if u.opts.GitHub {
		how.neutral = tamed
	}
	if u.opts.Locate != nil {
		how.locate = u.opts.Locate
	}
	return how
}

// errorReport is an error made ready for printing.
type errorReport struct {
	blocks []string
	errors []CompilerError
	title  string
}

func (r errorReport) text() string { return strings.Join(r.blocks, "\n") }

// report describes err. Each joined part with a command or a stage gets its own block.
func report(err error, how manner) errorReport {
	var r errorReport
	for _, part := range partsOf(err) {
		b := newErrorBlock(part, how)
		r.blocks = append(r.blocks, b.String())
		r.errors = append(r.errors, b.errors...)
		r.title = firstOf(r.title, strings.TrimSpace(b.facts.stage+" "+b.facts.distro))
	}
	return r
}

// partsOf are the joined errors with a command or a stage, if there are several, or err itself; none for a nil error.
func partsOf(err error) []error {
	if isNil(err) {
		return nil
	}
	if all := branches(err); len(all) > 1 && countTold(all) > 1 {
		return all
	}
	return []error{err}
}

func countTold(errs []error) int {
	n := 0
	for _, err := range errs {
		if f := factsOf(err); f.stage != "" || len(f.argv) > 0 {
			n++
		}
	}
	return n
}

// errorBlock writes one error.
type errorBlock struct {
	strings.Builder

	manner

	facts  facts
	errors []CompilerError
}

func newErrorBlock(err error, how manner) *errorBlock {
	b := &errorBlock{facts: factsOf(err), manner: how}
	logged, hasLog := readLog(b.facts.log)
	if !hasLog {
		b.facts.log = ""
		logged.errors = CompilerErrors(strings.NewReader(strings.Join(b.facts.tail, "\n")))
	}
	if len(b.facts.tail) == 0 && len(b.facts.argv) > 0 {
		b.facts.tail = logged.tail
	}
	if len(b.facts.argv) > 0 && !b.facts.interrupted {
		b.errors = logged.errors
		for i, e := range b.errors {
			if e.File != "" {
				b.errors[i].File = b.locate(e.File)
			}
		}
	}
	b.compilerErrors()
	b.headline(err)
	b.fields()
	b.tailLines()
	b.ending()
	return b
}

func (b *errorBlock) put(line string) {
	b.WriteString(b.neutral(line))
	b.WriteByte('\n')
}

func (b *errorBlock) compilerErrors() {
	for i, e := range b.errors {
		if i == shownErrors {
			b.put(fmt.Sprintf("and %d more", len(b.errors)-shownErrors))
			break
		}
		b.put(b.paint(red, e.String()))
	}
	if len(b.errors) > 0 {
		b.put("")
	}
}

func (b *errorBlock) headline(err error) {
	word := "error"
	if b.facts.interrupted {
		word = "interrupted"
	}
	lines := messageLines(err)
	b.put(b.paint(red, word+":") + " " + lines[0])
	for _, line := range lines[1:] {
		b.put("  " + line)
	}
}

func (b *errorBlock) fields() {
	b.field("stage", b.facts.stage)
	b.field("distro", b.facts.distro)
	b.field("release", b.facts.release)
	if len(b.facts.argv) > 0 {
		b.field("command", quoteArgv(b.facts.argv))
		b.field("exit code", exitText(b.facts.exitCode))
	}
}

func (b *errorBlock) field(name, value string) {
	if value != "" {
		b.put(fmt.Sprintf("  %-9s  %s", name, Clean(value)))
	}
}

func (b *errorBlock) tailLines() {
	lines := lastThatMatter(b.facts.tail)
	if len(lines) == 0 {
		return
	}
	b.put("  last lines")
	for _, line := range lines {
		b.put(strings.TrimRight("    | "+line, " "))
	}
}

func (b *errorBlock) ending() {
	if b.facts.log != "" {
		b.field("log", quoteName(b.facts.log))
	}
	for _, advice := range b.facts.advice {
		lines := strings.Split(advice, "\n")
		b.field("try", lines[0])
		for _, line := range lines[1:] {
			b.field("", strings.TrimSpace(line))
		}
	}
}

// messageLines returns the lines of err's text, at least one, safe to print. The parts of a joined error come one
// by one.
func messageLines(err error) []string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(err.Error()), "\n") {
		if line = strings.TrimRight(Clean(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return []string{fmt.Sprintf("%T without a message", err)}
	}
	return lines
}

// firstLine is the first line of an error's text.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return Clean(line)
}

// exitText explains the exit statuses by which a shell and a container engine report a signal: 128 + its number.
func exitText(code int) string {
	const signalled, kill, segv = 128, 9, 11
	text := strconv.Itoa(code)
	switch {
	case code == signalled+kill:
		return text + " (killed, possibly out of memory)"
	case code == signalled+segv:
		return text + " (segmentation fault)"
	case code > signalled && code <= signalled+64:
		return text + fmt.Sprintf(" (signal %d)", code-signalled)
	default:
		return text
	}
}

// lastThatMatter drops progress and blank lines, and keeps the last of the rest.
func lastThatMatter(said []string) []string {
	var lines []string
	for _, raw := range said {
		for line := range strings.SplitSeq(strings.TrimRight(raw, "\r\n"), "\n") {
			line = cleanLog(line)
			if line != "" && !ninjaLine.MatchString(line) {
				lines = append(lines, line)
			}
		}
	}
	return lines[max(len(lines)-shownLines, 0):]
}

// loggedFailure is a log's information about a failure.
type loggedFailure struct {
	errors []CompilerError
	tail   []string
}

// keptBytes is enough for the last lines of any readable log.
const keptBytes = 32 * 1024

// readLog reads the last part of the log at path; ok is false if there is none.
func readLog(path string) (logged loggedFailure, ok bool) {
	if path == "" {
		return loggedFailure{}, false
	}
	file, err := os.Open(path)
	if err != nil {
		return loggedFailure{}, false
	}
	defer file.Close() //nolint:errcheck // It was only read.
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return loggedFailure{}, false
	}
	start := max(info.Size()-logWindow, 0)
	last := tail.New(keptBytes)
	section := io.NewSectionReader(file, start, info.Size()-start)
	logged.errors = CompilerErrors(io.TeeReader(section, last))
	logged.tail = last.Lines()
	return logged, true
}
