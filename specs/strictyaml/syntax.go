// SPDX-License-Identifier: Apache-2.0

package strictyaml

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/resnics/verbsmith/specs/edit"
)

// lookback is the number of lines before the parser's failure that are tried as the end of the
// file.
const lookback = 60

// syntaxMistake finds the line of a syntax error.
func syntaxMistake(file string, data []byte, err error) *Mistake {
	lines := bytes.SplitAfter(data, []byte("\n"))
	if last := len(lines) - 1; last > 0 && len(lines[last]) == 0 {
		lines = lines[:last]
	}
	bad := (&locator{lines: lines}).badLine(err)
	text := string(lines[bad-1])
	indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
	m := &Mistake{File: file, Line: bad, Column: len(indent) + 1, Want: "well-formed YAML", Got: edit.Cut(syntaxText(err))}
	if tab := strings.IndexByte(indent, '\t'); tab >= 0 {
		m.Column, m.Want, m.Got = tab+1, "spaces as indentation", "a tab"
	}
	return m
}

// locator finds the line of a syntax error. The YAML library's own line numbers are
// off by one for some errors, name the start of the enclosing block for others and are
// missing for the rest.
type locator struct {
	lines  [][]byte
	parsed int // lines that the parser was given so far: what the search costs
}

// badLine is the number of the line after the longest beginning of the file that can be parsed.
// It is searched near the line that the parser had reached when it failed; if it is further
// away, an unterminated value begins in the line that the library names.
func (l *locator) badLine(err error) int {
	reach := l.reach(len(l.lines))
	for n := reach - 1; n >= max(0, reach-lookback); n-- {
		if l.reach(n) == 0 {
			return n + 1
		}
	}
	line := 1
	if parts := typeErrorLine.FindStringSubmatch(strings.TrimPrefix(err.Error(), "yaml: ")); parts != nil {
		line, _ = strconv.Atoi(parts[1]) // the form has digits alone
		if strings.HasPrefix(parts[2], "did not find") {
			line++ // errors of the library's parser, not of its scanner, count from 0
		}
	}
	return min(max(line, 1), reach)
}

// reach returns how many of the first n lines the parser has read when it finds an error
// in them, 0 where it finds none.
func (l *locator) reach(n int) int {
	r := &lineReader{lines: l.lines[:n]}
	defer func() { l.parsed += r.given }()
	dec := yaml.NewDecoder(r)
	for {
		var node yaml.Node
		if err := dec.Decode(&node); errors.Is(err, io.EOF) {
			return 0
		} else if err != nil {
			return max(r.given, 1)
		}
	}
}

// lineReader returns a line, or a part of one, with each call.
type lineReader struct {
	lines [][]byte
	part  int // bytes of the next line already returned
	given int
}

// Read implements io.Reader.
func (r *lineReader) Read(p []byte) (int, error) {
	if r.given == len(r.lines) {
		return 0, io.EOF
	}
	n := copy(p, r.lines[r.given][r.part:])
	if r.part += n; r.part == len(r.lines[r.given]) {
		r.given, r.part = r.given+1, 0
	}
	return n, nil
}

// syntaxText is the library's message without its prefix and its line number.
func syntaxText(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if parts := typeErrorLine.FindStringSubmatch(text); parts != nil {
		text = parts[2]
	}
	return text
}
