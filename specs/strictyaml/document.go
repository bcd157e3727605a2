// SPDX-License-Identifier: Apache-2.0

package strictyaml

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const (
	// maxSize and maxDepth are far above what a data file needs, and low enough that
	// a hostile one costs nothing.
	maxSize  = 4 << 20
	maxDepth = 64
)

// document is a parsed file: its root value and the way from paths to nodes.
type document struct {
	file string
	root *yaml.Node
}

// mistake makes a mistake at a node's position.
func (d *document) mistake(n *yaml.Node, path, want, got string) *Mistake {
	line, column := max(n.Line, 1), max(n.Column, 1)
	return &Mistake{File: d.file, Line: line, Column: column, Path: path, Want: want, Got: got}
}

// parse reads the bytes as exactly one YAML document.
func parse(file string, data []byte) (*document, []*Mistake) {
	d := &document{file: file}
	if m := rawMistake(file, data); m != nil {
		return nil, []*Mistake{m}
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	if err := dec.Decode(&first); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, []*Mistake{{File: file, Line: 1, Column: 1, Want: "a YAML mapping", Got: "an empty file"}}
		}
		return nil, []*Mistake{syntaxMistake(file, data, err)}
	}
	if err := dec.Decode(&second); err == nil {
		return nil, []*Mistake{d.mistake(&second, "", "a single YAML document", "a second one")}
	} else if !errors.Is(err, io.EOF) {
		return nil, []*Mistake{syntaxMistake(file, data, err)}
	}
	if first.Kind != yaml.DocumentNode || len(first.Content) != 1 {
		return nil, []*Mistake{d.mistake(&first, "", "a YAML mapping", "an empty file")}
	}
	d.root = first.Content[0]
	return d, nil
}

// rawMistake finds what is wrong with the bytes themselves, before any YAML is read.
func rawMistake(file string, data []byte) *Mistake {
	if len(data) > maxSize {
		return &Mistake{
			File: file, Line: 1, Column: 1, Want: "a file of at most " + strconv.Itoa(maxSize) + " bytes",
			Got: strconv.Itoa(len(data)) + " bytes",
		}
	}
	line, column := 1, 1
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		m := &Mistake{File: file, Line: line, Column: column, Want: "UTF-8 text"}
		switch {
		case r == utf8.RuneError && size <= 1:
			m.Got = "the byte 0x" + strconv.FormatUint(uint64(rest[0]), 16)
			return m
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			m.Got = "the control character " + strconv.QuoteRune(r)
			return m
		}
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
		rest = rest[size:]
	}
	return nil
}

// syntaxMistake finds the line of a syntax error. The YAML library's own line numbers
// are off by one for some errors, name the start of the enclosing block for others and
// are missing for the rest, so the line is found by looking for the shortest beginning
// of the file from which on it cannot be parsed.
func syntaxMistake(file string, data []byte, err error) *Mistake {
	lines := bytes.SplitAfter(data, []byte("\n"))
	if last := len(lines) - 1; last > 0 && len(lines[last]) == 0 {
		lines = lines[:last]
	}
	ends := make([]int, len(lines)+1)
	for i, l := range lines {
		ends[i+1] = ends[i] + len(l)
	}
	parses := func(n int) bool { return parseable(data[:ends[n]]) }
	bad := firstBadLine(len(lines), parses)
	text := string(lines[bad-1])
	indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
	m := &Mistake{File: file, Line: bad, Column: len(indent) + 1, Want: "well-formed YAML", Got: syntaxText(err)}
	if tab := strings.IndexByte(indent, '\t'); tab >= 0 {
		m.Column, m.Want, m.Got = tab+1, "spaces as indentation", "a tab"
	}
	return m
}

// lookahead is how many further lines a beginning that cannot be parsed is followed, to
// tell an error from a value that goes on: a list or a quoted text over several lines.
const lookahead = 60

// firstBadLine returns the number of the line at which parsing of n lines fails for good.
func firstBadLine(n int, parses func(lines int) bool) int {
	good := 0
	for {
		low, high := good, n // parses(low), !parses(high)
		for high-low > 1 {
			if mid := (low + high) / 2; parses(mid) {
				low = mid
			} else {
				high = mid
			}
		}
		good = 0
		for next := high + 1; next <= min(n, high+lookahead); next++ {
			if parses(next) {
				good = next
			}
		}
		if good == 0 {
			return high
		}
	}
}

func parseable(data []byte) bool {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var n yaml.Node
		if err := dec.Decode(&n); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}

// syntaxText is the library's message without its prefix and its line number.
func syntaxText(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if parts := typeErrorLine.FindStringSubmatch(text); parts != nil {
		text = parts[2]
	}
	return text
}
