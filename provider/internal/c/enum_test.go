// SPDX-License-Identifier: Apache-2.0

package c

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
	"github.com/resnics/verbsmith/specs/edit"
)

// described returns each constant with its values, and what one after them would be.
func described(e *Enum) string {
	var parts []string
	for _, one := range e.Consts {
		parts = append(parts, fmt.Sprint(one.Name, []int(one.Values), one.Alias, one.Depth))
	}
	return strings.Join(append(parts, fmt.Sprint(e.Next)), " ")
}

func TestParseEnum(t *testing.T) {
	for body, want := range map[string]string{
		"A, B = 7, C, D = (-1), E, F = 0x10u,": "A[0]0 B[7]0 C[8]0 D[-1]0 E[0]0 F[16]0 [17]",
		"A = 3, B = A, C":                      "A[3]0 B[3]A0 C[4]0 [5]",
		"A = sizeof(int), B":                   "A[]0 B[]0 []",
		"A = NONE, B = f(1, 2), C = 5":         "A[]0 B[]0 C[5]0 [6]",
		"":                                     "[0]",
		"A,\n#ifdef X\nB,\n#endif\nC":          "A[0]0 B[1]1 C[1 2]0 [2 3]",
		"A,\n#if X\nB = 5,\n#elif Y\nC,\n#else\n#error no\n#endif\nD": "A[0]0 B[5]1 C[1]1 D[1 2 6]0 [2 3 7]",
		"\n#if X\nA = sizeof(int),\n#endif\nB":                        "A[]1 B[]0 []",
		"\n#if X\nA,\n#else\nA = 4,\n#endif\nB = A":                   "A[0]1 A[4]1 B[]0 []",
	} {
		e, err := ParseEnum("h", []byte("enum other { Z };\nenum kind {"+body+"};"), "kind")
		providertest.WantError(t, err)
		if got := described(e); got != want {
			t.Errorf("%q gives %q, want %q", body, got, want)
		}
	}
}

func TestParseEnumPlaces(t *testing.T) {
	const header = "enum kind {\n\tA,\n#if X\n\tB,\n#endif\n\tC = 3 /* last */ ,\n};"
	e, err := ParseEnum("h", []byte(header), "kind")
	providertest.WantError(t, err)
	if header[e.Open] != '{' || header[e.Close] != '}' || header[e.LastEnd-1] != ',' || !e.Comma {
		t.Errorf("%+v", e)
	}
	last := e.Consts[e.Find("C")]
	if got := header[last.Start:last.End]; got != "C = 3" {
		t.Errorf("C stands as %q", got)
	}
	if e.Find("D") != -1 {
		t.Error("D is found")
	}
	values := Values{1, 2}
	if _, only := values.Only(); only || !values.Has(2) || values.Has(3) {
		t.Error("1 or 2")
	}
	if got := values.Describe(e) + "; " + (Values{}).Describe(e); got != "1 or 2, depending on the #if in line 3; a value that the text does not determine" {
		t.Error(got)
	}
	if v, only := e.Next.Only(); !only || v != 4 {
		t.Errorf("next is %v", e.Next)
	}
}

func TestParseEnumRefuses(t *testing.T) {
	for header, want := range map[string]string{
		"enum other { A };":                        "h: want one definition enum kind {",
		"enum kind { A };\nenum kind { A };":       "h:2: want one definition",
		"enum kind {\nA B };":                      `h:2: want "=", "," or "}" after A, got "B"`,
		"enum kind { A\n#if X\n#endif\nB };":       `h:4: want "," after A`,
		"enum kind { 1 };":                         `want a constant of enum kind or "}", got "1"`,
		"enum kind { A,":                           "h:1: want the closing brace of enum kind",
		"enum kind { A = 1 +\n#if X\n2\n#endif\n}": "h:2: want the value of A on its own",
		"enum kind { A,\n#endif\n};":               "h:2: want an open #if inside enum kind, got #endif",
		"enum kind { A,\n#if X\n};":                "h:3: want #endif before the closing brace of enum kind",
		"enum kind { A /*":                         `want "*/"`,
	} {
		_, err := ParseEnum("h", []byte(header), "kind")
		providertest.WantError(t, err, want)
		if _, ok := errors.AsType[*edit.PlaceError](err); !ok {
			t.Errorf("want a *PlaceError, got %T", err)
		}
	}
}

func TestNumber(t *testing.T) {
	for text, want := range map[string]int{"7": 7, "0x1F": 31, "010": 8, "5ULL": 5} {
		if n, ok := Number(text); !ok || n != want {
			t.Errorf("%s is %d, %v", text, n, ok)
		}
	}
	for _, text := range []string{"", "A", "-1", "+1", "1_0", "0o7", "2147483648", "1.5"} {
		if n, ok := Number(text); ok {
			t.Errorf("%s is %d", text, n)
		}
	}
}
