// SPDX-License-Identifier: Apache-2.0

package versionmap

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
	"github.com/resnics/verbsmith/specs/edit"
)

func TestParseVersionMap(t *testing.T) {
	symbols := []Symbol{{"flydv_land", "FLY_1.0"}, {"flydv_open", "FLY_1.0"}, {"flydv_close", "FLY_1.0"}, {"flydv_land", "FLY_1.1"}}
	for name, text := range map[string]string{
		"as written": providertest.Map, "CRLF": providertest.CRLF(providertest.Map),
		"tight":  "FLY_1.0{global:flydv_land;flydv_open;flydv_close;local:*;};FLY_1.1{flydv_land;}FLY_1.0 FLY_1.0;",
		"quoted": "FLY_1.0 { global: \"flydv_land\"; extern \"C\" { flydv_open; \"flydv_close\" }; local: extern \"C++\" { \"fly::*\"; }; }; FLY_1.1 { extern \"C\" { flydv_land; }; } FLY_1.0;",
	} {
		t.Run(name, func(t *testing.T) {
			m, err := Parse("libfly.map", []byte(text))
			providertest.WantError(t, err)
			if !slices.Equal(m.Nodes, []string{"FLY_1.0", "FLY_1.1"}) || !slices.Equal(m.Symbols, symbols) {
				t.Errorf("got %+v", m)
			}
		})
	}
}

// A library can export nothing at all: ld takes each of these (binutils 2.44).
func TestParseVersionMapWithoutSymbols(t *testing.T) {
	for text, nodes := range map[string][]string{
		"FLY_1.0 { local: *; };":                      {"FLY_1.0"},
		"FLY_1.0 {\n\tlocal: *;\n};\n":                {"FLY_1.0"},
		"FLY_1.0 { };":                                {"FLY_1.0"},
		"FLY_1.0 { local: *; }; FLY_1.1 { } FLY_1.0;": {"FLY_1.0", "FLY_1.1"},
		"{ local: *; };":                              nil,
		"{ };":                                        nil,
		"FLY_1.0 { local: \"x y\"; a*; [b-c]?; };":    {"FLY_1.0"},
	} {
		m, err := Parse("libfly.map", []byte(text))
		providertest.WantError(t, err)
		if !slices.Equal(m.Nodes, nodes) || len(m.Symbols) > 0 {
			t.Errorf("%s gives %+v", text, m)
		}
	}
	m, err := Parse("libfly.map", []byte("{ global: flydv_open; local: *; };"))
	providertest.WantError(t, err)
	if !slices.Equal(m.Symbols, []Symbol{{"flydv_open", ""}}) || len(m.Nodes) > 0 || len(m.Warnings) > 0 {
		t.Errorf("without a name: %+v", m)
	}
}

// What ld takes and rdma-core's sanitize_static_lib.py does not (tried with v64.0's).
func TestVersionMapWarnings(t *testing.T) {
	for text, want := range map[string]string{
		"/* c */ A_1 {\n\tglobal:\n\t\ta;\n\tlocal: *;\n};\nA_2 { global: b; } A_1;": "",
		"A { local: *; };":                              "",
		"# c\nA { local: *; };":                         "libfly.map:1: … a comment that starts with #",
		"\nA{ global: a; local: *; };":                  "libfly.map:2: … no blank before {",
		"A { global: a; local: *; };\nB { b; } A;":      "libfly.map:2: … a symbol without global: before it",
		"A { global: \"a\"; local: *; };":               "libfly.map:1: … a name in quotes",
		"A { global: extern \"C\" { a; }; local: *; };": "libfly.map:1: … an extern block",
		"A { global: a; local: *; b; };":                "libfly.map:1: … a pattern other than *",
		"A { local: *; };\nB { };\nC { } B A;":          "libfly.map:3: … a second inherited node",
		"A {\n\tglobal: a;\n};":                         `libfly.map:3: want "local: *;" in a node…none: other symbols`,
	} {
		m, err := Parse("libfly.map", []byte(text))
		providertest.WantError(t, err)
		var got []string
		for _, w := range m.Warnings {
			got = append(got, w.Error())
		}
		if want == "" {
			providertest.WantLines(t, got)
			continue
		}
		providertest.WantLines(t, got, want)
	}
}

func TestParseVersionMapMistakes(t *testing.T) {
	tests := []struct {
		name, text string
		line       int
		want       string
	}{
		{"empty", "\n# nothing\n", 0, "a version node"},
		{"no name, beside others", "A { a; };\n{ global: b; };", 2, "no other node"},
		{"no name, before others", "{ a; };\nA { global: b; };", 2, "no other node"},
		{"a parent of none", "{ a; } A;", 1, `";" after`},
		{"local before global", "A {\nlocal: *;\nglobal: a; };", 3, "global: comes first"},
		{"global twice", "A {\nglobal: a;\nglobal: b; };", 3, "global: comes first"},
		{"symbols before local", "A {\na;\nlocal: *; };", 3, "global: comes first"},
		{"nothing below global", "A {\nglobal:\n local: *; };", 3, `";" after local`},
		{"nothing below local", "A {\nlocal: };", 2, "a symbol"},
		{"quoted node", "\"A\" { a; };", 1, "the name of a version node"},
		{"open quote", "A { local: \"x\n; };", 1, "the quote that ends"},
		{"extern without its end", "A { global: extern \"C\" { a; b; ", 1, "a symbol in the extern block"},
		{"extern of nothing", "A { global: extern \"C\" { }; };", 1, "a symbol in the extern block"},
		{"extern without a semicolon behind it", "A { global: extern \"C\" { a; } };", 1, `";" after extern`},
		{"extern without a semicolon in it", "A { global: extern \"C\" { a b }; };", 1, `";" or "}" after a`},
		{"pattern in extern", "A { global: extern \"C\" { a*; }; };", 1, "without patterns"},
		{"quoted pattern", "A { global: \"a*\"; };", 1, "without patterns"},
		{"empty quotes", "A { global: \"\"; };", 1, "without patterns"},
		{"pattern", "A {\nglobal:\n fly_*;\n};", 3, "without patterns"},
		{"C++", "A {\n extern \"C++\" { a; };\n};", 2, `extern "C" only`},
		{"comment without end", "A {\n/* global: a; };", 2, "the comment"},
		{"brace without end", "A {\nglobal: a;\n", 3, "the end of the file"},
		{"no semicolon", "A { global: a\n};", 2, `";" after a`},
		{"no semicolon at the end", "A { global: a; }", 1, `";", or an earlier version node`},
		{"parent that is not there", "A { a; };\nB { b; } C;", 2, `got "C"`},
		{"own parent", "A { a; } A;", 1, `got "A"`},
		{"node twice", "A { a; };\nA { b; };", 2, "A again"},
		{"symbol twice", "A { a;\n a; };", 2, "a again"},
		{"other sign", "A { a; };\n/ B", 2, "a version node"},
		{"hostile symbol", "A { $(touch x); };", 1, "without patterns"},
		{"hostile node", "A%{x} { a; };", 1, "the name of a version node"},
		{"quoted blank", "A { a; \"x y\"; };", 1, "without patterns"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("libfly.map", []byte(tt.text))
			providertest.WantError(t, err, "libfly.map", tt.want)
			var place *edit.PlaceError
			if !errors.As(err, &place) || place.Line != tt.line {
				t.Errorf("want a *PlaceError of line %d, got %v", tt.line, err)
			}
		})
	}
}

// A map as long as a directory may hold is read as a whole.
func TestParseVersionMapThatIsLong(t *testing.T) {
	const many = 100_000
	var symbols, nodes strings.Builder
	symbols.WriteString("A {\n")
	for i := range many {
		fmt.Fprintf(&symbols, "fly_%d;\n", i)
		fmt.Fprintf(&nodes, "A%d{x;}", i)
		if i > 0 {
			fmt.Fprintf(&nodes, "A%d", i-1)
		}
		nodes.WriteString(";\n")
	}
	for name, text := range map[string]string{"symbols": symbols.String() + "};\n", "nodes": nodes.String()} {
		t.Run(name, func(t *testing.T) {
			m, err := Parse("libfly.map", []byte(text))
			providertest.WantError(t, err)
			if len(m.Symbols) != many {
				t.Errorf("%d symbols", len(m.Symbols))
			}
		})
	}
	_, err := Parse("libfly.map", []byte(symbols.String()+"fly_0;\n};\n"))
	providertest.WantError(t, err, "libfly.map:100002: ", "each symbol once in the version node A", "fly_0 again")
}

func FuzzVersionMap(f *testing.F) {
	f.Add([]byte(providertest.Map))
	f.Add([]byte("A{a;}A;/*"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse("m", data)
		if err != nil {
			return
		}
		for _, s := range m.Symbols {
			if !symbolName.MatchString(s.Name) || !slices.Contains(m.Nodes, s.Node) && len(m.Nodes)+len(s.Node) > 0 {
				t.Fatalf("%+v of %q", s, m.Nodes)
			}
		}
	})
}
