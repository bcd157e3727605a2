// SPDX-License-Identifier: Apache-2.0

package edit_test

import (
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs/edit"
)

func TestCut(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"a", "a"},
		{strings.Repeat("x", 200), strings.Repeat("x", 200)},
		{strings.Repeat("x", 201), strings.Repeat("x", 200) + "... (201 characters)"},
		{strings.Repeat("é", 200), strings.Repeat("é", 200)},
		{strings.Repeat("é", 25_000), strings.Repeat("é", 200) + "... (25000 characters)"},
		{strings.Repeat("\xff", 300), strings.Repeat("\xff", 200) + "... (300 characters)"},
	} {
		got := edit.Cut(tt.text)
		if got != tt.want {
			t.Errorf("%.20q: got %q", tt.text, got)
		}
		if edit.Cut(got) != got {
			t.Errorf("%.20q: a second time %q", tt.text, edit.Cut(got))
		}
	}
	if got := edit.CutTo("abcdef", 3); got != "abc... (6 characters)" {
		t.Errorf("got %q", got)
	}
	if got := edit.Quote("\n" + strings.Repeat("x", 300)); got != `"\n`+strings.Repeat("x", 199)+`"... (301 characters)` {
		t.Errorf("got %s", got)
	}
}

// TestErrorsAreShort: what a file has on one line must not make a message as long as itself.
func TestErrorsAreShort(t *testing.T) {
	long := strings.Repeat("(", 1<<20)
	for _, err := range []error{
		&edit.PlaceError{File: "f", Line: 1, LookedFor: "x", Found: long},
		&edit.PlaceError{File: "f", Line: 1, LookedFor: long, Found: "x"},
		&edit.PlaceError{File: long, LookedFor: "x", Found: "x"},
		&edit.ValueError{What: "x", Value: long, Want: "x"},
	} {
		if n := len(err.Error()); n > 300 {
			t.Errorf("%T: %d bytes", err, n)
		}
	}
}
