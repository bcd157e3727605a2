// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"strconv"
	"strings"
)

// Level is the severity of an annotation.
type Level string

// The levels that GitHub knows.
const (
	LevelError   Level = "error"
	LevelWarning Level = "warning"
	LevelNotice  Level = "notice"
)

// Annotation is a remark on a place of the repository. Everything but Message may be left out; Level is then an error.
type Annotation struct {
	File    string
	Line    int // from 1, 0 for none
	Col     int // from 1, 0 for none
	Level   Level
	Title   string
	Message string
}

// OnAnnotation has f called with each annotation, before any is made.
func (u *UI) OnAnnotation(f func(Annotation)) { u.annotated = f }

// Annotate passes a to GitHub's runner as a workflow command, and prints nothing outside GitHub
// Actions. The form is that of GitHub's "Workflow commands for GitHub Actions".
func (u *UI) Annotate(a Annotation) {
	if u.annotated != nil {
		u.annotated(a)
	}
	if !u.opts.GitHub {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	text := workflowCommand(a)
	if u.live.midLine {
		text = "\n" + text
	}
	_, _ = u.write(u.opts.Out, []byte(text))
}

func workflowCommand(a Annotation) string {
	level := a.Level
	if level != LevelWarning && level != LevelNotice {
		level = LevelError
	}
	var props []string
	add := func(key, value string) {
		if value != "" {
			props = append(props, key+"="+escapeProperty(value))
		}
	}
	add("file", a.File)
	add("line", positive(a.Line))
	add("col", positive(a.Col))
	add("title", a.Title)
	head := "::" + string(level)
	if len(props) > 0 {
		head += " " + strings.Join(props, ",")
	}
	return head + "::" + escapeData(a.Message) + "\n"
}

func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// escapeData and escapeProperty follow the runner's own toolkit (actions/toolkit, packages/core/src/command.ts).
func escapeData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(dropEscapes(s))
}

func escapeProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(dropEscapes(s))
}

// dropEscapes makes each line safe and keeps the line breaks, which the caller escapes.
func dropEscapes(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = Clean(line)
	}
	return strings.Join(lines, "\n")
}

// disarm breaks the older form of the runner's commands, "##[...]", which it finds anywhere in a line.
func disarm(s string) string { return strings.ReplaceAll(s, "##[", "## [") }

// tamed is one line in which the runner finds no command of either form.
func tamed(line string) string {
	if begin := strings.TrimLeft(line, " "); strings.HasPrefix(begin, "::") {
		line = line[:len(line)-len(begin)] + ": " + begin[1:]
	}
	return disarm(line)
}

// tame makes lines safe for GitHub's runner, which takes one that begins with :: for a command, behind blanks too. Tables
// and progress need it not: their lines begin with words of ours.
func (u *UI) tame(lines []string) string {
	var out strings.Builder
	for _, line := range lines {
		if u.opts.GitHub {
			line = tamed(line)
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}
