// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

// specProvider makes the edits that upstream makes for a provider in one of the release's
// specs, both for the patch and for rpmbuild's spec. old is the release's own provider of that
// name, nil if none is replaced.
//
// Errors: *rpmspec.PlaceError, *rpmspec.ValueError.
func specProvider(spec *rpmspec.Spec, name string, pr, old *provider.Provider) error {
	m := pr.Manifest
	p := replacing(pr, old)
	if err := spec.AddBuildRequires(m.BuildRequires.RPM...); err != nil {
		return err
	}
	if old != nil {
		if err := spec.Describe(m.Name, m.Description); err != nil {
			return err
		}
	}
	if name == artifact.SUSESpec {
		if err := spec.AddSUSEProvider(m.Name, m.Description); err != nil {
			return err
		}
		return spec.AddSUSEPayload(p)
	}
	if err := spec.AddProvider(m.Name, m.Description); err != nil {
		return err
	}
	return spec.AddPayload(p)
}

// replacing returns a provider's files and those of old, which it replaces; old may be nil.
func replacing(pr, old *provider.Provider) rpmspec.Payload {
	p := payload(pr)
	if old != nil {
		before := payload(old)
		p.Replaced = &before
	}
	return p
}

// payload returns a provider's installed files for the spec editor.
func payload(pr *provider.Provider) rpmspec.Payload {
	p := rpmspec.Payload{Name: pr.Manifest.Name, Coherent: pr.Manifest.CMake.CoherentDMA}
	if lib := pr.Library(); lib != nil {
		p.SoMajor, p.Headers, p.PkgConfig = lib.SoMajor, lib.Headers, lib.PkgConfig
	}
	for _, page := range pr.ManPages() {
		p.Pages = append(p.Pages, rpmspec.Page{Section: page.Section, Name: page.Name})
	}
	dirs := map[provider.InstallDir]rpmspec.Dir{
		provider.UdevRules: rpmspec.UdevRules, provider.Modprobe: rpmspec.Modprobe,
		provider.EtcModprobe: rpmspec.EtcModprobe, provider.LibExec: rpmspec.LibExec,
	}
	for _, f := range pr.Installed() {
		p.Files = append(p.Files, rpmspec.File{Dir: dirs[f.Dir], Name: f.Name})
	}
	return p
}

// replaced reads the release's own provider if ours replaces it, otherwise it returns nil.
func replaced(pr *provider.Provider, tree *provider.DirTree) (*provider.Provider, error) {
	if !pr.Manifest.ReplacesUpstream {
		return nil, nil //nolint:nilnil // nothing is replaced
	}
	return provider.InRelease(tree, pr.Manifest.Name)
}

// replacedIn is replaced for a source tree that is not open.
func replacedIn(pr *provider.Provider, dir string) (*provider.Provider, error) {
	if !pr.Manifest.ReplacesUpstream {
		return nil, nil //nolint:nilnil // nothing is replaced
	}
	tree, err := provider.OpenTree(dir)
	if err != nil {
		return nil, err
	}
	defer tree.Close()
	return replaced(pr, tree)
}
