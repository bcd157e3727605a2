// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs"
)

// Where a repository has one provider.yaml, it is the default; others have to be named, as directory or by its name.
func TestProvidersOfARepository(t *testing.T) {
	a := &App{dirs: dirsFor(t, "repo/dist", "cache")}
	root := a.dirs.root
	at := func(name string) string { return filepath.Join(root, name, "provider.yaml") }
	put(t, filepath.Join(root, "README"))
	none, ok := errors.AsType[*NoProviderError](second(a.defaultProvider()))
	if !ok || len(none.Found) > 0 || !strings.Contains(none.Error(), "provider:new") {
		t.Errorf("none: %v", none)
	}
	put(t, at("user/fly"), at(".hidden/x"), at("testdata/x"), at("dist/x"), at("user/fly/testdata/y"))
	if got, err := a.defaultProvider(); err != nil || got != filepath.Join(root, "user/fly") {
		t.Errorf("got %q, %v", got, err)
	}
	put(t, at("old/fly"), at("user/bee"))
	if several, ok := errors.AsType[*NoProviderError](second(a.defaultProvider())); !ok || len(several.Found) != 3 {
		t.Errorf("several: %v", several)
	}
	if got, err := a.providerDir("bee"); err != nil || got != filepath.Join(root, "user/bee") {
		t.Errorf("by name: %q, %v", got, err)
	}
	if twice, ok := errors.AsType[*NoProviderError](second(a.providerDir("fly"))); !ok || len(twice.Found) != 2 {
		t.Errorf("a name that two have: %v", twice)
	}
	if unknown, ok := errors.AsType[*specs.UnknownError](second(a.providerDir("ant"))); !ok || !slices.Contains(unknown.Known, "bee") {
		t.Errorf("a name that none has: %v", unknown)
	}
	// verbsmith's own repository.
	a.dirs.own = true
	put(t, at("provider/rib"), at("provider/fly"))
	if got, err := a.defaultProvider(); err != nil || got != ownProvider {
		t.Errorf("own: %q, %v", got, err)
	}
	if got, err := a.providerDir("fly"); err != nil || got != filepath.Join(root, "provider/fly") {
		t.Errorf("own, by name: %q, %v", got, err)
	}
	if err := a.ownOnly("check"); err != nil {
		t.Error(err)
	}
	if a.dirs.own = false; a.ownOnly("check") == nil {
		t.Error("another repository has verbsmith's own checks")
	}
}

func second[T any](_ T, err error) error { return err }

// In a directory of a repository, paths are those from there.
func TestProviderIsNamedFromHere(t *testing.T) {
	a := &App{dirs: dirsFor(t, "dist", "cache")}
	put(t, filepath.Join(a.dirs.root, "provider.yaml"))
	t.Chdir(a.dirs.root)
	if got, err := a.defaultProvider(); err != nil || got != "." {
		t.Errorf("got %q, %v", got, err)
	}
}
