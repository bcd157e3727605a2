// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

// prebuiltPages is the directory of a release's tarball with the output of pandoc and rst2man.
// A git archive has none (buildlib/rdma_man.cmake).
const prebuiltPages = "buildlib/pandoc-prebuilt"

// addPageTools adds pandoc and rst2man to the BuildRequires if the tree has no prebuilt pages,
// or if the provider's own are Markdown or reStructuredText. Upstream's spec requires pandoc on
// EL 8 only, because the release's tarball does not need it.
func (in specInput) addPageTools(spec *rpmspec.Spec) error {
	markdown, rst := false, false
	if in.Provider != nil {
		markdown, rst = in.Provider.PageSources()
	}
	if !markdown || !rst {
		fromTree, err := makesPages(in.Source.Tree)
		if err != nil {
			return err
		}
		markdown, rst = markdown || fromTree, rst || fromTree
	}
	reading := spec.Read(in.Macros)
	for _, tool := range []struct {
		needed bool
		names  []string // the first is added
	}{
		{markdown, []string{"pandoc", "/usr/bin/pandoc"}},
		{rst, []string{"/usr/bin/rst2man", "python3-docutils"}},
	} {
		if !tool.needed || reading.BuildRequires(tool.names...) {
			continue
		}
		if err := spec.AddBuildRequires(tool.names[0]); err != nil {
			return err
		}
	}
	return nil
}

// makesPages reports whether a build of the tree generates the release's own pages.
func makesPages(tree string) (bool, error) {
	pages, err := os.ReadDir(filepath.Join(tree, filepath.FromSlash(prebuiltPages)))
	if err == nil && len(pages) > 0 {
		return false, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("look for prebuilt manual pages: %w", err)
	}
	top, err := os.ReadFile(filepath.Join(tree, provider.TopCMake))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // no source to build
	}
	if err != nil {
		return false, fmt.Errorf("look for what makes manual pages: %w", err)
	}
	return bytes.Contains(bytes.ToLower(top), []byte("pandoc")), nil
}
