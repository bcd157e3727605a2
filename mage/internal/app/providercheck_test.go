// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/examine"
)

// TestLicenceThatCannotBeReadIsToldOnce: what refuses the provider in a release is the
// mistake that the check of the licence lines has reported.
func TestLicenceThatCannotBeReadIsToldOnce(t *testing.T) {
	for name, files := range map[string][]string{"one file": {"own.c"}, "several files": {"own.c", "own.h"}} {
		dir := filepath.Join(t.TempDir(), "rib")
		if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "..", "provider", "rib"))); err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if err := os.WriteFile(filepath.Join(dir, file), []byte("// SPDX-License-Identifier: GPL-2.0 AND\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		x := examine.Examine(t.Context(), dir)
		_, err := x.Provider.Copyright()
		if err == nil {
			t.Fatal("the licence can be read")
		}
		c := &providerCheck{answers: x.Answers}
		if got := c.untold(failedAnswer(checkRelease, err)); got.Failed() || got.Skipped == "" {
			t.Errorf("%s: %v is reported again, skipped %q", name, got.Findings, got.Skipped)
		}
		other := errors.Join(err, &provider.SourceError{File: "other.c", Line: 1, Want: "x", Got: "y"})
		if got := c.untold(failedAnswer(checkRelease, other)); len(got.Findings) != 1 || got.Skipped != "" {
			t.Errorf("%s: %v, skipped %q; want the other mistake alone", name, got.Findings, got.Skipped)
		}
	}
}
