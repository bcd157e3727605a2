// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

// Pipeline runs stages. Its fields are set once by the app.
type Pipeline struct {
	Root       string // the repository: containers/ and specs/ are read below it
	DistDir    string // where outputs are collected
	CacheDir   string // downloads and stage outputs
	Cache      *stagecache.Cache
	Releases   *specs.Releases
	Interfaces *specs.Interfaces
	Sums       *specs.Sums
	UI         *ui.UI
	Log        *slog.Logger
	// Engine connects to the container engine at its first use, so that the
	// stages in pure Go run without one.
	Engine func(context.Context) (*containers.Engine, error)

	// volumesOf is the cache folder whose volumes are used, where it is not CacheDir.
	volumesOf string

	index, total int
	ran          []string // stages that did work in this run
}

// Plan says how many stages this run will have, for the display.
func (p *Pipeline) Plan(total int) { p.index, p.total = 0, total }

// Ran lists the stages that did work, in order; none means that everything was
// up to date.
func (p *Pipeline) Ran() []string { return p.ran }

// begin opens the next stage on the display.
func (p *Pipeline) begin(name string) *ui.Stage {
	p.index++
	return p.UI.Stage(name, p.index, p.total)
}

// end closes a stage: err, or a note why it had nothing to do, or done.
func (p *Pipeline) end(name string, s *ui.Stage, hit bool, err error) error {
	switch {
	case err != nil:
		s.Fail(err)
		return &StageError{Name: name, Log: s.LogPath(), Err: err}
	case hit:
		s.Cached("up to date")
	default:
		p.ran = append(p.ran, name)
		s.Done()
	}
	return nil
}

// endLook closes a stage that looks at what there is and makes nothing: it is no
// work that Ran tells of.
func (p *Pipeline) endLook(name string, s *ui.Stage, err error) error {
	if err != nil {
		return p.end(name, s, false, err)
	}
	s.Done()
	return nil
}

// cached runs one stage whose output is a folder: build fills dir unless the
// cache holds an output under the same key.
func (p *Pipeline) cached(
	ctx context.Context, name string, key *stagecache.KeyBuilder,
	build func(ctx context.Context, dir string, s *ui.Stage) error,
) (stagecache.Entry, error) {
	s := p.begin(name)
	why := p.Cache.Explain(name, key)
	entry, err := p.do(ctx, key, func(ctx context.Context, dir string) error {
		if len(why) > 0 {
			s.Note("changed: " + joinNames(why))
		}
		return build(ctx, dir, s)
	})
	return entry, p.end(name, s, entry.Hit, err)
}

// do is the cache's DoKey. An output that was damaged, and is therefore made again, is
// told.
func (p *Pipeline) do(
	ctx context.Context, key *stagecache.KeyBuilder, build func(ctx context.Context, dir string) error,
) (stagecache.Entry, error) {
	entry, err := p.Cache.DoKey(ctx, key, build)
	if err == nil && entry.Damage != "" {
		p.Log.WarnContext(ctx, "a cached output was damaged and is made again", "stage", entry.Stage, "because", entry.Damage)
	}
	return entry, err
}

// Prune drops what has not been used for long, so that a day of edits does not
// fill a disk: the newest outputs of each stage stay. Of what is known of whole
// lists of releases, which is small, those of a few walks do.
func (p *Pipeline) Prune(ctx context.Context) error {
	const keep, keepRows = 12, 2000
	_, err := p.Cache.PruneBy(ctx, func(stage string) int {
		if isRowStage(stage) {
			return keepRows
		}
		return keep
	})
	if err != nil {
		return fmt.Errorf("prune the stage cache: %w", err)
	}
	return nil
}

// joinNames lists a few names and counts the others.
func joinNames(names []string) string {
	const shown = 4
	if len(names) > shown {
		names = append(names[:shown:shown], fmt.Sprintf("and %d more", len(names)-shown))
	}
	return strings.Join(names, ", ")
}

// writeFile writes data below dir; the folder is private to the stage that
// fills it, so a plain write is enough.
func writeFile(dir, name string, data []byte) error {
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
