// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// Clean is the clean target: it removes what verbsmith made, on the engine, in
// dist/ and in the cache, and lists what it keeps. With all, it also removes what runs
// with other caches left on the engine. Directories are cleaned even if no engine answers;
// that is still an error, because our objects on it stay. It is not a call of an App,
// because a run would use the cache that clean removes.
func Clean(ctx context.Context, all bool) error {
	ctx, stop := untilSignal(ctx)
	defer stop(nil)
	out := newUI(folders{}, &providerPlace{}, nil)
	dirs, err := findFolders()
	if err == nil {
		c := &cleaner{dirs: dirs, all: all}
		err = c.run(ctx)
		if len(c.removed) > 0 {
			out.Table("removed", []string{"kind", "name"}, c.removed)
		}
		if len(c.kept) > 0 {
			out.Table("kept", []string{"kind", "name", "why"}, c.kept)
		}
		err = errors.Join(err, out.OutError())
	}
	return finish(ctx, failedRun{ui: out}, err)
}

type cleaner struct {
	dirs          folders
	all           bool
	removed, kept [][]string
}

// busyError says that nothing was cleaned, because a run uses it.
type busyError struct {
	err  error
	pids []string // of the runs, where known
}

func (e *busyError) Error() string {
	text := e.err.Error()
	if len(e.pids) > 0 {
		text += " (process " + strings.Join(e.pids, ", ") + ")"
	}
	return text + ": nothing was removed; run clean again when that run has ended"
}
func (e *busyError) Unwrap() error { return e.err }

func (c *cleaner) run(ctx context.Context) error {
	cache, errCache := claim(ctx, c.dirs.cache, isOlderCache)
	if errors.As(errCache, new(*owned.BusyError)) {
		return &busyError{errCache, owned.LiveRuns(c.dirs.scratch())}
	}
	defer cache.Release()
	outputs, errDist := claim(ctx, c.dirs.dist, isOlderDist)
	if errors.As(errDist, new(*owned.BusyError)) {
		return &busyError{err: errDist}
	}
	defer outputs.Release()
	errs := []error{c.engine(ctx, cache), errCache, errDist}
	// The inner one first, so that the outer one can become empty.
	steps := []func() error{func() error { return c.dist(outputs) }, func() error { return c.cache(ctx, cache) }}
	if owned.Overlap(c.dirs.dist, c.dirs.cache) {
		steps[0], steps[1] = steps[1], steps[0]
	}
	for _, step := range steps {
		errs = append(errs, step())
	}
	return errors.Join(errs...)
}

// claim locks a directory for this run alone. It returns nil for a missing or empty one,
// and *owned.ForeignError for one that is not verbsmith's. older recognises what an older
// version made, which wrote no marker.
func claim(ctx context.Context, dir string, older func(string) bool) (*owned.Hold, error) {
	held, err := owned.Claim(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return held, err
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil //nolint:nilnil // nothing to clean is a valid answer
	case err != nil:
		return nil, fmt.Errorf("list %s: %w", dir, err)
	case len(entries) == 0 || older(dir):
		return owned.Lock(ctx, dir, nil)
	}
	return nil, &owned.ForeignError{
		Path: dir, Why: "is not empty and has no marker " + owned.Marker + ", so verbsmith did not make it",
	}
}

func isOlderCache(dir string) bool {
	info, err := os.Lstat(stagecache.Locks(filepath.Join(dir, "stages")))
	return err == nil && info.IsDir()
}

func isOlderDist(dir string) bool { return len(dist.UnrecordedOutputs(dir)) > 0 }

func (c *cleaner) dist(held *owned.Hold) error {
	if held == nil {
		return nil
	}
	if held.New {
		if err := held.Add(dist.UnrecordedOutputs(held.Dir())...); err != nil {
			return err
		}
	}
	report, err := held.Remove(c.dirs.dist, nil)
	c.tell(c.dirs.dist, report)
	return err
}

func (c *cleaner) cache(ctx context.Context, held *owned.Hold) error {
	if held == nil {
		return nil
	}
	err := owned.SweepScratch(c.dirs.scratch())
	if _, missing := os.Lstat(c.dirs.stages()); missing == nil {
		stages, errOpen := stagecache.Open(c.dirs.stages()) //nolint:contextcheck // it waits for nothing
		if errOpen == nil {
			_, errOpen = stages.RemoveAll(ctx)
		}
		err = errors.Join(err, errOpen)
	}
	if err != nil {
		return err // in use, perhaps by a run of an older version: keep the rest too
	}
	report, err := held.Remove(c.dirs.cache, cacheOwns)
	c.tell(c.dirs.cache, report)
	return err
}

// tell adds a directory to the tables.
func (c *cleaner) tell(dir string, report owned.Report) {
	const shown = 20
	switch {
	case report.Gone:
		c.removed = append(c.removed, []string{"directory", relativeTo(c.dirs.root, dir)})
	case report.Files > 0:
		c.removed = append(c.removed, []string{"files", fmt.Sprintf("%d in %s", report.Files, relativeTo(c.dirs.root, dir))})
	}
	for i, name := range report.Kept {
		if i == shown {
			c.kept = append(c.kept, []string{"file", fmt.Sprintf("%d more in %s", len(report.Kept)-shown, dir), ""})
			break
		}
		kind := "file"
		if strings.HasSuffix(name, "/") {
			kind = "directory"
		}
		c.kept = append(c.kept, []string{kind, ui.Clean(filepath.Join(relativeTo(c.dirs.root, dir), name)), "not made by verbsmith"})
	}
}

func (c *cleaner) engine(ctx context.Context, cache *owned.Hold) (err error) {
	options := containers.Options{Notice: func(text string) { c.kept = append(c.kept, []string{"container", text, ""}) }}
	if cache != nil {
		options.RunDir = c.dirs.runs()
	} else {
		options.Visitor = true
	}
	engine, err := containers.Connect(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }() //nolint:contextcheck // also after an interrupt, with a bound of its own
	removed, kept, err := engine.Clean(ctx, containers.CleanOptions{
		All: c.all, OwnVolume: func(name string) bool { return stage.IsVolumeOf(c.dirs.cache, name) },
	})
	for _, o := range removed {
		c.removed = append(c.removed, []string{string(o.Kind), o.Name})
	}
	for _, o := range kept {
		c.kept = append(c.kept, []string{string(o.Kind), o.Name, o.Why})
	}
	return err
}

// cacheFiles are the paths of files that verbsmith writes into a cache, besides those
// of the stages, which the stage cache removes itself: downloads (upstream), locks
// of runs (containers), logs, and what is remembered of machines and registries
// (pipeline). A new kind of file in the cache needs a line here.
//
//nolint:gochecknoglobals // compiled once
var cacheFiles = anyOf(
	download+`/.+`,
	`downloads/\.?rdma-core\.sum[0-9]*`,
	`runs/home(\.guard)?`,
	`runs/[0-9a-f]{16}\.lock`,
	`runs/seccomp-[0-9a-f]{16}\.json`,
	logsOfRun+`(/[^/]+)?/[^/]+\.log`,
	logsOfRun+`/`+passedFile,
	`verbsmith-(unreachable|no-kvm)-[^/]+`,
)

// cacheDirs are their directories.
//
//nolint:gochecknoglobals // compiled once
var cacheDirs = anyOf(
	`downloads`, download+`(/.+)?`, `runs`, `logs`, logsOfRun+`(/[^/]+)?`, `tmp`,
	`stages(/.+)?`, // the stage cache leaves empty ones, or what is not its own
)

const (
	// download is named by a sum, an origin's sum, or a commit.
	download  = `downloads/([0-9a-f]{64}|origin-[0-9a-f]{32}|git-[0-9a-f]{40,64})`
	logsOfRun = `logs/[0-9]{8}T[0-9]{6}\.[0-9]{3}-[0-9]+`
)

func anyOf(patterns ...string) *regexp.Regexp {
	return regexp.MustCompile(`^(?:` + strings.Join(patterns, "|") + `)$`)
}

// cacheOwns says whether a path below the cache is one that verbsmith writes.
func cacheOwns(name string, dir bool) bool {
	if dir {
		return cacheDirs.MatchString(name)
	}
	return cacheFiles.MatchString(name)
}
