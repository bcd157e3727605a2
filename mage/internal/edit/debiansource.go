// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs/debianpkg"
)

const (
	debianStage = 1

	patchesFolder = "debian/patches"
	quiltFormat   = "3.0 (quilt)"
)

var errNoDebian = errors.New("the source has no debian/control")

// DebianSource makes debian/: that of the integrated tree, since upstream keeps it
// in its tarball, with an entry in the changelog, and with all edits outside of
// debian/ as the last patch. Without a provider it is upstream's.
//
// Errors: *AdviceError for a source without debian/ or of another format,
// *SkippedError where debian/ has no place for the provider, *debianpkg.PlaceError,
// *debianpkg.ValueError.
func (e *Editor) DebianSource(ctx context.Context, j job.Job, tree artifact.Tree) (artifact.DebianSource, error) {
	key := sourceKey(stagecache.NewKey(artifact.DebianDir, debianStage), tree.Source).String("tree", tree.Key).
		String("suffix", j.Suffix).String("suite", j.Suite().Name)
	entry, err := e.Cached(ctx, artifact.DebianDir, key, func(ctx context.Context, dir string, s *ui.Stage) error {
		return debianSource(ctx, j, tree, dir, s)
	})
	if err != nil {
		return artifact.DebianSource{}, err
	}
	version, err := stagecache.ReadFile(filepath.Join(entry.Dir, "version"))
	if err != nil {
		return artifact.DebianSource{}, fmt.Errorf("read the packages' version: %w", err)
	}
	return artifact.DebianSource{
		Dir: filepath.Join(entry.Dir, artifact.DebianDir), Control: filepath.Join(entry.Dir, artifact.ControlFile),
		Version: string(version), Key: entry.Key,
	}, nil
}

func debianSource(ctx context.Context, j job.Job, tree artifact.Tree, dir string, s *ui.Stage) error {
	if err := verifyTrees(tree); err != nil {
		return err
	}
	from := filepath.Join(tree.Dir, artifact.DebianDir)
	if err := checkDebian(from); err != nil {
		return err
	}
	if err := refuseSkipped(tree, artifact.DebianDir); err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(dir, artifact.DebianDir), os.DirFS(from)); err != nil {
		return fmt.Errorf("copy debian/: %w", err)
	}
	control, err := os.ReadFile(filepath.Join(from, artifact.ControlFile))
	if err != nil {
		return fmt.Errorf("read debian/control: %w", err)
	}
	if err := stage.WriteFile(dir, artifact.ControlFile, sourceParagraph(control)); err != nil {
		return err
	}
	version, err := debianChangelog(j, tree, dir)
	if err != nil {
		return err
	}
	s.Note(version)
	if j.Provider != nil {
		if err := quiltPatch(ctx, j, tree, dir, s); err != nil {
			return err
		}
	}
	return stage.WriteFile(dir, "version", []byte(version))
}

// checkDebian asks whether the tree is one that can become a source package.
func checkDebian(folder string) error {
	_, err := os.Stat(filepath.Join(folder, artifact.ControlFile))
	if errors.Is(err, fs.ErrNotExist) {
		return &stage.AdviceError{Err: errNoDebian, What: "give a source that has it, such as upstream's release or a clone"}
	}
	if err != nil {
		return fmt.Errorf("look for debian/control: %w", err)
	}
	format, err := os.ReadFile(filepath.Join(folder, "source", "format"))
	if err != nil {
		return fmt.Errorf("read debian/source/format: %w", err)
	}
	if got := strings.TrimSpace(string(format)); got != quiltFormat {
		return &debianpkg.PlaceError{
			File: "debian/source/format", Line: 1, LookedFor: quiltFormat + ", which keeps patches apart", Found: fmt.Sprintf("%q", got),
		}
	}
	return nil
}

// sourceParagraph gives the first paragraph: what a package is built with does
// not depend on the provider, so one toolchain does for all.
func sourceParagraph(control []byte) []byte {
	control = bytes.TrimLeft(bytes.ReplaceAll(control, []byte("\r\n"), []byte("\n")), "\n")
	first, _, _ := bytes.Cut(control, []byte("\n\n"))
	return append(bytes.TrimRight(first, "\n"), '\n')
}

// debianChangelog adds the entry, and gives the version that it makes.
func debianChangelog(j job.Job, tree artifact.Tree, dir string) (string, error) {
	file := filepath.Join(dir, filepath.FromSlash(debianpkg.ChangeLog))
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", debianpkg.ChangeLog, err)
	}
	if j.Provider == nil {
		return debianpkg.ChangelogVersion(debianpkg.ChangeLog, data)
	}
	m := j.Provider.Manifest
	out, version, _, err := debianpkg.AddChangelog(debianpkg.ChangeLog, data, debianpkg.Changelog{
		Release: tree.Source.Version, Suffix: j.DebianSuffix(), Distribution: j.Suite().Name,
		Name: m.Maintainer.Name, Email: m.Maintainer.Email, Date: tree.Source.Epoch,
		Items: []string{fmt.Sprintf("Add the provider %s: %s", m.Name, m.Description)},
	})
	if err != nil {
		return "", err
	}
	return version, stage.WriteFile(dir, debianpkg.ChangeLog, out)
}

// quiltPatch writes what the provider changes outside of debian/ as the last of
// debian/patches.
func quiltPatch(ctx context.Context, j job.Job, tree artifact.Tree, dir string, s *ui.Stage) error {
	data, stat, err := patchset.DiffOf(ctx, tree.Source.Tree, tree.Dir, patchHeader(j, tree), func(name string) bool {
		return !strings.HasPrefix(name, artifact.DebianDir+"/")
	})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(patchesFolder)), 0o755); err != nil {
		return fmt.Errorf("make %s: %w", patchesFolder, err)
	}
	name := j.PatchName()
	if err := stage.WriteFile(dir, patchesFolder+"/"+name, data); err != nil {
		return err
	}
	series := patchesFolder + "/series"
	before, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(series)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w", series, err)
	}
	if len(before) > 0 && !bytes.HasSuffix(before, []byte("\n")) {
		before = append(before, '\n')
	}
	_, _ = fmt.Fprintf(s.Log(), "%s\n", stat.Text())
	return stage.WriteFile(dir, series, append(before, name+"\n"...))
}
