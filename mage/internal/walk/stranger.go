// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// strangerManifests is where the strangers' manifests are, below the repository's root.
const strangerManifests = "provider/testdata/strangers"

// StrangerRow is the result of one stranger.
type StrangerRow struct {
	Stranger specs.Stranger
	Provider *provider.Provider // nil if it cannot be loaded
	Folder   string             // its directory, kept
	Fault    error              // why it cannot be tried in any release

	Releases *Releases      // those that it was tried in
	Compared *TransplantRow // with the vendor's own change; nil if there is none

	clone *upstream.Clone
}

// Close releases the stranger's clone.
func (r *StrangerRow) Close() {
	if r.clone != nil {
		r.clone.Close()
	}
}

// StrangerSetup is what all strangers of a run share.
type StrangerSetup struct {
	All     *specs.Strangers
	Clones  string              // the directory with clones; "": none
	Source  string              // the clone of rdma-core
	Folders string              // the providers' directories are kept below it
	Whole   bool                // all releases from the oldest supported one on are tried, not only selected ones
	Compile *artifact.Toolchain // nil: only the edits are tried
}

// NoCloneError says that there is no clone with a stranger's commit.
type NoCloneError struct {
	Stranger specs.Stranger
	Looked   []string // directories
}

// Error implements error.
func (e *NoCloneError) Error() string {
	return fmt.Sprintf("%s: no clone of %s with the commit %s in %s",
		e.Stranger.Name, e.Stranger.Repository, e.Stranger.Commit, strings.Join(e.Looked, ", "))
}

// Advice returns what to do.
func (e *NoCloneError) Advice() string {
	s := e.Stranger
	return fmt.Sprintf("git init --bare DIR/%s && git -C DIR/%s fetch https://github.com/%s +%s:%s, and pass -clones=DIR",
		s.Repository, s.Repository, s.Repository, s.Ref, s.Ref)
}

// TakeStranger puts the stranger's files and verbsmith's manifest into a directory, as a vendor has
// them, and loads it. A directory that cannot be loaded is the row's fault.
//
// Errors: *NoCloneError, *upstream.GivenError.
func (w *Walker) TakeStranger(ctx context.Context, g StrangerSetup, s specs.Stranger) (*StrangerRow, error) {
	row := &StrangerRow{Stranger: s, Folder: filepath.Join(g.Folders, s.Name)}
	var err error
	if row.clone, err = openStranger(ctx, g, s); err != nil {
		return nil, err
	}
	if err := w.PlaceFolder(ctx, row.Folder, func(dir string) error { return w.fillStranger(ctx, row, dir) }); err != nil {
		row.Close()
		return nil, err
	}
	row.Provider, row.Fault = provider.Load(ctx, row.Folder)
	return row, context.Cause(ctx)
}

// openStranger finds the clone that has the stranger's commit.
func openStranger(ctx context.Context, g StrangerSetup, s specs.Stranger) (*upstream.Clone, error) {
	owner, name, _ := strings.Cut(s.Repository, "/")
	var looked []string
	if g.Clones != "" {
		looked = []string{filepath.Join(g.Clones, owner, name), filepath.Join(g.Clones, owner+"+"+name, "repo")}
	}
	if s.Repository == upstreamRepository {
		looked = append(looked, g.Source)
	}
	for _, dir := range looked {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		clone, err := upstream.OpenClone(dir, nil)
		if err != nil {
			return nil, err
		}
		if _, err := clone.Find(ctx, s.Commit); err == nil {
			return clone, nil
		}
		clone.Close()
	}
	return nil, &NoCloneError{Stranger: s, Looked: looked}
}

// upstreamRepository is rdma-core's own.
const upstreamRepository = "linux-rdma/rdma-core"

var (
	errNoFiles = errors.New("has no files in")
	errInBoth  = errors.New("verbsmith may add a file to a stranger's directory, not replace one")
)

// fillStranger writes the stranger's files, and over them those of the manifest's directory.
func (w *Walker) fillStranger(ctx context.Context, row *StrangerRow, dir string) error {
	s := row.Stranger
	all, err := row.clone.Tree(ctx, s.Commit)
	if err != nil {
		return err
	}
	to := map[string]string{} // path in the commit: name in the directory
	for _, f := range all {
		if name, ok := strings.CutPrefix(f.Name, s.Path+"/"); ok && f.Mode.IsRegular() {
			to[f.Name] = name
		}
	}
	if len(to) == 0 {
		return fmt.Errorf("%s: commit %s %w %s", s.Name, s.Commit, errNoFiles, s.Path)
	}
	asked := make([]string, 0, len(to)+len(s.Files))
	for name, from := range s.Files {
		if other := to[from]; other != "" {
			asked = append(asked, from) // in both places
		}
		to[from] = name
	}
	for from := range to {
		asked = append(asked, from)
	}
	slices.Sort(asked)
	blobs, err := row.clone.Files(ctx, s.Commit, slices.Compact(asked))
	if err != nil {
		return err
	}
	for from, name := range to {
		if blobs[from] == nil {
			return fmt.Errorf("%s: commit %s %w %s", s.Name, s.Commit, errNoFiles, from)
		}
		if err := writeBelow(dir, name, blobs[from]); err != nil {
			return err
		}
	}
	return w.addManifest(s, dir)
}

// addManifest copies what verbsmith adds to a stranger's directory.
func (w *Walker) addManifest(s specs.Stranger, dir string) error {
	added := os.DirFS(filepath.Join(w.Root, filepath.FromSlash(strangerManifests), s.Name))
	return fs.WalkDir(added, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(name))); err == nil {
			return fmt.Errorf("%s/%s/%s: %w", strangerManifests, s.Name, name, errInBoth)
		}
		data, err := fs.ReadFile(added, name)
		if err != nil {
			return err
		}
		return writeBelow(dir, name, data)
	})
}

// writeBelow writes a file and the directories above it.
func writeBelow(dir, name string, data []byte) error {
	if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(path.Dir(name))), 0o755); err != nil {
		return fmt.Errorf("make the directory of %s: %w", name, err)
	}
	return stage.WriteFile(dir, filepath.FromSlash(name), data)
}

// Stranger compares the vendor's own change of rdma-core with verbsmith's, and tries the stranger in
// each release that was listed, unless its directory cannot be loaded. Failures are in the row; the only error is the end of ctx.
func (w *Walker) Stranger(ctx context.Context, j job.Job, g StrangerSetup, listed *Releases, row *StrangerRow) error {
	j.Provider = row.Provider
	s := w.Begin(row.Stranger.Name)
	if row.Stranger.Compare != nil {
		row.compare(ctx, w, j, g)
	}
	if cause := context.Cause(ctx); cause != nil {
		return w.End(row.Stranger.Name, s, false, cause)
	}
	if row.Compared != nil {
		s.Note(row.Compared.summary())
	}
	if err := w.End(row.Stranger.Name, s, false, nil); err != nil || row.Provider == nil {
		return err
	}
	row.Releases = listed.again(g.Whole)
	if err := w.CheckEdits(ctx, j, row.Releases); err != nil || g.Compile == nil {
		return err
	}
	return w.CheckBuilds(ctx, j, *g.Compile, row.Releases)
}

// again is the same list with new rows; whole leaves out releases that need not work.
func (r *Releases) again(whole bool) *Releases {
	next := &Releases{All: r.All, clone: r.clone}
	for _, row := range r.Rows {
		if !whole || compareNames(row.Release.Name, OldestSupported) >= 0 {
			next.Rows = append(next.Rows, newRow(row.Release))
		}
	}
	return next
}

// compare compares the vendor's own change of rdma-core with verbsmith's, file by file.
func (r *StrangerRow) compare(ctx context.Context, w *Walker, j job.Job, g StrangerSetup) {
	s := r.Stranger
	r.Compared = newTransplantRow(specs.Transplant{
		Name: s.Name, Provider: s.Name, Host: cmp.Or(s.Compare.Host, s.Compare.Before), Reasons: g.All.ReasonsFor(s.Name),
	})
	trees, err := r.trees(ctx, g)
	if err == nil {
		defer os.RemoveAll(trees.dir)
	}
	switch {
	case err != nil:
	case r.Provider == nil:
		err = r.Compared.compare(ctx, trees, artifact.Tree{Dir: trees.host})
		r.Compared.Faults = nil // verbsmith does nothing, because of the fault
	default:
		err = w.inScratch(s.Name, func(q *Walker) error {
			_, err := q.compareEdits(ctx, j, trees, r.Compared)
			return err
		})
	}
	if err != nil && r.Compared.Edit.State == report.NotTried {
		r.Compared.Edit = failedCheck(err)
	}
}

// trees extracts rdma-core before and after the vendor's change, and the release that verbsmith adds
// the provider to, if that is another one.
func (r *StrangerRow) trees(ctx context.Context, g StrangerSetup) (b hostTrees, err error) {
	c := r.Stranger.Compare
	after := cmp.Or(c.After, r.Stranger.Commit)
	b.dir, err = os.MkdirTemp("", "verbsmith-stranger-")
	if err != nil {
		return b, fmt.Errorf("create a directory for a stranger: %w", err)
	}
	b.digest = fmt.Sprintf("stranger %s %s %s %s", c.Before, after, c.Host, c.Tree)
	b.own, b.others = []string{strings.TrimPrefix(r.Stranger.Path, c.Tree+"/")}, true
	b.theirs = filepath.Join(b.dir, "theirs")
	b.host, err = r.extract(ctx, g, cmp.Or(c.Host, c.Before), &b)
	if err == nil && c.Host != "" {
		b.start = filepath.Join(b.dir, "start")
		err = r.clone.ExtractBelow(ctx, c.Before, c.Tree, b.start, b.epoch)
	}
	if err == nil {
		err = r.clone.ExtractBelow(ctx, after, c.Tree, b.theirs, b.epoch)
	}
	if err != nil {
		_ = os.RemoveAll(b.dir)
	}
	return b, err
}

// extract extracts the tree that verbsmith adds the provider to: a release is upstream's.
func (r *StrangerRow) extract(ctx context.Context, g StrangerSetup, name string, b *hostTrees) (dir string, err error) {
	clone, below := r.clone, r.Stranger.Compare.Tree
	if strings.HasPrefix(name, releaseNameStart) {
		below = ""
		if clone, err = upstream.OpenClone(g.Source, nil); err != nil {
			return "", err
		}
		defer clone.Close()
	}
	ref, err := clone.Find(ctx, name)
	if err != nil {
		return "", err
	}
	tops, err := clone.FileOf(ctx, []upstream.Ref{ref}, path.Join(below, provider.TopCMake))
	if err != nil {
		return "", err
	}
	if b.version, err = upstream.Version(tops[0]); err != nil {
		return "", fmt.Errorf("%s of %s: %w", provider.TopCMake, name, err)
	}
	b.epoch = ref.Time
	dir = filepath.Join(b.dir, "rdma-core-"+b.version)
	return dir, clone.ExtractBelow(ctx, ref.Commit, below, dir, b.epoch)
}
