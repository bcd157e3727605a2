// SPDX-License-Identifier: Apache-2.0

package strictyaml

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/resnics/verbsmith/specs/edit"
)

const (
	// MaxSize is the largest size of a data file in bytes. It and maxDepth are more than one
	// needs, and low enough that a hostile one costs little.
	MaxSize  = 256 << 10
	maxDepth = 64
)

// document is a parsed file: its root value and the way from paths to nodes.
type document struct {
	file    string
	root    *yaml.Node
	aliases bool                          // the file has some; they are refused
	kept    map[*yaml.Node][]*yaml.Node   // the Content of a mapping that has a key twice, with the first alone
	keys    map[*yaml.Node]map[string]int // of a mapping: where its keys are in Content
}

// mistake makes a mistake at a node's position.
func (d *document) mistake(n *yaml.Node, path, want, got string) *Mistake {
	line, column := max(n.Line, 1), max(n.Column, 1)
	return &Mistake{File: d.file, Line: line, Column: column, Path: edit.Cut(path), Want: want, Got: edit.Cut(got)}
}

// parse reads the bytes as exactly one YAML document.
func parse(file string, data []byte) (*document, []*Mistake) {
	d := &document{file: file, kept: make(map[*yaml.Node][]*yaml.Node), keys: make(map[*yaml.Node]map[string]int)}
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

// rawMistake finds mistakes in the bytes themselves, before YAML is read.
func rawMistake(file string, data []byte) *Mistake {
	if len(data) > MaxSize {
		return &Mistake{
			File: file, Line: 1, Column: 1, Want: "a file of at most " + strconv.Itoa(MaxSize) + " bytes",
			Got: strconv.Itoa(len(data)) + " bytes",
		}
	}
	line, column := 1, 1
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		got := ""
		switch {
		case r == utf8.RuneError && size <= 1:
			got = "the byte 0x" + strconv.FormatUint(uint64(rest[0]), 16)
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			got = "the control character " + strconv.QuoteRune(r)
		}
		if got != "" {
			return &Mistake{File: file, Line: line, Column: column, Want: "UTF-8 text", Got: got}
		}
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
		rest = rest[size:]
	}
	return nil
}
