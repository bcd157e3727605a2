// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/debtest"
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
		"it has no packages":       {Against: new(t.TempDir())},
		"want a URL that begins":   {Against: new("ftp://host/x")},
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
	b.writePages(t.Context())
	dir := filepath.Join(b.dirs.dist, "rocky9", "rdma-core-56.1")
	kept := filepath.Join(dir, dist.ChangesFile)
	if again, err := os.ReadFile(kept); err != nil || !bytes.Equal(again, text) {
		t.Errorf("next to the packages: %v\n%s", err, again)
	}
	page, err := os.ReadFile(filepath.Join(dir, pageFile))
	if err != nil || !strings.Contains(string(page), "Changes since "+shownPlace(other, hidden(b.dirs, b.flags))) || !strings.Contains(string(page), "/etc/gone") {
		t.Errorf("the report: %v\n%s", err, page)
	}
	b.out.Reset()
	rpmtest.Write(t, filepath.Join(other, "tiny.noarch.rpm"))
	if err := b.Inspect(t.Context(), InspectFlags{Against: &other, JSON: &file}); err != nil || !strings.Contains(b.out.String(), "have the same files") {
		t.Errorf("the same: %v\n%s", err, b.out.String())
	}
	// Other packages in its place: what was found of these is gone.
	b.flags.Suffix = new(".fly2")
	if err := b.Inspect(t.Context(), InspectFlags{}); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(kept); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it stays: %v", err)
	}
	if err := b.Inspect(t.Context(), InspectFlags{Against: new("nowhere")}); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("got %v", err)
	}
}

// With -suite it is about Debian's packages, and refuses others.
func TestInspectDebs(t *testing.T) {
	b := newTrial(t)
	b.flags.Suite = new("bookworm")
	other, rpms := t.TempDir(), t.TempDir()
	debtest.Write(t, filepath.Join(other, "libfly1.deb"), debtest.Deb{Name: "libfly1", Version: "56.1-1", Files: map[string]string{"usr/share/gone": ""}})
	rpmtest.Write(t, filepath.Join(rpms, "tiny.noarch.rpm"))
	if err := b.Inspect(t.Context(), InspectFlags{Against: &other}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"libfly1_56.1-1_amd64\n", "└── fly", "deb -provider=none builds", "| libfly1 | file | /usr/share/gone |"} {
		if !strings.Contains(b.out.String(), want) {
			t.Errorf("no %q in\n%s", want, b.out.String())
		}
	}
	if _, err := os.Stat(filepath.Join(b.dirs.dist, "debian-bookworm", "rdma-core-56.1", dist.ChangesFile)); err != nil {
		t.Error(err)
	}
	if err := b.Inspect(t.Context(), InspectFlags{Against: &rpms}); err == nil || !strings.Contains(err.Error(), "want Debian packages, it has RPMs") {
		t.Errorf("got %v", err)
	}
	b.flags.Distro = new("rocky9")
	if err := b.Inspect(t.Context(), InspectFlags{}); !errors.Is(err, errTwoTargets) {
		t.Errorf("got %v", err)
	}
}

// What is compared with is named as others know it.
func TestShownPlace(t *testing.T) {
	hide := strings.NewReplacer("/home/me", "HOME").Replace
	for place, want := range map[string]string{
		"https://me:secret@host/x": "https://***@host/x", "/home/me/rpms": "HOME/rpms", "file:///home/me/rpms": "HOME/rpms",
		"/srv/me/rpm/rocky9/x86_64/": "…/rpm/rocky9/x86_64", "/rpms": "rpms",
	} {
		if got := shownPlace(place, hide); got != want {
			t.Errorf("%s: got %q, want %q", place, got, want)
		}
	}
}
