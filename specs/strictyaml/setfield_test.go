// SPDX-License-Identifier: Apache-2.0

package strictyaml_test

import (
	"testing"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

func TestSetField(t *testing.T) {
	for _, tt := range []struct{ what, text, want string }{
		{"there", "a: 1 # one\nb: 2\n", "a: 1 # one\nb: 9\n"},
		{"in quotes", "b: 'x y' # two\na: 1\n", "b: 9 # two\na: 1\n"},
		{"new", "a: 1 # one\nc: 3\n", "a: 1 # one\nb: 9\nc: 3\n"},
		{"new at the end", "c: 3\na: 1", "c: 3\na: 1\nb: 9\n"},
		{"of something inside", "a: 1\nc: {b: 2}\n", "a: 1\nb: 9\nc: {b: 2}\n"},
		{"after what is not there", "c: 3\n", "c: 3\n"},
		{"a list", "- a\n", "- a\n"},
		{"not a scalar", "b: [1, 2]\n", "b: 9[1, 2]\n"}, // which the caller sees
		{"escaped", "b: \"\\t\"\n", "b: \"\\t\"\n"},
		{"no YAML", "a: [\n", "a: [\n"},
		{"empty", "", ""},
	} {
		if got := string(strictyaml.SetField([]byte(tt.text), "b", "9", "a")); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}
