// SPDX-License-Identifier: Apache-2.0

package app

import (
	"testing"

	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs/strictyaml"
)

func TestPlaceOfAnError(t *testing.T) {
	for _, err := range []error{
		&provider.SourceError{File: "f", Line: 2, Column: 3}, &strictyaml.Mistake{File: "f", Line: 2, Column: 3},
		saidError{ui.CompilerError{File: "f", Line: 2, Col: 3}},
	} {
		a, ok := placeOf(err)
		if a.Message = ""; !ok || a != (ui.Annotation{File: "f", Line: 2, Col: 3}) {
			t.Errorf("%T: %+v", err, a)
		}
	}
	if a, ok := placeOf(&provider.FileError{File: "f"}); !ok || a.File != "f" || a.Line != 0 {
		t.Errorf("%+v", a)
	}
	if _, ok := placeOf(errUnfit); ok {
		t.Error("an error without a place has one")
	}
}
