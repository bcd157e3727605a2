// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// CompilerError is one error that a tool of the build reported.
type CompilerError struct {
	File     string // as printed by the tool, "" if it named none
	Line     int    // from 1, 0 if it named none
	Col      int    // from 1, 0 if it named none
	Severity string // "error" or "fatal error"
	Message  string
	Source   string // the line of the source that a compiler shows below, "" if it shows none

	symptom bool // it only says that something else has failed
}

// String is the error in the form that compilers use, which editors understand: file:line:col: error: message.
func (e CompilerError) String() string {
	place := ""
	if e.File != "" {
		place = quoteName(e.File) + ":"
		if e.Line > 0 {
			place += fmt.Sprintf("%d:", e.Line)
			if e.Col > 0 {
				place += fmt.Sprintf("%d:", e.Col)
			}
		}
		place += " "
	}
	return place + e.Severity + ": " + Clean(e.Message)
}

// mostErrors is more than anybody reads. Without it, a provider's build could produce any
// number.
const mostErrors = 1000

// CompilerErrors returns the errors of gcc, clang, ld, CMake, rpm, patch and dnf in a build's log, in order and each
// once, up to a thousand. Errors that only say that something else failed (a bad exit status, "ninja: build stopped")
// are returned only if there are no others. Warnings are not. If the log cannot be read to its end, the errors found
// so far are returned.
func CompilerErrors(log io.Reader) []CompilerError {
	scan := errorScan{seen: map[string]bool{}}
	r := bufio.NewReaderSize(log, longestLine)
	for len(scan.found) < mostErrors {
		raw, more, err := r.ReadLine()
		if err != nil {
			break
		}
		scan.line(cleanLog(string(raw)))
		for more && err == nil { // The rest of an overlong line is not needed.
			_, more, err = r.ReadLine()
		}
	}
	scan.flush()
	return scan.result()
}

// errorScan is the state of a walk through a log.
type errorScan struct {
	found   []CompilerError
	seen    map[string]bool
	block   *block // an error whose message continues on the next lines
	patch   string // of rpm: the patch being applied
	patched string // of patch: the file being patched
	shown   bool   // a compiler's last error may have its source line next
}

// block is an error of several, usually indented, lines.
type block struct {
	err   CompilerError
	takes func(line string, b *block) (more bool)
	parts int // lines taken
}

func (s *errorScan) line(line string) {
	if s.shown && strings.HasPrefix(line, " ") {
		s.found[len(s.found)-1].Source = line
	}
	s.shown = false
	if s.block != nil {
		if s.block.takes(line, s.block) {
			return
		}
		s.flush()
	}
	if !mayTell(line) {
		return
	}
	for _, rule := range rules() {
		if m := rule.pattern.FindStringSubmatch(line); m != nil {
			rule.found(s, m)
			return
		}
	}
}

// flush ends the open block.
func (s *errorScan) flush() {
	if s.block != nil {
		b := s.block
		s.block = nil
		s.add(b.err)
	}
}

// add records e unless the log has said the same before: linkers repeat themselves for every reference.
func (s *errorScan) add(e CompilerError) {
	key := e.String()
	if e.Severity == "" || e.Message == "" || s.seen[key] {
		return
	}
	s.seen[key] = true
	s.found = append(s.found, e)
}

func (s *errorScan) result() []CompilerError {
	var causes []CompilerError
	for _, e := range s.found {
		if !e.symptom {
			causes = append(causes, e)
		}
	}
	if len(causes) > 0 {
		return causes
	}
	return s.found
}
