// SPDX-License-Identifier: Apache-2.0

package strictyaml

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/resnics/verbsmith/specs/edit"
)

// The work for the line of a syntax error grows as the file does.
func TestSyntaxErrorIsFoundInOnePass(t *testing.T) {
	for name, file := range map[string]func(n int) string{
		"texts over two lines": func(n int) string { return "a:\n" + strings.Repeat("  - \"a\n    b\"\n", n) + " bad: [\n" },
		"lists over 31 lines":  func(n int) string { return strings.Repeat("x: [\n"+strings.Repeat("a,\n", 29)+"b]\n", n/8) + " bad\n" },
		"an open quote":        func(n int) string { return "a: \"" + strings.Repeat("a\n", n) },
		"open lists":           func(n int) string { return "a: " + strings.Repeat("[\n", n) },
		"comments behind":      func(n int) string { return "a: *b\n" + strings.Repeat("# c\n", n) },
	} {
		t.Run(name, func(t *testing.T) {
			cost := func(n int) int {
				data := []byte(file(n))
				var node yaml.Node
				err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&node)
				if err == nil {
					t.Fatal("no error")
				}
				l := &locator{lines: bytes.SplitAfter(data, []byte("\n"))}
				l.badLine(err)
				return l.parsed
			}
			small, large := cost(2000), cost(4000)
			if large > 3*small || large > (lookback+2)*2*4000 {
				t.Errorf("%d lines are parsed for n, %d for 2n", small, large)
			}
		})
	}
}

type plot struct {
	Name  string            `yaml:"name"`
	Notes map[string]string `yaml:"notes,omitempty"`
	Beds  []string          `yaml:"beds,omitempty"`
}

func TestMistakesAreCounted(t *testing.T) {
	many := func(form string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, form, i)
		}
		return b.String()
	}
	for _, tt := range []struct {
		name, text string
		mistakes   int
		last       string
	}{
		{"as many as are shown", "name: a\n" + many("x%d: 1\n", maxMistakes), maxMistakes, `p.yaml:21:1: x19: want one of the fields name, notes, beds, got the unknown field "x19"`},
		{"unknown fields", "name: a\n" + many("x%d: 1\n", 5000), maxMistakes + 1, "p.yaml:22:1: want at most 20 mistakes, got 4980 more from here on"},
		{"wrong types", "name: a\nnotes:\n" + many("  x%d: 1\n", 5000), maxMistakes + 1, "p.yaml:23:8: want at most 20 mistakes, got 4980 more from here on"},
		{"keys again", "name: a\n" + many("name: a%d\n", 5000), maxMistakes + 1, "p.yaml:22:1: want at most 20 mistakes, got 4980 more from here on"},
		{"anchors", "name: a\nbeds:\n" + many("  - &a%d b\n", 5000), maxMistakes + 1, "p.yaml:23:5: want at most 20 mistakes, got 4980 more from here on"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p plot
			all := Mistakes(Decode("p.yaml", []byte(tt.text), &p))
			if len(all) != tt.mistakes {
				t.Fatalf("%d mistakes, want %d", len(all), tt.mistakes)
			}
			if got := all[len(all)-1].Error(); got != tt.last {
				t.Errorf("got  %s\nwant %s", got, tt.last)
			}
		})
	}
}

// Beside its mistakes a file is decoded, for who leaves out what they name.
func TestTheRestIsDecoded(t *testing.T) {
	for name, tt := range map[string]struct{ text, plot string }{
		"an unknown field": {"name: a\nx: 1\nbeds: [b]\n", "{a map[] [b]}"},
		"a wrong type":     {"name: a\nnotes: 3\nbeds: [b]\n", "{a map[] [b]}"},
		"a key again":      {"name: a\nbeds: [b]\nname: c\nnotes: {x: y, x: z}\n", "{a map[x:y] [b]}"},
		"an alias":         {"name: &a a\nbeds: [*a, *a]\n", "{ map[] []}"},
		"a merge":          {"name: &a {x: y}\nnotes: {<<: *a}\n", "{ map[] []}"},
		"not YAML":         {"name: a\nbeds: [\n", "{ map[] []}"},
	} {
		t.Run(name, func(t *testing.T) {
			var p plot
			if err := Decode("p.yaml", []byte(tt.text), &p); err == nil {
				t.Fatal("no error")
			}
			if got := fmt.Sprint(p); got != tt.plot {
				t.Errorf("got %s, want %s", got, tt.plot)
			}
		})
	}
}

// Nothing grows beyond what the file has: no alias is followed, no depth is walked.
func TestBombs(t *testing.T) {
	var laughs strings.Builder
	laughs.WriteString("name: a\nbeds: [&a0 [x, x]]\n")
	for i := range 60 {
		fmt.Fprintf(&laughs, "n%d: &a%d [*a%d, *a%d]\n", i, i+1, i, i)
	}
	for name, text := range map[string]string{
		"aliases":        laughs.String(),
		"flow lists":     "name: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
		"flow mappings":  "name: " + strings.Repeat("{a: ", 9000) + strings.Repeat("}", 9000),
		"open lists":     "name: " + strings.Repeat("[", MaxSize-6),
		"block lists":    "name:\n " + strings.Repeat("- ", 9000),
		"a long word":    "name: a\nnotes: {" + strings.Repeat("x y", 20000) + ": 1}",
		"a long field":   strings.Repeat("x", MaxSize-2) + ": ",
		"a long anchor":  "name: &" + strings.Repeat("x", 20000) + " a",
		"a long tag":     "name: !" + strings.Repeat("x", 20000) + " a",
		"above the size": "name: a\n" + strings.Repeat("#", MaxSize),
	} {
		t.Run(name, func(t *testing.T) {
			var p plot
			err := Decode("p.yaml", []byte(text), &p)
			if err == nil {
				t.Fatal("no error")
			}
			for line := range strings.Lines(err.Error()) {
				if len(line) > 3*edit.MostQuoted {
					t.Errorf("a line of %d bytes: %.200s", len(line), line)
				}
			}
		})
	}
}
