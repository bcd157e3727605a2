// SPDX-License-Identifier: Apache-2.0

package strictyaml_test

import (
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

// garden is a small file type with one field of each kind.
type garden struct {
	Name    string            `yaml:"name" jsonschema:"pattern=^[a-z]+$" jsonschema_description:"a name of lower-case letters"`
	Version string            `yaml:"version,omitempty"`
	Area    int               `yaml:"area,omitempty" jsonschema:"minimum=1,maximum=900"`
	Small   int8              `yaml:"small,omitempty"`
	Open    bool              `yaml:"open,omitempty"`
	Soil    string            `yaml:"soil,omitempty" jsonschema:"enum=clay,enum=sand"`
	Beds    []bed             `yaml:"beds,omitempty" jsonschema:"maxItems=3"`
	Notes   map[string]string `yaml:"notes,omitempty"`
}

type bed struct {
	Plant string `yaml:"plant"`
	Rows  int    `yaml:"rows,omitempty"`
}

func (g *garden) Check() []strictyaml.Problem {
	var out []strictyaml.Problem
	for i, b := range g.Beds {
		if b.Plant == "weed" {
			path := []string{"beds[0].plant", "beds[1].plant", "beds[2].plant"}[i]
			out = append(out, strictyaml.Problem{Path: path, Want: "a plant", Got: `"weed"`})
		}
	}
	if _, ok := g.Notes["a.b"]; ok {
		out = append(out, strictyaml.Problem{Path: `notes["a.b"]`, Want: "no dots", Got: "one"})
	}
	if g.Name == "nobeds" {
		out = append(out, strictyaml.Problem{Path: "beds[4].plant", Want: "beds", Got: "none"})
	}
	return out
}

func TestDecodeGood(t *testing.T) {
	for name, text := range map[string]string{
		"plain":        "name: rose\nversion: \"56.10\"\narea: 12\nbeds:\n  - plant: tulip\n    rows: 2\n",
		"crlf":         "name: rose\r\nversion: \"56.10\"\r\narea: 12\r\nbeds:\r\n  - plant: tulip\r\n    rows: 2\r\n",
		"json":         `{"name":"rose","version":"56.10","area":12,"beds":[{"plant":"tulip","rows":2}]}`,
		"no last line": "name: rose\nversion: '56.10'\narea: 12\nbeds: [{plant: tulip, rows: 2}]",
		"marker":       "---\nname: rose\nversion: '56.10'\narea: 12\nbeds: [{plant: tulip, rows: 2}]\n...\n",
	} {
		t.Run(name, func(t *testing.T) {
			var g garden
			if err := strictyaml.Decode("g.yaml", []byte(text), &g); err != nil {
				t.Fatal(err)
			}
			if g.Name != "rose" || g.Version != "56.10" || g.Area != 12 || len(g.Beds) != 1 || g.Beds[0] != (bed{"tulip", 2}) {
				t.Errorf("decoded %+v", g)
			}
		})
	}
}

func TestDecodeMistakes(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string // whole messages, in order
	}{
		{"all at once", "colour: x\nversion: 56.10\narea: lots\nopen: yes\nsoil: mud\nbeds:\n  - plant: a\n    rows: 1.5\n  - rows: 2\n", []string{
			`g.yaml:1:1: colour: want one of the fields name, version, area, small, open, soil, beds, notes, got the unknown field "colour"`,
			`g.yaml:1:1: name: want a name of lower-case letters, got nothing`,
			`g.yaml:2:10: version: want text, in quotes (write "56.10"), got the number 56.10`,
			`g.yaml:3:7: area: want a whole number, got "lots"`,
			`g.yaml:4:7: open: want true or false, got "yes"`,
			`g.yaml:5:7: soil: want one of clay, sand, got "mud"`,
			`g.yaml:8:11: beds[0].rows: want a whole number, got the number 1.5`,
			`g.yaml:9:5: beds[1].plant: want text, got nothing`,
		}},
		{"pattern with description", "name: Rose\n", []string{`g.yaml:1:7: name: want a name of lower-case letters, got "Rose"`}},
		{"truth value for text", "name: a\nversion: true\n", []string{`g.yaml:2:10: version: want text, in quotes (write "true"), got the truth value true`}},
		{"null for text", "name:\n", []string{`g.yaml:1:6: name: want a name of lower-case letters, got nothing`}},
		{"range", "name: a\narea: 901\n", []string{`g.yaml:2:7: area: want a number of at most 900, got the number 901`}},
		{"too many", "name: a\nbeds: [{plant: b}, {plant: b}, {plant: b}, {plant: b}]\n", []string{`g.yaml:2:7: beds: want at most 3 items, got 4 items`}},
		{"root is a list", "- name: a\n", []string{`g.yaml:1:1: want a mapping, got a list`}},
		{"root is a scalar", "hello\n", []string{`g.yaml:1:1: want a mapping, got "hello"`}},
		{"empty", "", []string{`g.yaml:1:1: want a YAML mapping, got an empty file`}},
		{"comment only", "# nothing\n", []string{`g.yaml:1:1: want a YAML mapping, got an empty file`}},
		{"two documents", "name: a\n---\nname: b\n", []string{`g.yaml:2:1: want a single YAML document, got a second one`}},
		{"duplicate key", "name: a\nname: b\n", []string{`g.yaml:2:1: name: want each key once, got a repeated key, first in line 1`}},
		{"alias", "name: &n a\nversion: *n\n", []string{
			`g.yaml:1:7: name: want a value without an anchor, got &n`,
			`g.yaml:2:10: version: want the value itself, got the alias *n`,
		}},
		{"merge", "<<: {name: a}\n", []string{
			`g.yaml:1:1: want a word as key, got the merge key <<`,
			`g.yaml:1:1: name: want a name of lower-case letters, got nothing`,
		}},
		{"binary tag", "name: !!binary aGk=\n", []string{`g.yaml:1:7: name: want a value without a tag, got !!binary`}},
		{"own tag", "name: !x a\n", []string{`g.yaml:1:7: name: want a value without a tag, got !x`}},
		{"tag that ends the line", "name: !%0a a\n", []string{`g.yaml:1:7: name: want a value without a tag, got "!\n"`}},
		{"number as key", "name: a\nnotes: {1: x}\n", []string{`g.yaml:2:9: notes: want a word as key, got the number 1`}},
		{"octal", "name: a\narea: 010\n", []string{`g.yaml:2:7: area: want a number in plain decimal digits, or text in quotes, got 010`}},
		{"infinite", "name: a\narea: .inf\n", []string{`g.yaml:2:7: area: want a finite number in plain digits, or text in quotes, got .inf`}},
		{"does not fit", "name: a\nsmall: 300\n", []string{"g.yaml:2:1: want a value that fits, got cannot unmarshal !!int `300` into int8"}},
		{"tab", "name: a\nbeds:\n\t- plant: b\n", []string{`g.yaml:3:1: want spaces as indentation, got a tab`}},
		{"bad indentation", "name: a\nnotes:\n    a: b\n  c: d\narea: 2\n", []string{`g.yaml:4:3: want well-formed YAML, got did not find expected key`}},
		{"open quote", "name: a\nversion: \"5\narea: 2\n", []string{`g.yaml:2:1: want well-formed YAML, got found unexpected end of stream`}},
		{"open list after a long one", "name: a\nbeds: [\n {plant: b},\n {plant: c}\n]\nnotes: {a: b\n", []string{
			`g.yaml:6:1: want well-formed YAML, got did not find expected ',' or '}'`,
		}},
		{"unknown alias", "name: a\nversion: *x\n", []string{`g.yaml:2:1: want well-formed YAML, got unknown anchor 'x' referenced`}},
		{"broken second document", "name: a\n---\nb: [\n", []string{`g.yaml:3:1: want well-formed YAML, got did not find expected node content`}},
		{"not UTF-8", "name: a\nversion: \"\xff\"\n", []string{`g.yaml:2:11: want UTF-8 text, got the byte 0xff`}},
		{"control character", "name: a\x00\n", []string{`g.yaml:1:8: want UTF-8 text, got the control character '\x00'`}},
		{"odd key", "name: a\nnotes: {\"x y\": 3}\n", []string{`g.yaml:2:16: notes["x y"]: want text, in quotes (write "3"), got the number 3`}},
		{"checker", "name: a\nbeds:\n  - plant: a\n  - plant: weed\nnotes:\n  a.b: c\n", []string{
			`g.yaml:4:12: beds[1].plant: want a plant, got "weed"`,
			`g.yaml:6:8: notes["a.b"]: want no dots, got one`,
		}},
		{"checker, path not there", "area: 3\nname: nobeds\n", []string{`g.yaml:1:1: beds[4].plant: want beds, got none`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var g garden
			err := strictyaml.Decode("g.yaml", []byte(tt.text), &g)
			if err == nil {
				t.Fatalf("no error for %q", tt.text)
			}
			if got, want := err.Error(), strings.Join(tt.want, "\n"); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			if got := len(strictyaml.Mistakes(err)); got != len(tt.want) {
				t.Errorf("%d mistakes in the error, want %d", got, len(tt.want))
			}
		})
	}
}
