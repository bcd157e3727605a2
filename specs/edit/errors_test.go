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
		"a/b.spec:7: looked for %prep, found none": &edit.PlaceError{File: "a/b.spec", Line: 7, LookedFor: "%prep", Found: "none"},
		"a b: looked for x, found y":               &edit.PlaceError{File: "a b", LookedFor: "x", Found: "y"},
		`"a\nb":2: looked for x, found y`:          &edit.PlaceError{File: "a\nb", Line: 2, LookedFor: "x", Found: "y"},
		`"a\xff": looked for x, found y`:           &edit.PlaceError{File: "a\xff", LookedFor: "x", Found: "y"},
		`name "a\x1b": want letters`:               &edit.ValueError{What: "name", Value: "a\x1b", Want: "letters"},
	} {
		if got := err.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if err := (&edit.PlaceError{Err: fs.ErrNotExist}); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the cause is lost")
	}
}
