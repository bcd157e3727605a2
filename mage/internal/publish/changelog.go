// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/pkgfile"
)

const (
	changelogFile = "CHANGELOG.txt"
	// mostChanges is how many entries of the packages' own changelog are published: the whole one is in the packages.
	mostChanges = 10
)

// changelog is what is new in a build: since the versions that were released before, which the old index has, by the provider, and by the
// packages' own changelog. It has no clock, and says the same of the same packages in the same directory.
func (c Candidate) changelog(b Build, old Index) ([]byte, error) {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n%s.\n", b.changelogTitle(), b.About())
	list := func(title string, lines []string, none string) {
		if len(lines) == 0 {
			lines = []string{none}
		}
		fmt.Fprintf(&out, "\n%s:\n  %s\n", title, strings.Join(lines, "\n  "))
	}
	list("Versions", b.versions(old), "no packages")
	var added []string
	for _, name := range slices.Sorted(maps.Keys(c.Added)) {
		for _, file := range c.Added[name] {
			added = append(added, name+": "+file)
		}
	}
	list("What the provider adds", added, "no files with its name")
	text, err := c.ownChanges()
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(&out, "\nThe packages' own changelog, at most %d entries:\n\n%s", mostChanges, cmp.Or(text, "  none\n"))
	return []byte(out.String()), nil
}

// ownChanges is the text of the changelog that all packages of the build have: the source package's, if there is one.
func (c Candidate) ownChanges() (string, error) {
	var from string
	for _, f := range c.Record.Outputs {
		if pkgfile.HasChangelog(f.Path) && (from == "" || strings.HasSuffix(f.Path, ".src.rpm")) {
			from = f.Path
		}
	}
	if from == "" {
		return "", nil
	}
	text, err := pkgfile.Changelog(filepath.Join(c.Dist.Dir, filepath.FromSlash(from)), mostChanges)
	if err != nil {
		return "", fmt.Errorf("write the changelog of %s: %w", c.Name, err)
	}
	return text, nil
}

// versions are a build's packages with what customers had of them before: the newest older version in the old index.
func (b Build) versions(old Index) []string {
	var lines []string
	for _, p := range b.Packages {
		if p.Source() || isDebug(p) {
			continue
		}
		was, now := old.before(b, p), evr(p.Epoch, p.Version)
		if was == "" {
			lines = append(lines, fmt.Sprintf("%s %s, new here", p.Name, now))
			continue
		}
		lines = append(lines, fmt.Sprintf("%s from %s to %s", p.Name, was, now))
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// before is the newest older version of a package, or "".
func (x Index) before(b Build, p Package) string {
	version, newest, text := b.version(p), "", ""
	for _, was := range x.Builds {
		for _, q := range was.Packages {
			of := was.version(q)
			if was.line(q) != b.line(p) || pkgfile.CompareEVR(of, version) >= 0 {
				continue
			}
			if newest == "" || pkgfile.CompareEVR(of, newest) > 0 {
				newest, text = of, evr(q.Epoch, q.Version)
			}
		}
	}
	return text
}

// evr is a version as people read it.
func evr(epoch, version string) string {
	if epoch == "" || epoch == "0" {
		return version
	}
	return epoch + ":" + version
}

// changelogTitle is the first line of a changelog.
func (b Build) changelogTitle() string {
	return fmt.Sprintf("%s, rdma-core %s for %s", b.Provider, b.Release, b.Title)
}

// changelogOf is where the changelog of a build is.
func (b Build) changelogOf() string { return path.Join(b.folder(), changelogFile) }
