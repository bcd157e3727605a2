// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/publish"
	"github.com/resnics/verbsmith/mage/internal/record"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

// candidates are the directories to release: those given, or all in dist/ that have a provider.
func (a *App) candidates(ctx context.Context, from *string) ([]publish.Candidate, error) {
	var dirs []string
	if from != nil {
		for name := range strings.SplitSeq(*from, ",") {
			dirs = append(dirs, a.outputDir(name))
		}
	} else {
		manifests, err := filepath.Glob(filepath.Join(a.dirs.dist, "*", "rdma-core-*", "manifest.json"))
		if err != nil {
			return nil, fmt.Errorf("look for packages: %w", err)
		}
		for _, file := range manifests {
			if m, err := dist.ReadManifest(filepath.Dir(file)); err == nil && m.Provider != "" {
				dirs = append(dirs, filepath.Dir(file))
			}
		}
	}
	var all []publish.Candidate
	for _, dir := range dirs {
		c, err := readCandidate(ctx, dir)
		if err != nil {
			return nil, err
		}
		c.Title = a.distroTitle(c.Record)
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, errNoCandidates
	}
	return all, nil
}

// outputDir is a directory of outputs: a path, or a name below dist/.
func (a *App) outputDir(name string) string {
	if dir := filepath.Join(a.dirs.dist, filepath.FromSlash(path.Clean("/"+name))); !filepath.IsAbs(name) {
		if _, err := os.Stat(filepath.Join(dir, "manifest.json")); err == nil {
			return dir
		}
	}
	return absolute(name)
}

// distroTitle is the name for people of what packages are for.
func (a *App) distroTitle(rec artifact.Record) string {
	title := rec.Distro + rec.Suite
	if rec.Kind.Debian() {
		if suite, err := a.suites.Find(rec.Suite); err == nil {
			title = suite.Title
		}
	} else if distro, err := a.distros.Find(rec.Distro); err == nil {
		title = distro.Title
	}
	if rec.Standin {
		title += " (made on a stand-in)"
	}
	return title
}

// readCandidate reads a directory of dist/. Packages that are not those of the record next to them are an error.
func readCandidate(ctx context.Context, dir string) (publish.Candidate, error) {
	c := publish.Candidate{Name: filepath.Base(filepath.Dir(dir)) + "/" + filepath.Base(dir)}
	var err error
	if c.Dist, err = dist.Complete(dir); err != nil {
		return c, err
	}
	name := artifact.RecordFile(c.Dist.Manifest.Label())
	if c.Record, err = record.Read(filepath.Join(dir, name)); err != nil {
		return c, err
	}
	for _, f := range c.Dist.Manifest.Files {
		if f.Path == name {
			c.RecordSum = f.SHA256
		}
	}
	if err := record.Given(c.Record, dir); err != nil {
		return c, fmt.Errorf("%s: %w", dir, err)
	}
	twice, err := dist.ReadReproduced(dir)
	if err != nil {
		return c, err
	}
	if twice.Record == c.RecordSum {
		c.Reproduced = twice.How
	}
	if c.Added, err = dist.Provided(ctx, c.Dist); err != nil {
		return c, err
	}
	err = errors.Join(readVerdicts(&c), readEvidence(&c, twice))
	return c, err
}

// readVerdicts reads what the tests of the packages found.
func readVerdicts(c *publish.Candidate) error {
	for _, file := range []string{dist.Verdicts, dist.Judges, dist.Kernel} {
		suite, err := dist.ReadSuite(c.Dist.Dir, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		c.Tested = c.Tested || file == dist.Verdicts
		for _, r := range suite.Results {
			if r.Passed() {
				c.Passed++
			}
		}
		for _, r := range suite.Failed() {
			c.Failed = append(c.Failed, file+" "+r.Name)
		}
	}
	return nil
}

// mostEvidence bounds a file that is published next to packages, in bytes.
const mostEvidence = 64 << 20

// readEvidence reads what is published next to the packages.
func readEvidence(c *publish.Candidate, twice dist.Reproduced) error {
	names := []string{artifact.RecordFile(c.Dist.Manifest.Label()), dist.Verdicts, dist.Judges, dist.Kernel, "report.html", "lintian.txt"}
	for _, f := range c.Dist.Manifest.Files {
		lock := strings.HasPrefix(f.Path, artifact.LockFolder+"/")
		if lock || strings.HasPrefix(f.Path, "SPECS/") || strings.HasSuffix(f.Path, ".patch") {
			names = append(names, f.Path)
		}
	}
	for _, name := range names {
		data, err := owned.ReadFile(filepath.Join(c.Dist.Dir, filepath.FromSlash(name)), mostEvidence)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read what is known of %s: %w", c.Name, err)
		}
		c.Evidence = append(c.Evidence, stage.File{Name: path.Base(name), Data: data})
	}
	if c.Reproduced == "" {
		return nil
	}
	text, err := json.MarshalIndent(twice, "", "  ")
	if err != nil {
		return fmt.Errorf("write how %s was reproduced: %w", c.Name, err)
	}
	c.Evidence = append(c.Evidence, stage.File{Name: dist.ReproducedFile, Data: append(text, '\n')})
	return nil
}
