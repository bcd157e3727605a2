// SPDX-License-Identifier: Apache-2.0

package c

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
	"github.com/resnics/verbsmith/specs/edit"
)

// scanned returns the tokens of a text, with "|" between them.
func scanned(t *testing.T, source string) string {
	t.Helper()
	toks, err := Scan("c", []byte(source))
	providertest.WantError(t, err)
	var texts []string
	for _, tok := range toks {
		if source[tok.Start:tok.End] != tok.Text {
			t.Errorf("%q is said to stand where %q is", tok.Text, source[tok.Start:tok.End])
		}
		texts = append(texts, tok.Text)
	}
	return strings.Join(texts, "|")
}

func TestScan(t *testing.T) {
	for source, want := range map[string]string{
		"int a_1 = 0x1F;":                "int|a_1|=|0x1F|;",
		"a/* b\n c */d // e\nf":          "a|d|f",
		"a // b \\\n c\nd":               "a|d",
		"a // b":                         "a",
		"\"a \\\" b\" 'c' '\\''":         `"a \" b"|'c'|'\''`,
		"\"a \\\r\n b\"":                 "\"a \\\r\n b\"",
		"#define A 1 \\\n 2\nb":          "#define A 1 \\\n 2|b",
		"  /* c */ #if X /* d\n e */\nb": "#if X /* d\n e */|b",
		"#error don't\nb":                "#error don't|b",
		"#define A \"x /* y\"\nb":        "#define A \"x /* y\"|b",
		"a # b":                          "a|#|b",
		"a\v\fb":                         "a|b",
		"#include <x.h>":                 "#include <x.h>",
		"#define A \\\r\n 1\r\nb":        "#define A \\\r\n 1\r|b",
	} {
		if got := scanned(t, source); got != want {
			t.Errorf("%q gives %q, want %q", source, got, want)
		}
	}
}

func TestScanRefuses(t *testing.T) {
	for source, want := range map[string]string{
		"a\n/* b":       `c:2: want "*/" that ends the comment`,
		"a\nb \"c\nd\"": `c:2: want '"' that ends the constant`,
		"'a":            `c:1: want '\'' that ends the constant`,
		"a\n#if X /* b": `c:2: want "*/" that ends a comment in the preprocessor line`,
	} {
		_, err := Scan("c", []byte(source))
		providertest.WantError(t, err, want)
		if _, ok := errors.AsType[*edit.PlaceError](err); !ok {
			t.Errorf("want a *PlaceError, got %T", err)
		}
		if got := ScanText(source); got != nil {
			t.Errorf("%q has tokens %v", source, got)
		}
	}
}

func TestBrackets(t *testing.T) {
	toks := ScanText(`f(a, (b, c)[1], "x,)", {d,})`)
	if got := Closing(toks, 1); got != len(toks)-1 {
		t.Errorf("closes at %d", got)
	}
	if got := Closing(toks[:4], 1); got != -1 {
		t.Errorf("one that nothing closes closes at %d", got)
	}
	name, args, ok := Call(toks)
	var texts []string
	for _, a := range args {
		texts = append(texts, Join(a))
	}
	if want := []string{"a", "(b, c)[1]", `"x,)"`, "{d,}"}; name != "f" || !ok || !slices.Equal(texts, want) {
		t.Errorf("%s %q", name, texts)
	}
	for _, other := range []string{"f", "f()", "(a)", "f(a) b", "f(a"} {
		if _, args, ok := Call(ScanText(other)); ok != (other == "f()") || len(args) > 0 {
			t.Errorf("%s is a call of %v", other, args)
		}
	}
	if got := Split(ScanText("a,,b,")); len(got) != 3 || len(got[1]) != 0 {
		t.Errorf("parts %v", got)
	}
}

func TestDirectives(t *testing.T) {
	for source, want := range map[string][3]string{
		"# include <rdma/a.h>":     {"include", "rdma/a.h", ""},
		"#include \"b.h\" // c":    {"include", "b.h", ""},
		"#include NAME":            {"include", "", ""},
		"#\tdefine A(x) ((x) + 1)": {"define", "", "((x) + 1)"},
		"#define A":                {"define", "", ""},
		"#define A \\\n 1":         {"define", "", "1"},
		"#ifdef A":                 {"ifdef", "", ""},
		"#":                        {"", "", ""},
		"\"#include <a.h>\"":       {"", "", ""},
	} {
		tok := ScanText(source)[0]
		if got := [3]string{tok.Directive(), tok.Included(), Join(tok.Definition())}; got != want {
			t.Errorf("%q gives %q, want %q", source, got, want)
		}
		if got := tok.IsInclude(); got != (want[0] == "include") {
			t.Errorf("%q includes: %v", source, got)
		}
	}
}

// What stands under a condition is told by its depth; the guard of a header is not a condition.
func TestConditions(t *testing.T) {
	const guarded = "#ifndef A_H\n#define A_H\na\n#if X\nb\n#ifdef Y\nc\n#else\nd\n#endif\n#endif\ne\n#endif\n#endif\nf"
	for source, want := range map[string]string{
		guarded:                              "a0 b1 c2 d2 e0 f0",
		"#ifndef A\na\n#endif\nb":            "a1 b0",
		"x\n#ifndef A\n#define A\na\n#endif": "x0 a1",
	} {
		toks := ScanText(source)
		var got []string
		for i, depth := range Conditions(toks) {
			if toks[i].Kind == Word {
				got = append(got, toks[i].Text+string(rune('0'+depth)))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q gives %q, want %q", source, got, want)
		}
	}
}
