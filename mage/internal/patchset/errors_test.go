// SPDX-License-Identifier: Apache-2.0

package patchset_test

import (
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/patchset"
)

// TestErrorsAreShort: a name or a line of a patch must not make a message as long as itself.
func TestErrorsAreShort(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, err := range []error{
		&patchset.BinaryError{File: long},
		&patchset.FileTypeError{File: long, Found: "link to " + long},
		&patchset.HeaderError{Field: "subject", Want: "one line", Got: long},
		&patchset.PathError{Name: long, Why: "lies outside"},
		&patchset.ConflictError{File: long, Line: 1, Want: long, Got: long},
	} {
		if n := len(err.Error()); n > 1000 {
			t.Errorf("%T: %d bytes", err, n)
		}
	}
}
