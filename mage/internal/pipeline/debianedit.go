// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs/debianpkg"
)

// editDebian makes the edits in debian/ that upstream makes for a provider, and
// gives them. A source without debian/, such as a distro's that took it out, needs none.
//
// Errors: *debianpkg.PlaceError, *debianpkg.ValueError.
func editDebian(tree provider.Tree, pr *provider.Provider, release string, s *ui.Stage) ([]provider.Edit, error) {
	if _, err := tree.ReadFile(debianpkg.Control); errors.Is(err, fs.ErrNotExist) {
		_, _ = fmt.Fprintf(s.Log(), "the source has no %s: nothing is edited there\n", debianpkg.Control)
		return nil, nil
	}
	edits, err := debianpkg.Integrate(tree, debianProvider(pr, release))
	out := make([]provider.Edit, 0, len(edits))
	for _, e := range edits {
		_, _ = fmt.Fprintf(s.Log(), "%s: %s\n", e.File, e.What)
		out = append(out, provider.Edit(e))
	}
	return out, err
}

// debianProvider says of a provider what debian/ needs.
func debianProvider(pr *provider.Provider, release string) *debianpkg.Provider {
	m := pr.Manifest
	out := &debianpkg.Provider{
		Name: m.Name, Description: m.Description, Copyright: m.CopyrightLines(), License: m.LicenseName(),
		CoherentDMA: m.CMake.CoherentDMA, Release: release,
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
		out.Library.Symbols = append(out.Library.Symbols, debianpkg.Symbol(symbol))
	}
	return out
}
