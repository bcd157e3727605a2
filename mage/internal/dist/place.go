// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
)

// hold locks the directory of outputs for as long as something in it
// changes. waiting, if not nil, is called once if another run has it.
func (c *Collector) hold(ctx context.Context, waiting func()) (*owned.Hold, error) {
	held, err := owned.Lock(ctx, c.Dir, waiting)
	if err != nil {
		return nil, fmt.Errorf("use the directory of outputs (set VERBSMITH_DIST to choose another): %w", err)
	}
	if held.New {
		if err := errors.Join(held.Add(UnrecordedOutputs(held.Dir())...), ignore(held)); err != nil {
			held.Release()
			return nil, err
		}
	}
	return held, nil
}

// ignore keeps outputs out of git's sight, whatever the repository ignores. A directory that has something of the user's is left to
// the user's own .gitignore.
func ignore(held *owned.Hold) error {
	there, err := os.ReadDir(held.Dir())
	if err != nil {
		return fmt.Errorf("look for other files in the directory of outputs: %w", err)
	}
	if slices.ContainsFunc(there, func(e fs.DirEntry) bool { return e.Name() != owned.Marker }) {
		return nil
	}
	err = held.Place(".gitignore", []byte("*\n"))
	if _, theirs := errors.AsType[*owned.ForeignError](err); theirs {
		return nil
	}
	return err
}

// outputName is a path in the directory of outputs as its record has it.
func (c *Collector) outputName(file string) (string, error) {
	rel, err := filepath.Rel(c.Dir, file)
	if err != nil || !filepath.IsLocal(rel) {
		return "", fmt.Errorf("output %s: want a path below %s", file, c.Dir) //nolint:err113 // a bug
	}
	return filepath.ToSlash(rel), nil
}

// UnrecordedOutputs lists what an older version, which kept no record, has
// collected into a directory of outputs: the files that the manifests in it list, if
// their size is right, the manifests, and the reports next to them.
func UnrecordedOutputs(dist string) []string {
	manifests, _ := fs.Glob(os.DirFS(dist), "*/rdma-core-*/"+manifestFile) // the pattern is well formed
	var names []string
	for _, manifest := range manifests {
		folder := path.Dir(manifest)
		dir := filepath.Join(dist, filepath.FromSlash(folder))
		m, err := ReadManifest(dir)
		if err != nil || m.Key == "" || m.Release == "" {
			continue
		}
		names = append(names, manifest)
		for _, report := range []string{"junit.xml", "junit-kernel.xml", "junit-kernel-tree.xml", "lintian.txt"} {
			if st, err := os.Lstat(filepath.Join(dir, report)); err == nil && st.Mode().IsRegular() {
				names = append(names, path.Join(folder, report))
			}
		}
		for _, f := range m.Files {
			st, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(f.Path)))
			if err == nil && fs.ValidPath(f.Path) && st.Mode().IsRegular() && st.Size() == f.Size {
				names = append(names, path.Join(folder, f.Path))
			}
		}
	}
	return names
}

// PlaceFile puts a copy of a file that is the same for all distros, such as the patch,
// below dist/rdma-core-LABEL and returns its path. That of a release without a
// provider goes into a directory of its own.
func (c *Collector) PlaceFile(ctx context.Context, j job.Job, label, name, from string) (string, error) {
	data, err := stagecache.ReadFile(from)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return c.Place(ctx, filepath.Join(c.Dir, distName(j, label)), name, data)
}

// Place writes one file of a directory of outputs in one step. A file that is not
// verbsmith's is not overwritten: *owned.ForeignError.
func (c *Collector) Place(ctx context.Context, dir, name string, data []byte) (string, error) {
	file := filepath.Join(dir, name)
	output, err := c.outputName(file)
	if err != nil {
		return "", err
	}
	held, err := c.hold(ctx, nil)
	if err != nil {
		return "", err
	}
	defer held.Release()
	return file, makeRoom(held.Place(output, data))
}

// PlaceFolder has fill replace a directory of outputs, completely or not at all. If
// anything in it is not verbsmith's, nothing changes: *owned.ForeignError.
func (c *Collector) PlaceFolder(ctx context.Context, dir string, fill func(dir string) error) error {
	output, err := c.outputName(dir)
	if err != nil {
		return err
	}
	held, err := c.hold(ctx, nil)
	if err != nil {
		return err
	}
	defer held.Release()
	foreign, err := held.Foreign(output)
	if len(foreign) > 0 {
		err = &owned.ForeignError{Path: filepath.Join(dir, foreign[0])}
	}
	if err == nil {
		err = held.Replace(output, fill)
	}
	return makeRoom(err)
}

// makeRoom says what to do if a file that is not verbsmith's is in the way.
func makeRoom(err error) error {
	if foreign, ok := errors.AsType[*owned.ForeignError](err); ok {
		return &stage.AdviceError{Err: foreign, What: "move it, or choose another directory for outputs with VERBSMITH_DIST"}
	}
	return err
}

// Discard removes a file of a directory of outputs that verbsmith wrote; any other stays.
func (c *Collector) Discard(ctx context.Context, dir, name string) error {
	output, err := c.outputName(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	held, err := c.hold(ctx, nil)
	if err != nil {
		return err
	}
	defer held.Release()
	return held.Discard(output)
}
