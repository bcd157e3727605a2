// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
)

const flyEnumHead = "enum rdma_driver_id "

func TestAddDriverID(t *testing.T) {
	next := DriverID{Constant: "D_FLY", Policy: PolicyNext}
	fifty := DriverID{Constant: "D_FLY", Policy: PolicyExplicit, Value: 50}
	tests := []struct {
		name, in string
		id       DriverID
		want     string
		value    int
	}{
		{"behind the last", "{\n\tD_A,\n\tD_B,\n};", next, "{\n\tD_A,\n\tD_B,\n\tD_FLY,\n};", 2},
		{"without a last comma", "{\n\tD_A,\n\tD_B /* , }; */\n};", next, "{\n\tD_A,\n\tD_B, /* , }; */\n\tD_FLY\n};", 2},
		{"on one line", "{ D_A, D_B };", next, "{ D_A, D_B, D_FLY };", 2},
		{"on one line with a comma", "{ D_A, D_B, };", next, "{ D_A, D_B, D_FLY, };", 2},
		{"brace behind a comment", "{\n\tD_A,\n\t/* last\n */ };", next, "{\n\tD_A, D_FLY,\n\t/* last\n */ };", 1},
		{"behind an explicit value", "{\n\tD_A = 5,\n\tD_B,\n};", next, "{\n\tD_A = 5,\n\tD_B,\n\tD_FLY,\n};", 7},
		{"hexadecimal", "{\n\tD_A = 0x10U,\n};", next, "{\n\tD_A = 0x10U,\n\tD_FLY,\n};", 17},
		{"octal", "{\n\tD_A = 010,\n};", next, "{\n\tD_A = 010,\n\tD_FLY,\n};", 9},
		{"negative", "{\n\tD_A = (-1),\n\tD_B,\n};", next, "{\n\tD_A = (-1),\n\tD_B,\n\tD_FLY,\n};", 1},
		{"alias", "{\n\tD_A = 4,\n\tD_B,\n\tD_C = (D_B),\n\tD_D,\n};", next, "", 7},
		{"a constant in a comment does not count", "{\n\tD_A,\n\t/* D_B, */\n\t// D_C,\n};", next, "{\n\tD_A,\n\t/* D_B, */\n\t// D_C,\n\tD_FLY,\n};", 1},
		{"other directives do not matter", "{\n\tD_A,\n#define D_A 0\n};", next, "{\n\tD_A,\n#define D_A 0\n\tD_FLY,\n};", 1},
		{"#if with a value behind it", "{\n\tD_A,\n#ifdef X\n\tD_B,\n#endif\n\tD_C = 7,\n};", next, "", 8},
		{"#if in which each branch has one", "{\n\tD_A,\n#if X\n\tD_B,\n#elif Y\n\tD_C,\n#else\n\tD_D,\n#endif\n};", next, "", 2},
		{"explicit", "{\n\tD_A,\n};", fifty, "{\n\tD_A,\n\tD_FLY = 50,\n};", 50},
		{"explicit behind an #if", "{\n\tD_A,\n#ifdef X\n\tD_B,\n#endif\n};", fifty, "{\n\tD_A,\n#ifdef X\n\tD_B,\n#endif\n\tD_FLY = 50,\n};", 50},
		{"explicit with an unknown value before", "{\n\tD_A = sizeof(int),\n};", fifty, "{\n\tD_A = sizeof(int),\n\tD_FLY = 50,\n};", 50},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := "/* enum rdma_driver_id { */\nenum rdma_driver_id x;\n" + flyEnumHead + tt.in + "\nint behind;\n"
			for _, form := range []func(string) string{func(s string) string { return s }, providertest.CRLF} {
				out, value, already, err := addDriverID("h", []byte(form(in)), tt.id)
				providertest.WantError(t, err)
				if value != tt.value || already {
					t.Errorf("value %d, already %v; want %d, false", value, already, tt.value)
				}
				if tt.want != "" {
					providertest.WantText(t, string(out), form(strings.Replace(in, tt.in, tt.want, 1)))
				}
				again, value, already, err := addDriverID("h", out, tt.id)
				providertest.WantError(t, err)
				if value != tt.value || !already || !bytes.Equal(again, out) {
					t.Errorf("second time: value %d, already %v, text:\n%s", value, already, again)
				}
			}
		})
	}
}

func TestAddDriverIDRefuses(t *testing.T) {
	next := DriverID{Constant: "D_FLY", Policy: PolicyNext}
	two := DriverID{Constant: "D_FLY", Policy: PolicyExplicit, Value: 2}
	tests := []struct {
		name, in string
		id       DriverID
		want     []string
	}{
		{"no enum", "enum other { D_A };", next, []string{"h: want one definition enum rdma_driver_id {, got none"}},
		{"two enums", flyEnumHead + "{ D_A };\n" + flyEnumHead + "{ D_B };", next, []string{"h:2:", "got 2: lines 1 and 2"}},
		{"no closing brace", "\n" + flyEnumHead + "{\n D_A,\n", next, []string{"h:2:", "closing brace", "end of the file"}},
		{"open comment", flyEnumHead + "{\n D_A, /*\n};", next, []string{"h:2:", `"*/"`}},
		{"what is no constant", flyEnumHead + "{\n D_A,\n 7,\n};", next, []string{"h:3:", `"7"`}},
		{"attribute", flyEnumHead + "{\n D_A __attribute__((x)),\n};", next, []string{"h:2:", "__attribute__"}},
		{"no comma between", flyEnumHead + "{\n D_A\n#if X\n#endif\n D_B\n};", next, []string{"h:5:", "after D_A"}},
		{"unknown value", flyEnumHead + "{\n D_A = 1 << 4,\n};", next, []string{"h:3:", "the text does not determine"}},
		{"number that only Go reads", flyEnumHead + "{\n D_A = 0o10,\n};", next, []string{"the text does not determine"}},
		{"#if that an edit on one line would enter", flyEnumHead + "{\n D_Z,\n#if X\n D_A = 4,\n#else\n D_B = 4,\n#endif\n/**/ };", next, []string{"h:7:", "a different layout"}},
		{"alias of what is not there", flyEnumHead + "{\n D_A = D_Z,\n};", next, []string{"the text does not determine"}},
		{"#if decides", flyEnumHead + "{\n D_A,\n#ifdef X\n D_B,\n#endif\n};", next, []string{"h:6:", "1 or 2, depending on the #if in line 3"}},
		{"#if around the brace", flyEnumHead + "{\n D_A,\n#ifdef X\n};\n#endif\n", next, []string{"h:4:", "inside an #if"}},
		{"#endif alone", flyEnumHead + "{\n#endif\n};", next, []string{"h:2:", "#endif"}},
		{"#if inside a value", flyEnumHead + "{\n D_A =\n#if X\n 1\n#endif\n};", next, []string{"h:3:", "inside it"}},
		{"behind the greatest", flyEnumHead + "{\n D_A = 0x7fffffff,\n};", next, []string{"h:3:", "from 1 to 2147483647 for D_FLY", "got 2147483648"}},
		{"behind a negative one", flyEnumHead + "{\n D_A = -1,\n};", next, []string{"h:3:", "from 1 to 2147483647", "got 0"}},
		{"there, behind the greatest", flyEnumHead + "{\n D_A = 0x7fffffff,\n D_FLY,\n};", next, []string{"h:3:", "got 2147483648"}},
		{"behind one that counts them", flyEnumHead + "{\n D_A,\n D_MAX,\n};", next, []string{"h:3:", "a driver as the last constant", "got D_MAX"}},
		{"empty", flyEnumHead + "{\n};", next, []string{"last constant"}},
		{"constant in two branches", flyEnumHead + "{\n#if X\n D_FLY,\n#else\n D_FLY,\n#endif\n};", next, []string{"h:5:", "another in line 3"}},
		{"constant under #if with two values", flyEnumHead + "{\n#if X\n D_A,\n#endif\n D_FLY,\n};", next, []string{"h:5:", "0 or 1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, _, _, err := addDriverID("h", []byte(tt.in), tt.id)
			providertest.WantError(t, err, tt.want...)
			var place *PlaceError
			if !errors.As(err, &place) || out != nil && string(out) != tt.in {
				t.Errorf("want a *PlaceError and nothing changed, got %T", err)
			}
		})
	}

	taken := []struct {
		name, in string
		id       DriverID
		by       string
	}{
		{"explicit", flyEnumHead + "{\n D_A,\n D_B,\n D_C,\n};", two, "D_C"},
		{"next, behind a smaller value", flyEnumHead + "{\n D_A = 3,\n D_B = 2,\n};", next, "D_A"},
		{"possibly, under an #if", flyEnumHead + "{\n D_A,\n#if X\n D_B,\n#endif\n D_C,\n};", two, "D_C"},
		{"in the release already", flyEnumHead + "{\n D_A = 2,\n D_FLY = 2,\n};", two, "D_A"},
	}
	for _, tt := range taken {
		t.Run("taken: "+tt.name, func(t *testing.T) {
			_, _, _, err := addDriverID("h", []byte(tt.in), tt.id)
			var e *TakenError
			if !errors.As(err, &e) || e.By != tt.by || e.Constant != "D_FLY" || e.Line == 0 {
				t.Errorf("got %v, want a *TakenError by %s", err, tt.by)
			}
		})
	}

	t.Run("another value in the release already", func(t *testing.T) {
		_, _, _, err := addDriverID("h", []byte(flyEnumHead+"{\n D_A,\n D_FLY,\n};"), two)
		var e *ConflictError
		if !errors.As(err, &e) || e.Line != 3 {
			t.Errorf("got %v, want a *ConflictError in line 3", err)
		}
	})
	t.Run("an alias of ours in the release already", func(t *testing.T) {
		in := flyEnumHead + "{\n D_A,\n D_FLY,\n D_OLD = D_FLY,\n};"
		_, v, already, err := addDriverID("h", []byte(in), next)
		if err != nil || v != 1 || !already {
			t.Errorf("got %d, %v, %v; want 1, true, nil", v, already, err)
		}
	})
	t.Run("an alias in the release already", func(t *testing.T) {
		_, v, already, err := addDriverID("h", []byte(flyEnumHead+"{\n D_A,\n D_B,\n D_FLY = D_B,\n};"), next)
		if err != nil || v != 1 || !already {
			t.Errorf("got %d, %v, %v; want 1, true, nil", v, already, err)
		}
	})
}
