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
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs/debianpkg"
)

const (
	patchesFolder = "debian/patches"
	quiltFormat   = "3.0 (quilt)"
)

var errNoDebian = errors.New("the source has no debian/control")

// DebianSource makes debian/: that of the integrated tree, because upstream's tarball contains
// one, with a changelog entry, and with all edits outside debian/ as the last patch. Without a
// provider it is upstream's.
//
// Errors: *AdviceError for a source without debian/ or of another format,
// *SkippedError if debian/ has no place for the provider, *debianpkg.PlaceError,
// *debianpkg.ValueError.
func (e *Editor) DebianSource(ctx context.Context, j job.Job, tree artifact.Tree) (artifact.DebianSource, error) {
	entry, err := e.Make(ctx, artifact.DebianDir, newDebianInput(j, tree))
	if err != nil {
		return artifact.DebianSource{}, err
	}
	version, err := stagecache.ReadFile(filepath.Join(entry.Dir, "version"))
	if err != nil {
		return artifact.DebianSource{}, fmt.Errorf("read the packages' version: %w", err)
	}
	made := artifact.DebianSource{
		Dir: filepath.Join(entry.Dir, artifact.DebianDir), Control: filepath.Join(entry.Dir, artifact.ControlFile),
		Version: string(version), Digest: entry.Digest,
	}
	if j.Provider != nil {
		made.Patch = artifact.Patch{
			Name: artifact.DebianDir + "/patches/" + j.PatchName(),
			File: filepath.Join(made.Dir, "patches", j.PatchName()), Common: filepath.Join(entry.Dir, artifact.CommonDir, j.PatchName()),
		}
	}
	return made, nil
}

// debianInput is the input of debian/.
type debianInput struct {
	Tree         artifact.Tree
	Provider     *provider.Provider // nil: upstream's, unchanged
	Distribution string             // of the entry in the changelog
	Suffix       string             // appended to the version
	PatchName    string
}

func newDebianInput(j job.Job, tree artifact.Tree) debianInput {
	in := debianInput{Tree: tree, Provider: j.Provider, Distribution: j.Suite().Name}
	if j.Provider != nil {
		in.Suffix, in.PatchName = j.DebianSuffix(), j.PatchName()
	}
	return in
}

// Make implements stage.Input.
func (in debianInput) Make(ctx context.Context, w *stage.Work) error {
	if err := verifyTrees(in.Tree); err != nil {
		return err
	}
	from := filepath.Join(in.Tree.Dir, artifact.DebianDir)
	if err := checkDebian(from); err != nil {
		return err
	}
	if err := refuseSkipped(in.Tree, artifact.DebianDir); err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(w.Dir, artifact.DebianDir), os.DirFS(from)); err != nil {
		return fmt.Errorf("copy debian/: %w", err)
	}
	control, err := os.ReadFile(filepath.Join(from, artifact.ControlFile))
	if err != nil {
		return fmt.Errorf("read debian/control: %w", err)
	}
	if err := stage.WriteFile(w.Dir, artifact.ControlFile, sourceParagraph(control)); err != nil {
		return err
	}
	version, err := in.changelog(w.Dir)
	if err != nil {
		return err
	}
	w.Note(version)
	if in.Provider != nil {
		if err := in.quiltPatch(ctx, w); err != nil {
			return err
		}
	}
	return stage.WriteFile(w.Dir, "version", []byte(version))
}

// checkDebian checks that a source package can be made from the tree.
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

// sourceParagraph returns the first paragraph: the others do not affect the build, so that
// providers share a toolchain.
func sourceParagraph(control []byte) []byte {
	control = bytes.TrimLeft(bytes.ReplaceAll(control, []byte("\r\n"), []byte("\n")), "\n")
	first, _, _ := bytes.Cut(control, []byte("\n\n"))
	return append(bytes.TrimRight(first, "\n"), '\n')
}

// changelog adds the entry and returns its version.
func (in debianInput) changelog(dir string) (string, error) {
	file := filepath.Join(dir, filepath.FromSlash(debianpkg.ChangeLog))
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", debianpkg.ChangeLog, err)
	}
	if in.Provider == nil {
		return debianpkg.ChangelogVersion(debianpkg.ChangeLog, data)
	}
	m := in.Provider.Manifest
	out, version, _, err := debianpkg.AddChangelog(debianpkg.ChangeLog, data, debianpkg.Changelog{
		Release: in.Tree.Source.Version, Suffix: in.Suffix, Distribution: in.Distribution,
		Name: m.Maintainer.Name, Email: m.Maintainer.Email, Date: in.Tree.Source.Epoch,
		Items: []string{fmt.Sprintf("Add the provider %s: %s", m.Name, m.Description)},
	})
	if err != nil {
		return "", err
	}
	return version, stage.WriteFile(dir, debianpkg.ChangeLog, out)
}

// quiltPatch writes the provider's changes outside debian/ as the last patch of debian/patches.
func (in debianInput) quiltPatch(ctx context.Context, w *stage.Work) error {
	tree, dir := in.Tree, w.Dir
	header := patchHeader(in.Provider.Manifest, tree)
	data, stat, err := patchset.DiffOf(ctx, tree.Source.Tree, tree.Dir, header, outsideDebian)
	if err != nil {
		return err
	}
	if err := in.commonPatch(ctx, header, dir); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(patchesFolder)), 0o755); err != nil {
		return fmt.Errorf("make %s: %w", patchesFolder, err)
	}
	name := in.PatchName
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
	_, _ = fmt.Fprintf(w.Log(), "%s\n", stat.Text())
	return stage.WriteFile(dir, series, append(before, name+"\n"...))
}

func outsideDebian(name string) bool { return !strings.HasPrefix(name, artifact.DebianDir+"/") }

// commonPatch writes the quilt patch of the common objects.
func (in debianInput) commonPatch(ctx context.Context, header patchset.Header, dir string) error {
	work, err := os.MkdirTemp("", "verbsmith-debian-")
	if err != nil {
		return fmt.Errorf("make a folder for the common objects' tree: %w", err)
	}
	defer os.RemoveAll(work)
	if err := os.CopyFS(work, os.DirFS(in.Tree.Dir)); err != nil {
		return fmt.Errorf("copy the tree: %w", err)
	}
	data, err := commonPatch(ctx, in.Provider.Manifest, in.Tree.Source.Tree, work, header, outsideDebian)
	if err != nil {
		return err
	}
	return stage.KeepFiles([]stage.File{{Name: artifact.CommonDir + "/" + in.PatchName, Data: data}}, dir)
}
