// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const smallMap = `/* what libfly
   has */
FLY_1.0 { # the first
	global:
		flydv_land;
		flydv_open; flydv_close;
	local: *;
};

FLY_1.1 {
	global:
		flydv_land;
	local:
		flydv_*; "x y";
} FLY_1.0;
`

func TestParseVersionMap(t *testing.T) {
	symbols := []Symbol{{"flydv_land", "FLY_1.0"}, {"flydv_open", "FLY_1.0"}, {"flydv_close", "FLY_1.0"}, {"flydv_land", "FLY_1.1"}}
	for name, text := range map[string]string{
		"as written": smallMap, "CRLF": crlf(smallMap),
		"tight": "FLY_1.0{flydv_land;global:flydv_open;flydv_close;local:*;};FLY_1.1{flydv_land;}FLY_1.0;",
	} {
		t.Run(name, func(t *testing.T) {
			if name != "tight" {
				text = replaceOnce(t, text, `; "x y";`, ";") // a blank inside quotes is refused below
			}
			m, err := parseVersionMap("libfly.map", []byte(text))
			wantError(t, err)
			if !slices.Equal(m.Nodes, []string{"FLY_1.0", "FLY_1.1"}) || !slices.Equal(m.Symbols, symbols) {
				t.Errorf("got %+v", m)
			}
		})
	}
}

func TestParseVersionMapMistakes(t *testing.T) {
	tests := []struct {
		name, text string
		line       int
		want       string
	}{
		{"empty", "\n# nothing\n", 0, "a version node"},
		{"nothing exported", "A { local: *; };", 0, "a symbol in global:"},
		{"no name", "\n{ global: a; };", 2, "the name of a version node"},
		{"pattern", "A {\nglobal:\n fly_*;\n};", 3, "without patterns"},
		{"C++", "A {\n extern \"C++\" { a; };\n};", 2, `";" behind extern`},
		{"comment without end", "A {\n/* global: a; };", 2, "the comment"},
		{"brace without end", "A {\nglobal: a;\n", 3, "the end of the file"},
		{"no semicolon", "A { global: a\n};", 2, `";" behind a`},
		{"no semicolon at the end", "A { global: a; }", 1, `";", or a version node`},
		{"parent that is not there", "A { a; };\nB { b; } C;", 2, `found "C"`},
		{"own parent", "A { a; } A;", 1, `found "A"`},
		{"node twice", "A { a; };\nA { b; };", 2, "A again"},
		{"symbol twice", "A { a;\n a; };", 2, "a again"},
		{"other sign", "A { a; };\n/ B", 2, "a version node"},
		{"hostile symbol", "A { $(touch x); };", 1, "without patterns"},
		{"hostile node", "A%{x} { a; };", 1, "the name of a version node"},
		{"quoted blank", "A { a; local: \"x y\"; };", 1, `";" behind`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseVersionMap("libfly.map", []byte(tt.text))
			wantError(t, err, "libfly.map", tt.want)
			var place *PlaceError
			if !errors.As(err, &place) || place.Line != tt.line {
				t.Errorf("want a *PlaceError of line %d, got %v", tt.line, err)
			}
		})
	}
}

// A map as long as a folder may hold is read in one pass: by comparing each name
// with all before it, either of these takes minutes.
func TestParseVersionMapIsLinear(t *testing.T) {
	const many = 300_000
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
			start := time.Now()
			m, err := parseVersionMap("libfly.map", []byte(text))
			wantError(t, err)
			if len(m.Symbols) != many {
				t.Errorf("%d symbols", len(m.Symbols))
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
	_, err := parseVersionMap("libfly.map", []byte(symbols.String()+"fly_0;\n};\n"))
	wantError(t, err, "libfly.map:300002: ", "each symbol once in the version node A", "fly_0 again")
}

func FuzzVersionMap(f *testing.F) {
	f.Add([]byte(smallMap))
	f.Add([]byte("A{a;}A;/*"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseVersionMap("m", data)
		if err != nil {
			return
		}
		for _, s := range m.Symbols {
			if !symbolName.MatchString(s.Name) || !slices.Contains(m.Nodes, s.Node) {
				t.Fatalf("%+v of %q", s, m.Nodes)
			}
		}
	})
}
