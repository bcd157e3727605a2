// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/stage"
)

// Packages are made anew from the record next to them, whatever is in the cache, and compared with it.
func TestRebuild(t *testing.T) {
	for name, tt := range map[string]struct {
		make   func(b *trial) error
		change func(t *testing.T, b *trial, file string) // before the rebuild
		fails  string
		out    string
	}{
		"rpm": {func(b *trial) error { return b.RPM(t.Context()) }, nil, "", "built anew: the same bytes as in the record\n"},
		"deb": {func(b *trial) error {
			b.flags.Suite = new("bookworm")
			return b.Deb(t.Context())
		}, nil, "", "with fly for bookworm, built anew"},
		"rpm:addon": {func(b *trial) error { return b.RPMAddon(t.Context()) }, nil, "", "with fly for rocky9, built anew"},
		"deb:addon": {func(b *trial) error {
			b.flags.Suite = new("trixie")
			return b.DebAddon(t.Context())
		}, nil, "", "with fly for trixie, built anew"},
		"another package": {func(b *trial) error { return b.RPM(t.Context()) }, func(t *testing.T, _ *trial, file string) {
			t.Helper()
			replaceIn(t, file, `"path": "RPMS/noarch/tiny`, `"path": "RPMS/noarch/tony`)
		}, "1 of 2 packages differ from the record: RPMS/noarch/tony-1-1.noarch.rpm (missing); every recorded input is the same", ""},
		"an edited provider": {func(b *trial) error { return b.RPM(t.Context()) }, func(t *testing.T, b *trial, _ string) {
			t.Helper()
			replaceIn(t, filepath.Join(*b.flags.Provider, "fly.c"), "\n", "\n\n")
		}, "provider file fly.c differs from the record", ""},
		"another build root": {func(b *trial) error { return b.RPM(t.Context()) }, func(t *testing.T, _ *trial, file string) {
			t.Helper()
			replaceIn(t, file, "gcc-14-1", "gcc-13-1")
		}, "", "an input differs, and the packages do not: build root: package gcc-13-1.x86_64 differs from the record: want installed aa, got none"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newTrial(t)
			if err := tt.make(b); err != nil {
				t.Fatalf("%v\n%s", err, b.err.String())
			}
			files, err := filepath.Glob(filepath.Join(b.pipeline.DistDir, "*", "*", "*.buildinfo"))
			if err != nil || len(files) == 0 {
				t.Fatalf("records %v, %v", files, err)
			}
			if tt.change != nil {
				tt.change(t, b, files[0])
			}
			first := b.pipeline.Runner
			b.pipeline.Runner = &stage.Runner{CacheDir: first.CacheDir, Cache: first.Cache, UI: first.UI, Log: first.Log, Engine: first.Engine}
			made := len(b.engine.Runs())
			b.out.Reset()
			err = b.Rebuild(t.Context(), RebuildFlags{From: &files[0]})
			if tt.fails == "" && err != nil || tt.fails != "" && (err == nil || !strings.Contains(err.Error(), tt.fails)) {
				t.Errorf("got the error %v, want %q", err, tt.fails)
			}
			if !strings.Contains(b.out.String(), tt.out) {
				t.Errorf("want %q in\n%s", tt.out, b.out.String())
			}
			if more := len(b.engine.Runs()) - made; tt.out != "" && more != 1 {
				t.Errorf("%d containers ran, want the one that makes packages", more)
			}
		})
	}
}

// What cannot be rebuilt is refused before anything runs.
func TestRebuildRefuses(t *testing.T) {
	b := newTrial(t)
	if err := b.RPM(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(b.pipeline.DistDir, "*", "*", "*.buildinfo"))
	made := len(b.engine.Runs())
	for want, f := range map[string]RebuildFlags{
		"-from= is missing: want the .buildinfo next to packages in dist/": {},
		"no such file":               {From: new("none.buildinfo")},
		"-packages= is empty":        {From: &files[0], Packages: new("")},
		"not the recorded packages:": {From: &files[0], Packages: new(t.TempDir())},
	} {
		if err := b.Rebuild(t.Context(), f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if more := len(b.engine.Runs()) - made; more != 0 {
		t.Errorf("%d containers ran", more)
	}
}

func replaceIn(t *testing.T, file, from, to string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("%s has no %q", file, from)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}
