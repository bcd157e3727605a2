// SPDX-License-Identifier: Apache-2.0

package ui_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

// The parts are those of what Error shows.
func TestFailures(t *testing.T) {
	log := filepath.Join(t.TempDir(), "a.log")
	if err := os.WriteFile(log, []byte("[1/2] cc a.c\na.c:3:1: error: no\n 3 | int x\nlast\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	u := ui.New(ui.Options{Locate: func(file string) string { return "mine/" + file }})
	defer u.Close()
	got := u.Failures(&advisedError{
		err:    &stageError{stage: "rpm", distro: "rocky9", release: "56.1", err: &commandError{argv: []string{"a", "b c"}, code: 139, log: log}},
		advice: "mend it",
	})
	if len(got) != 1 {
		t.Fatalf("got %+v", got)
	}
	f := got[0]
	if f.Stage != "rpm" || f.Distro != "rocky9" || f.Release != "56.1" || f.Command != "a 'b c'" || f.Exit != "139 (segmentation fault)" || f.Log != log ||
		!slices.Equal(f.Message, []string{"rpm: exit status 139"}) || !slices.Equal(f.Advice, []string{"mend it"}) || f.Interrupted {
		t.Errorf("got %+v", f)
	}
	if len(f.Errors) != 1 || f.Errors[0].File != "mine/a.c" || f.Errors[0].Source != " 3 | int x" || f.Tail[len(f.Tail)-1] != "last" {
		t.Errorf("got %+v, %q", f.Errors, f.Tail)
	}
	if got := u.Failures(fmt.Errorf("stopped: %w", context.Canceled)); len(got) != 1 || !got[0].Interrupted || got[0].Command != "" {
		t.Errorf("got %+v", got)
	}
	if got := u.Failures(errors.Join(&stageError{stage: "x", err: errors.New("a")}, &stageError{stage: "y", err: errors.New("b")})); len(got) != 2 || got[1].Stage != "y" {
		t.Errorf("got %+v", got)
	}
	if got := u.Failures(nil); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}
