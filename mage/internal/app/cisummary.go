// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/report"
)

// CISummary is the ci:summary target: what is in dist/ as Markdown, for a run's page.
func (a *App) CISummary(context.Context) error {
	sections, err := a.summarySections()
	if err != nil {
		return err
	}
	if len(sections) == 0 {
		sections = []report.Section{{Title: "no packages and no tests", Notes: []string{"The log of the step that failed says why."}}}
	}
	fmt.Fprint(a.ui.Out(), report.Markdown("verbsmith", sections, report.MarkdownMost))
	return nil
}

// summarySections are the directories of dist/ with packages or results of tests.
func (a *App) summarySections() ([]report.Section, error) {
	var dirs []string
	for _, pattern := range []string{"manifest.json", "junit*.xml"} {
		found, err := filepath.Glob(filepath.Join(a.dirs.dist, "*", "*", pattern))
		if err != nil {
			return nil, fmt.Errorf("look for results in %s: %w", a.dirs.dist, err)
		}
		for _, file := range found {
			dirs = append(dirs, filepath.Dir(file))
		}
	}
	slices.Sort(dirs)
	var sections []report.Section
	for _, dir := range slices.Compact(dirs) {
		s, err := a.summarySection(dir)
		if err != nil {
			return nil, err
		}
		sections = append(sections, s)
	}
	return sections, nil
}

// summarySection is one directory of outputs. A file that cannot be read is a line of it, because the others can be.
func (a *App) summarySection(dir string) (report.Section, error) {
	const mostReport = 64 << 20 // of one file of results
	s := report.Section{Title: a.relative(dir), Header: []string{"file", "size"}}
	hide := hidden(a.dirs, a.flags)
	note := func(text string) { s.Notes = append(s.Notes, hide(text)) }
	switch m, err := dist.ReadManifest(dir); {
	case err == nil:
		note(manifestNote(m))
		for _, f := range m.Files {
			s.Rows = append(s.Rows, []string{f.Path, size(f.Size)})
		}
	case !errors.Is(err, fs.ErrNotExist):
		note(err.Error())
	}
	files, err := filepath.Glob(filepath.Join(dir, "junit*.xml"))
	if err != nil {
		return s, fmt.Errorf("look for results in %s: %w", dir, err)
	}
	for _, file := range files {
		data, err := owned.ReadFile(file, mostReport)
		if err != nil {
			note(err.Error())
			continue
		}
		suite, err := report.ReadJUnit(data)
		if err != nil {
			note(fmt.Sprintf("%s: %v", filepath.Base(file), err))
			continue
		}
		s.Suites = append(s.Suites, suite)
	}
	return s, nil
}

// manifestNote is a sentence about packages.
func manifestNote(m artifact.Manifest) string {
	text := "rdma-core " + m.Label() + " without a provider"
	if m.Provider != "" {
		text = fmt.Sprintf("rdma-core %s with %s, private ABI %d", m.Label(), m.Provider, m.PrivateABI)
	}
	if m.Addon != nil {
		text = fmt.Sprintf("add-on %s, built in rdma-core %s", m.Addon.Package, m.Label())
	}
	if !m.Releasable {
		text += "; NOT for release"
	}
	if m.Standin {
		text += " (stand-in base)"
	}
	return text
}
