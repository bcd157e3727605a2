// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"regexp"
	"strconv"
	"strings"
)

// severityError is the severity of everything except a compiler's fatal error.
const severityError = "error"

// rule recognises one kind of line.
type rule struct {
	pattern *regexp.Regexp
	found   func(s *errorScan, m []string)
}

// The forms of the tools' messages. The first match decides.
var (
	// GCC and clang: rib.c:12:5: error: message; the assembler writes Error.
	compilerLine = regexp.MustCompile(`^(.+?):(\d+):(?:(\d+):)? (fatal error|[Ee]rror): (.+)$`)
	// The driver itself: cc1: fatal error: x.c: No such file or directory.
	driverLine = regexp.MustCompile(
		`^(?:\S*/)?(cc1|cc1plus|as|[\w.-]*gcc(?:-\d+)?|[\w.-]*cc|clang(?:-\d+)?|lto1): (fatal error|error): (.+)$`)
	// GNU ld: rib.c:(.text+0x1d): undefined reference to `f', or rib.c:12: with debug information.
	linkerLine = regexp.MustCompile(
		`^(?:\S*ld(?:\.\w+)?: )?(.+?):(?:(\d+)|\(\.[^)]*\)): ((?:undefined reference to|multiple definition of) .+)$`)
	// GNU ld: cannot find -lfoo.
	linkerPlain = regexp.MustCompile(`^\S*ld(?:\.\w+)?: (?:error: )?((?:cannot find|undefined symbol|cannot open) .+)$`)
	collectLine = regexp.MustCompile(`^(?:collect2|clang(?:-\d+)?): error: (.+)$`)
	// CMake: CMake Error at CMakeLists.txt:12 (message): and the text indented below it.
	cmakePlace = regexp.MustCompile(`^CMake Error (?:at|in) (.+?)(?::(\d+))?(?: \((\S+)\))?:$`)
	cmakePlain = regexp.MustCompile(`^CMake Error: (.+)$`)
	// Patch, as run by rpm: the patch's name, the file, the hunk that does not apply.
	rpmPatch  = regexp.MustCompile(`^Patch #(\d+) \((.+)\):$`)
	patchFile = regexp.MustCompile(`^(?:patching|checking) file (.+)$`)
	hunkLine  = regexp.MustCompile(`^Hunk #(\d+) FAILED at (\d+)`)
	gitPatch  = regexp.MustCompile(`^error: (?:patch failed: )?(.+?):` +
		`(?:(\d+)$| (patch does not apply|No such file or directory|already exists in .+)$)`)
	// Rpm: error: line 12: message, newer ones with the spec's name before it.
	rpmLine   = regexp.MustCompile(`^error: (?:(.+?): )?line (\d+): (.+)$`)
	rpmList   = regexp.MustCompile(`^error: (Failed build dependencies|Installed \(but unpackaged\) file\(s\) found):$`)
	rpmStatus = regexp.MustCompile(`^error: (Bad exit status from .+)$`)
	rpmPlain  = regexp.MustCompile(`^error: (.+)$`)
	// Dnf: packages that no repository has.
	dnfNothing = regexp.MustCompile(`^\s*(?:Problem(?: \d+)?: |- )?(?:package .+ requires .+, but )?` +
		`(nothing provides .+ needed by .+)$`)
	dnfMatch = regexp.MustCompile(`^(?:Error: )?` +
		`((?:No matching package to install|Unable to find a match|No match for argument): .+|` +
		`No package .+ available\.?)$`)
	// Make and ninja: messages that only say that something else has failed.
	stopped = regexp.MustCompile(`^(?:ninja: |make(?:\[\d+\])?: \*\*\* )` +
		`(.*(?:stopped|error|Error|unknown target|no known rule).*)$`)
)

func rules() []rule {
	return []rule{
		{cmakePlace, foundCMakePlace},
		{cmakePlain, foundPlain},
		{hunkLine, foundHunk},
		{rpmPatch, func(s *errorScan, m []string) { s.patch, s.patched = "Patch #"+m[1]+" ("+m[2]+")", "" }},
		{patchFile, func(s *errorScan, m []string) { s.patched = m[1] }},
		{rpmLine, foundRPMLine},
		{rpmList, foundRPMList},
		{rpmStatus, foundSymptom},
		{gitPatch, foundGitPatch},
		{rpmPlain, foundPlain},
		{dnfNothing, foundPlain},
		{dnfMatch, foundPlain},
		{collectLine, foundSymptom},
		{linkerPlain, foundPlain},
		{driverLine, foundDriver},
		{compilerLine, foundCompiler},
		{linkerLine, foundLinker},
		{stopped, foundSymptom},
	}
}

// mayTell reports whether a rule could match. Most lines of a log are commands, where the patterns would fail at every
// position.
func mayTell(line string) bool {
	for _, word := range []string{
		"rror:", "CMake Error ", "undefined ", "multiple definition", "cannot ", "nothing provides", "No match",
		"Unable to find a match", "No package ", "Hunk #", "Patch #", "patching file ", "checking file ", "ninja: ",
		"*** ",
	} {
		if strings.Contains(line, word) {
			return true
		}
	}
	return false
}

// number converts matched digits; a number that is too large is not a line number.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

func foundPlain(s *errorScan, m []string) {
	s.add(CompilerError{Severity: severityError, Message: m[1]})
}

func foundSymptom(s *errorScan, m []string) {
	s.add(CompilerError{Severity: severityError, Message: m[1], symptom: true})
}

func foundCompiler(s *errorScan, m []string) {
	before := len(s.found)
	s.add(CompilerError{
		File: m[1], Line: number(m[2]), Col: number(m[3]), Severity: strings.ToLower(m[4]), Message: m[5],
	})
	s.shown = len(s.found) > before
}

func foundDriver(s *errorScan, m []string) {
	s.add(CompilerError{Severity: m[2], Message: m[1] + ": " + m[3]})
}

func foundLinker(s *errorScan, m []string) {
	s.add(CompilerError{File: m[1], Line: number(m[2]), Severity: severityError, Message: m[3]})
}

func foundHunk(s *errorScan, m []string) {
	message := "hunk #" + m[1] + " does not apply"
	if s.patch != "" {
		message += " of " + s.patch
	}
	s.add(CompilerError{File: s.patched, Line: number(m[2]), Severity: severityError, Message: message})
}

func foundGitPatch(s *errorScan, m []string) {
	message := m[3]
	if message == "" {
		message = "patch does not apply"
	}
	s.add(CompilerError{File: m[1], Line: number(m[2]), Severity: severityError, Message: message})
}

func foundRPMLine(s *errorScan, m []string) {
	s.add(CompilerError{File: m[1], Line: number(m[2]), Severity: severityError, Message: m[3]})
}

// foundRPMList takes the indented lines below it, one item each: "foo is needed by bar", or a path.
func foundRPMList(s *errorScan, m []string) {
	s.block = &block{
		err: CompilerError{Severity: severityError, Message: m[1]},
		takes: func(line string, b *block) bool {
			text := strings.TrimSpace(line)
			if text == "" || text == line {
				return false
			}
			b.parts++
			if b.parts == 1 {
				b.err.Message += ": " + text
			} else {
				b.err.Message += "; " + text
			}
			return true
		},
	}
}

// foundCMakePlace takes the paragraphs indented below it, up to the call stack or the next line that is not indented.
func foundCMakePlace(s *errorScan, m []string) {
	command := ""
	if m[3] != "" {
		command = m[3] + ": "
	}
	s.block = &block{
		err: CompilerError{File: m[1], Line: number(m[2]), Severity: severityError, Message: command},
		takes: func(line string, b *block) bool {
			text := strings.TrimSpace(line)
			if text == "" {
				return true
			}
			if text == line {
				return false
			}
			b.parts++
			if b.parts > 1 {
				text = " " + text
			}
			b.err.Message += text
			return true
		},
	}
}
