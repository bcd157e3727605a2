// SPDX-License-Identifier: Apache-2.0

package addon

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs/debianpkg"
)

const (
	rulesFile     = "addon.rules" // below specs/
	copyrightFile = "copyright"
)

var (
	errNoCopyright = errors.New("the source has no debian/copyright, which has the licences' texts")
	errNoPlace     = errors.New("debian/copyright of the release has no place for the provider's paragraph")
)

// debianText adds the files of debian/ to t.
func (p *Packer) debianText(j job.Job, tree artifact.Tree, patch artifact.Patch, t *addonText) error {
	about := t.debianPackage(j, tree.Source)
	about.Patch = patch.Name
	var err error
	if about.Copyright, err = debianCopyright(tree); err != nil {
		return err
	}
	texts, err := about.Files()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		t.debian = append(t.debian, stage.File{Name: name, Data: texts[name]})
	}
	for name, file := range map[string]string{"rules": rulesFile, buildFile: buildFile} {
		data, err := p.rules(file)
		if err != nil {
			return err
		}
		t.debian = append(t.debian, stage.File{Name: name, Data: data, Mode: 0o755})
	}
	documents, err := t.documents(j.Provider, tree.Source)
	for _, f := range documents {
		// The licences' texts are in copyright.
		if name, doc := strings.CutPrefix(f.Name, "documents/doc/"); doc {
			t.debian = append(t.debian, stage.File{Name: "doc/" + name, Data: f.Data})
		}
	}
	slices.SortFunc(t.debian, func(a, b stage.File) int { return strings.Compare(a.Name, b.Name) })
	return err
}

// debianPackage describes the package.
func (t *addonText) debianPackage(j job.Job, src artifact.Source) *debianpkg.Addon {
	m := j.Provider.Manifest
	helper := func(f provider.Installed) bool { return f.Dir == provider.LibExec }
	about := &debianpkg.Addon{
		Package: t.addon.Package, Provider: m.Name, Folders: providerFolders(m), Description: m.Description,
		Name: m.Maintainer.Name, Email: m.Maintainer.Email, Release: src.Version, PrivateABI: t.addon.PrivateABI,
		From: t.addon.From, Below: t.addon.Below, Suite: j.Suite().Name, Suffix: "+" + j.Suite().Tag() + j.Suffix,
		Pages: len(j.Provider.ManPages()) > 0, OneArchitecture: slices.ContainsFunc(j.Provider.Installed(), helper),
		BuildDepends: m.BuildRequires.Debian, Date: src.Epoch,
	}
	if lib := j.Provider.Library(); lib != nil {
		about.Library = &debianpkg.Library{Name: lib.Name, SoMajor: lib.SoMajor}
	}
	return about
}

// debianCopyright is that of the patched release, with the provider's paragraph.
func debianCopyright(tree artifact.Tree) ([]byte, error) {
	const advice = "give a source that has it, such as upstream's release or a clone"
	file := artifact.DebianDir + "/" + copyrightFile
	for _, skip := range tree.Result.Skipped {
		if skip.File == file {
			return nil, fmt.Errorf("%w: %s", errNoPlace, skip.Why)
		}
	}
	data, err := os.ReadFile(filepath.Join(tree.Dir, filepath.FromSlash(file)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &stage.AdviceError{Err: errNoCopyright, What: advice}
	}
	if err != nil {
		return nil, fmt.Errorf("read the release's %s: %w", file, err)
	}
	return data, nil
}
