// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/examine"
	"github.com/resnics/verbsmith/specs/debianpkg"
)

// releaseEdit is the result of the edit of a release. The digests cover all of it.
type releaseEdit struct {
	patch   artifact.Patch
	spec    artifact.Spec
	dir     string   // the files of the release that the edit makes or changes, and all of the provider's
	removed []string // those that it removes
}

// releaseRecord is stored next to the edited files.
type releaseRecord struct {
	PrivateABI int    `json:"privateAbi"`
	DriverID   int    `json:"driverId"`
	Constant   string `json:"constant"`

	Warnings []provider.SharedIDError `json:"warnings,omitempty"`
	// NoEdits are the files without a place for an edit that a package needs.
	NoEdits []string `json:"noEdits,omitempty"`
	// Removed are the files of the release that a replaced provider loses.
	Removed []string `json:"removed,omitempty"`
}

// CheckEdits puts the provider into each release and proves the patch with git and patch. It
// works on only those files of a release that the edits read, so a walk over all releases takes
// about a minute. A failure is recorded in its row.
func (w *Walker) CheckEdits(ctx context.Context, j job.Job, r *Releases) error {
	const together = 2 // half of an edit is waiting for the disk
	return w.eachRow(ctx, "edit", together, r, func(ctx context.Context, s *ui.Stage, row *Row) (bool, error) {
		if row.Skipped() {
			return true, nil
		}
		hit, err := w.editRow(ctx, s, row, editInput{Row: newRowInput(j, row.Release), Walker: w, Releases: r})
		row.Patch = row.answer(err)
		return hit, err
	})
}

func (w *Walker) editRow(ctx context.Context, s *ui.Stage, row *Row, in editInput) (bool, error) {
	entry, err := w.MakePart(ctx, s, editStage, in)
	if err != nil {
		return false, err
	}
	data, err := stagecache.ReadFile(filepath.Join(entry.Dir, "release.json"))
	if err != nil {
		return false, fmt.Errorf("read the release's record: %w", err)
	}
	var rec releaseRecord
	if err := json.Unmarshal(data, &rec); err != nil {
		return false, fmt.Errorf("read the release's record: %w", err)
	}
	row.PrivateABI, row.DriverID, row.Constant = rec.PrivateABI, rec.DriverID, rec.Constant
	row.Warnings, row.NoEdits = rec.Warnings, rec.NoEdits
	name := in.Row.job().PatchName()
	row.edit = releaseEdit{
		patch: artifact.Patch{File: filepath.Join(entry.Dir, name), Name: name, Digest: entry.Digest},
		spec:  artifact.Spec{File: filepath.Join(entry.Dir, artifact.SpecFile), Digest: entry.Digest},
		dir:   filepath.Join(entry.Dir, editedFolder), removed: rec.Removed,
	}
	return entry.Hit, nil
}

// editInput is the input of the edit of a release.
type editInput struct {
	Row rowInput

	Walker   *Walker   `key:"-"`
	Releases *Releases `key:"-"` // of the clone, which has the commit
}

// Make implements stage.Input.
func (in editInput) Make(ctx context.Context, w *stage.Work) error {
	return in.Walker.inScratch(in.Row.Release.Name, func(q *Walker) error { return q.editRelease(ctx, in, w.Dir) })
}

// editRelease runs the stages of the patch and the spec target on the files
// that they read.
func (w *Walker) editRelease(ctx context.Context, in editInput, dir string) error {
	j, ref := in.Row.job(), Release{Ref: in.Row.Release, Version: in.Row.Version}
	src, all, err := in.Releases.sparse(ctx, ref, j.Provider, filepath.Join(w.CacheDir, "sparse"))
	if err != nil {
		return err
	}
	tree, err := w.Integrate(ctx, j, src)
	if err != nil {
		return err
	}
	if err := checkInRelease(ctx, j, src, tree); err != nil {
		return err
	}
	patch, err := w.Patch(ctx, j, tree)
	if err != nil {
		return err
	}
	if _, err := w.ProvePatch(ctx, tree, patch); err != nil {
		return err
	}
	spec, err := w.Spec(ctx, j, src)
	if err != nil {
		return err
	}
	rec := releaseRecord{
		PrivateABI: tree.Result.PrivateABI, DriverID: tree.Result.DriverID, Constant: tree.Result.EnumConstant,
		Warnings: tree.Result.Warnings,
	}
	for _, skip := range tree.Result.Skipped {
		if !slices.Contains(rec.NoEdits, skip.File) {
			rec.NoEdits = append(rec.NoEdits, skip.File)
		}
	}
	if rec.Removed, err = keepEdited(src.Tree, tree.Dir, filepath.Join(dir, editedFolder), in.Row.Provider, all); err != nil {
		return err
	}
	data, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("describe the release: %w", err)
	}
	for name, from := range map[string]string{patch.Name: patch.File, artifact.SpecFile: spec.File} {
		text, err := stagecache.ReadFile(from)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if err := stage.WriteFile(dir, name, text); err != nil {
			return err
		}
	}
	return stage.WriteFile(dir, "release.json", data)
}

// checkInRelease fails if the sources use a header or constant that the release does not have,
// like provider:check.
func checkInRelease(ctx context.Context, j job.Job, src artifact.Source, tree artifact.Tree) error {
	t, err := provider.OpenTree(tree.Dir)
	if err != nil {
		return err
	}
	defer t.Close()
	lacks, err := examine.Release(ctx, j.Provider, t, src.Version)
	if err != nil {
		return err
	}
	return errors.Join(lacks...)
}

var errCommitDate = errors.New("want a date from 2005 to 2099, for the patch, got")

// sparse writes the files of a release that the edits read to a directory below dir.
//
// It also returns all files of the release.
func (r *Releases) sparse(
	ctx context.Context, ref Release, pr *provider.Provider, dir string,
) (artifact.Source, []upstream.TreeFile, error) {
	src := artifact.Source{
		Tree: filepath.Join(dir, "rdma-core-"+ref.Version), Version: ref.Version, Commit: ref.Commit, Epoch: ref.Time,
		Digest: "files of commit " + ref.Commit,
	}
	if ref.Name == releaseNameStart+ref.Version {
		src.Tag = ref.Name
	}
	if !upstream.PlausibleDate(ref.Time) {
		return src, nil, fmt.Errorf("commit %s of %s: %w %s", ref.Commit, ref.Name, errCommitDate, ref.Time.Format(time.RFC3339))
	}
	have, err := r.clone.Tree(ctx, ref.Commit)
	if err != nil {
		return src, nil, err
	}
	edited, err := r.editedFiles(ctx, ref, pr, have)
	if err != nil {
		return src, nil, err
	}
	if len(edited) == 0 {
		return src, nil, fmt.Errorf("%s: %w: none of the files to edit", ref.Name, fs.ErrNotExist)
	}
	names := make([]string, len(edited))
	for i, f := range edited {
		names[i] = f.Name
	}
	files, err := r.clone.Files(ctx, ref.Commit, names)
	if err != nil {
		return src, nil, err
	}
	for _, f := range edited {
		if err := writeSparse(src.Tree, f, files[f.Name]); err != nil {
			return src, nil, err
		}
	}
	return src, have, nil
}

// writeSparse writes a file of a release below dir, with the mode that it has in the full
// source: patches contain modes.
func writeSparse(dir string, f upstream.TreeFile, data []byte) error {
	if f.Mode&fs.ModeSymlink != 0 {
		return fmt.Errorf("%s of the release: want a regular file, got a symbolic link", f.Name)
	}
	file := filepath.Join(dir, filepath.FromSlash(path.Join("/", f.Name)))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("make the directory of %s: %w", f.Name, err)
	}
	if err := os.WriteFile(file, data, f.Mode); err != nil {
		return fmt.Errorf("write %s: %w", f.Name, err)
	}
	if err := os.Chmod(file, f.Mode); err != nil { // whatever the umask is
		return fmt.Errorf("write %s: %w", f.Name, err)
	}
	return nil
}

// editedFiles are the files of a release that the edits read.
func (r *Releases) editedFiles(
	ctx context.Context, ref Release, pr *provider.Provider, have []upstream.TreeFile,
) ([]upstream.TreeFile, error) {
	wanted := []string{artifact.ReleaseSpec, artifact.SUSESpec}
	if pr != nil {
		wanted = slices.Concat(wanted, pr.Reads(), examine.Reads(), debianpkg.Reads())
	}
	tables := false
	if pr != nil {
		headers, err := r.clone.Files(ctx, ref.Commit, []string{provider.DriverHeader})
		if err != nil {
			return nil, err
		}
		tables = pr.ReadsTables(headers[provider.DriverHeader])
	}
	return slices.DeleteFunc(slices.Clone(have), func(f upstream.TreeFile) bool {
		also := pr != nil && (pr.ReadsAlso(f.Name) || debianpkg.ReadsAlso(f.Name) || tables && provider.IsTable(f.Name))
		return !also && !slices.Contains(wanted, f.Name)
	}), nil
}

// ToolchainSpec is the spec with the BuildRequires of a walk's toolchain: upstream's own of the
// newest release, with the provider's build requirements.
func (w *Walker) ToolchainSpec(ctx context.Context, j job.Job, r *Releases) (artifact.Spec, error) {
	dir, err := os.MkdirTemp("", "verbsmith-releases-")
	if err != nil {
		return artifact.Spec{}, fmt.Errorf("create a directory for a release: %w", err)
	}
	defer os.RemoveAll(dir)
	src, _, err := r.sparse(ctx, r.Newest(), nil, dir)
	if err != nil {
		return artifact.Spec{}, err
	}
	return w.Spec(ctx, j.Stock(), src)
}
