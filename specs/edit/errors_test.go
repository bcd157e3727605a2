// SPDX-License-Identifier: Apache-2.0

package edit_test

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/resnics/verbsmith/specs/edit"
)

func TestErrorText(t *testing.T) {
	for want, err := range map[string]error{
		"a/b.spec:7: want %prep, got none": &edit.PlaceError{File: "a/b.spec", Line: 7, LookedFor: "%prep", Found: "none"},
		"a b: want x, got y":               &edit.PlaceError{File: "a b", LookedFor: "x", Found: "y"},
		`"a\nb":2: want x, got y`:          &edit.PlaceError{File: "a\nb", Line: 2, LookedFor: "x", Found: "y"},
		`"a\xff": want x, got y`:           &edit.PlaceError{File: "a\xff", LookedFor: "x", Found: "y"},
		`name "a\x1b": want letters`:       &edit.ValueError{What: "name", Value: "a\x1b", Want: "letters"},
	} {
		if got := err.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if err := (&edit.PlaceError{Err: fs.ErrNotExist}); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the cause is lost")
	}
}
