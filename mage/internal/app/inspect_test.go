// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
)

func inspect(f InspectFlags) func(*App, context.Context) error {
	return func(a *App, ctx context.Context) error { return a.Inspect(ctx, f) }
}

// What has changed since another build is shown and written, and a mistake in the flags is found before anything is built.
func TestInspectAgainst(t *testing.T) {
	b := newTrial(t)
	other, file := t.TempDir(), filepath.Join(t.TempDir(), "changes.json")
	rpmtest.Write(t, filepath.Join(other, "tiny.noarch.rpm"), "/etc/gone")
	for want, f := range map[string]InspectFlags{
		"-against= is empty":       {Against: new("")},
		errJSONOfNothing.Error():   {JSON: &file},
		"want a regular file, got": {Against: &other, JSON: &other},
	} {
		if err := b.Inspect(t.Context(), f); err == nil || !strings.Contains(err.Error(), want) || len(b.engine.Runs()) > 0 {
			t.Errorf("got %v after %d containers, want %q", err, len(b.engine.Runs()), want)
		}
	}
	if err := b.Inspect(t.Context(), InspectFlags{Against: &other, JSON: &file}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.out.String(), "| tiny | file | /etc/gone |") {
		t.Errorf("got\n%s", b.out.String())
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(text), changesStart) || !strings.Contains(string(text), `"was": "/etc/gone"`) {
		t.Errorf("got %v\n%s", err, text)
	}
	b.out.Reset()
	rpmtest.Write(t, filepath.Join(other, "tiny.noarch.rpm"))
	if err := b.Inspect(t.Context(), InspectFlags{Against: &other, JSON: &file}); err != nil || !strings.Contains(b.out.String(), "have the same files") {
		t.Errorf("the same: %v\n%s", err, b.out.String())
	}
	if err := b.Inspect(t.Context(), InspectFlags{Against: new("nowhere")}); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("got %v", err)
	}
}
