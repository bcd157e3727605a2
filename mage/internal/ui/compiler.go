// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"bufio"
	"fmt"
	"io"
)

// CompilerError is one error that a tool of the build reported.
type CompilerError struct {
	File     string // as the tool printed it, "" if it named none
	Line     int    // from 1, 0 if it named none
	Col      int    // from 1, 0 if it named none
	Severity string // "error" or "fatal error"
	Message  string

	symptom bool // it says only that something else has failed
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

// mostErrors is more than anybody reads: a provider's build decides how many there are.
const mostErrors = 1000

// CompilerErrors reads a build's log and gives the errors that gcc, clang, ld, CMake, rpm, patch and dnf report
// in it, in their order and each once. Errors that only say that something else failed (a bad exit status, "ninja:
// build stopped") are given only where there is no other. Warnings are not given, nor is what comes behind a thousand
// errors. A log that cannot be read to its end gives what was found up to there.
func CompilerErrors(log io.Reader) []CompilerError {
	scan := errorScan{seen: map[string]bool{}}
	r := bufio.NewReaderSize(log, longestLine)
	for len(scan.found) < mostErrors {
		raw, more, err := r.ReadLine()
		if err != nil {
			break
		}
		scan.line(cleanLog(string(raw)))
		for more && err == nil { // The rest of a line that is too long is of no use.
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
	block   *block // an error whose message goes on in the next lines
	patch   string // of rpm: the patch being applied
	patched string // of patch: the file being patched
}

// block is an error that is told in several, usually indented, lines.
type block struct {
	err   CompilerError
	takes func(line string, b *block) (more bool)
	parts int // lines taken
}

func (s *errorScan) line(line string) {
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

// flush ends the block that is open.
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
