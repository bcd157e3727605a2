// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/provider"
)

// editedFolder is the directory of a release's edited files in the output of its edit.
const editedFolder = "edited"

// errUndeclared is a bug: an edit reads files that it does not declare, so the whole source
// would give another result.
var errUndeclared = errors.New("internal error: the edits make a file that the release has, and that they do not declare")

// keepEdited copies to dir the files of the edited tree that differ from the release's, and all of
// the provider's. It returns those that the edited tree lacks.
func keepEdited(release, edited, dir string, pr *provider.Provider, all []upstream.TreeFile) (removed []string, err error) {
	before, err := stage.Files(release)
	if err != nil {
		return nil, err
	}
	after, err := stage.Files(edited)
	if err != nil {
		return nil, err
	}
	had, has := map[string]stage.File{}, map[string]bool{}
	for _, f := range before {
		had[f.Name] = f
	}
	for _, f := range all {
		has[f.Name] = true
	}
	for _, f := range after {
		old, declared := had[f.Name]
		delete(had, f.Name)
		if !declared && has[f.Name] {
			return nil, fmt.Errorf("%w: %s", errUndeclared, f.Name)
		}
		if err := keepFile(f, old, dir, isOwn(f.Name, &pr.Manifest)); err != nil {
			return nil, err
		}
	}
	for name := range had {
		removed = append(removed, name)
	}
	slices.Sort(removed)
	return removed, nil
}

// keepFile copies a file unless it is the same as the old one and need not be kept.
func keepFile(f, old stage.File, dir string, own bool) error {
	data, err := stagecache.ReadFile(f.Path)
	if err != nil {
		return fmt.Errorf("read %s: %w", f.Name, err)
	}
	if old.Path != "" && !own && f.Mode == old.Mode {
		was, err := stagecache.ReadFile(old.Path)
		if err != nil {
			return fmt.Errorf("read %s: %w", f.Name, err)
		}
		if bytes.Equal(data, was) {
			return nil
		}
	}
	to := filepath.Join(dir, filepath.FromSlash(f.Name))
	err = os.MkdirAll(filepath.Dir(to), 0o755)
	if err == nil {
		err = os.WriteFile(to, data, f.Mode.Perm())
	}
	if err != nil {
		return fmt.Errorf("keep %s: %w", f.Name, err)
	}
	return nil
}

// isOwn reports whether a file is in the provider's directory.
func isOwn(name string, m *provider.Manifest) bool { return strings.HasPrefix(name, m.Folder()+"/") }

// isPackaging reports whether a file of a release is of packages or for readers: nothing that is
// compiled reads it.
func isPackaging(name string) bool {
	top, _, below := strings.Cut(name, "/")
	return !below && path.Ext(name) == ".md" || name == provider.Maintainers ||
		below && slices.Contains([]string{"debian", "redhat", "suse"}, top)
}

// baseFiles are the edited files that the part of a release is compiled with that has no code of
// the provider: not those of its directory, whose CMakeLists.txt is empty there, and not the
// packaging, which would make another of it.
func (e releaseEdit) baseFiles(m *provider.Manifest) ([]stage.File, error) {
	files, err := e.files(func(name string) bool { return !isOwn(name, m) && !isPackaging(name) })
	for _, folder := range m.BuildFolders() {
		files = append(files, stage.File{Name: folder + "/CMakeLists.txt", Owner: stage.BuilderUID})
	}
	return files, err
}

// ownFiles are the other edited files.
func (e releaseEdit) ownFiles(m *provider.Manifest) ([]stage.File, error) {
	return e.files(func(name string) bool { return isOwn(name, m) || isPackaging(name) })
}

func (e releaseEdit) files(want func(name string) bool) ([]stage.File, error) {
	files, err := stage.Files(e.dir)
	files = slices.DeleteFunc(files, func(f stage.File) bool { return !want(f.Name) })
	for i := range files {
		files[i].Owner = stage.BuilderUID
	}
	return files, err
}

// baseTree are the files of a release with those of baseFiles in place of its own and without
// those that are removed. All have one time.
func baseTree(release, edited []stage.File, removed []string, m *provider.Manifest, at time.Time) []stage.File {
	instead := map[string]bool{}
	for _, name := range removed {
		instead[name] = true
	}
	files := slices.Clone(edited)
	for _, f := range edited {
		instead[f.Name] = true
	}
	for _, f := range release {
		if !instead[f.Name] && !isOwn(f.Name, m) {
			files = append(files, f)
		}
	}
	for i := range files {
		files[i].Owner, files[i].Time = stage.BuilderUID, at
	}
	return files
}

// files are all files of a release.
func (r *Releases) files(ctx context.Context, commit string) ([]stage.File, error) {
	all, err := r.clone.Tree(ctx, commit)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.Name
	}
	blobs, err := r.clone.Files(ctx, commit, names)
	if err != nil {
		return nil, err
	}
	files := make([]stage.File, len(all))
	for i, f := range all {
		files[i] = stage.File{Name: f.Name, Mode: f.Mode, Data: blobs[f.Name]}
		if f.Mode&fs.ModeSymlink != 0 {
			files[i].Data, files[i].Link = nil, string(blobs[f.Name])
		}
	}
	return files, nil
}
