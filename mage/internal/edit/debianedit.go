// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs/debianpkg"
)

// editDebian makes the edits in debian/ that upstream makes for a provider, and returns them.
// old is the release's own provider of that name, nil if none is replaced.
//
// Errors: errNoDebian; *debianpkg.PlaceError, *debianpkg.ValueError, joined.
func editDebian(tree provider.Tree, pr, old *provider.Provider, release string, s *ui.Stage) ([]provider.Edit, error) {
	if _, err := tree.ReadFile(debianpkg.Control); errors.Is(err, fs.ErrNotExist) {
		return nil, errNoDebian
	}
	said, err := pr.Copyright()
	if err != nil {
		return nil, err
	}
	p := debianReplacing(pr, old, release)
	p.Copyright, p.License, p.Holders = pr.Manifest.Copyright, said.License, said.Holders
	edits, err := debianpkg.Integrate(tree, p)
	out := make([]provider.Edit, 0, len(edits))
	for _, e := range edits {
		_, _ = fmt.Fprintf(s.Log(), "%s: %s\n", e.File, e.What)
		out = append(out, provider.Edit(e))
	}
	return out, err
}

// debianReplacing returns the data of a provider that debian/ needs, and those of old, which it
// replaces; old may be nil.
func debianReplacing(pr, old *provider.Provider, release string) *debianpkg.Provider {
	out := debianProvider(pr, release)
	if old == nil {
		return out
	}
	out.Replaced = debianProvider(old, release)
	for _, c := range pr.CopyPlan() {
		if name, ok := strings.CutPrefix(path.Clean(c.To), pr.Manifest.Folder()+"/"); ok {
			out.Files = append(out.Files, name)
		}
	}
	return out
}

// debianProvider returns the data of a provider that debian/ needs.
func debianProvider(pr *provider.Provider, release string) *debianpkg.Provider {
	m := pr.Manifest
	out := &debianpkg.Provider{
		Name: m.Name, Directory: m.Directory, Description: m.Description,
		CoherentDMA: m.CMake.CoherentDMA, Release: release, BuildDepends: m.BuildRequires.Debian,
	}
	for _, page := range pr.ManPages() {
		out.ManPages = append(out.ManPages, debianpkg.ManPage(page))
	}
	folders := map[provider.InstallDir]debianpkg.Folder{
		provider.UdevRules: debianpkg.UdevRules, provider.Modprobe: debianpkg.Modprobe,
		provider.EtcModprobe: debianpkg.EtcModprobe, provider.LibExec: debianpkg.LibExec,
	}
	for _, f := range pr.Installed() {
		out.Installed = append(out.Installed, debianpkg.Installed{Folder: folders[f.Dir], Name: f.Name})
	}
	lib := pr.Library()
	if lib == nil {
		return out
	}
	out.Library = &debianpkg.Library{
		Name: lib.Name, SoMajor: lib.SoMajor, Nodes: lib.Nodes, Headers: lib.Headers, PkgConfig: lib.PkgConfig,
	}
	for _, symbol := range lib.Symbols {
		if symbol.Node == "" {
			symbol.Node = "Base" // dpkg-gensymbols's name for symbols without a version
		}
		out.Library.Symbols = append(out.Library.Symbols, debianpkg.Symbol(symbol))
	}
	return out
}
