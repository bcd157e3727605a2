// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/timing"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// Runner runs stages. Its fields are set once.
type Runner struct {
	CacheDir string // downloads and stage outputs
	Cache    *stagecache.Cache
	UI       *ui.UI
	Log      *slog.Logger
	// Engine connects to the container engine at its first use, so that stages in pure Go run
	// without one.
	Engine func(context.Context) (Engine, error)

	parent  *Runner // of a quiet runner: the volumes are its parent's
	volumes heldVolumes

	index, total int
	ran          []string // stages that did work in this run
	times        []timing.Stage
}

// Quiet returns a runner whose stages show nothing and write their logs to a directory of that
// name: for one of many parts. Close its UI.
func (r *Runner) Quiet(name string) *Runner { return r.on(r.UI.Quiet(name)) }

// Brief is Quiet with live lines on a terminal: for one of many runs.
func (r *Runner) Brief(name string) *Runner { return r.on(r.UI.Brief(name)) }

// on returns a runner with a display and a count of its own.
func (r *Runner) on(display *ui.UI) *Runner {
	return &Runner{CacheDir: r.CacheDir, Cache: r.Cache, UI: display, Log: r.Log, Engine: r.Engine, parent: r.volumeOwner()}
}

// Scratch is Quiet with a cache below dir, which the caller removes. Volumes are those of r.
func (r *Runner) Scratch(name, dir string) (*Runner, error) {
	cache, err := stagecache.Open(filepath.Join(dir, "stages"))
	if err != nil {
		return nil, err
	}
	q := r.Quiet(name)
	q.CacheDir, q.Cache, q.parent = dir, cache, r.volumeOwner()
	return q, nil
}

// volumeOwner is the runner with the cache that owns and locks the volumes.
func (r *Runner) volumeOwner() *Runner {
	if r.parent != nil {
		return r.parent
	}
	return r
}

// Plan sets the number of stages that follow, for the display; restore returns to the previous
// count.
func (r *Runner) Plan(total int) (restore func()) {
	index, before := r.index, r.total
	r.index, r.total = 0, total
	return func() { r.index, r.total = index, before }
}

// Ran lists the stages that did work, in order; none means that everything was
// up to date.
func (r *Runner) Ran() []string { return r.ran }

// Begin opens the next stage on the display.
func (r *Runner) Begin(name string) *ui.Stage {
	r.index++
	return r.UI.Stage(name, r.index, r.total)
}

// End closes a stage as failed, up to date or done.
func (r *Runner) End(name string, s *ui.Stage, hit bool, err error) error {
	if hit {
		return r.end(s, timing.Stage{Stage: name, Cached: true}, err)
	}
	return r.end(s, s.Times(), err)
}

// end is End with the times of what the stage gives.
func (r *Runner) end(s *ui.Stage, times timing.Stage, err error) error {
	if err != nil {
		s.Fail(err)
		return &Error{Name: times.Stage, Log: s.LogPath(), Err: err}
	}
	r.times = append(r.times, times)
	if times.Cached {
		s.Cached("up to date")
		return nil
	}
	r.ran = append(r.ran, times.Stage)
	s.Done()
	return nil
}

// EndLook closes a stage that only reads, so Ran does not list it.
func (r *Runner) EndLook(name string, s *ui.Stage, err error) error {
	if err != nil {
		return r.End(name, s, false, err)
	}
	s.Done()
	return nil
}

// do is the cache's DoKey in a stage, nil for none. A damaged output, which is therefore rebuilt, is
// reported.
func (r *Runner) do(
	ctx context.Context, s *ui.Stage, key *stagecache.KeyBuilder, build func(ctx context.Context, dir string) error,
) (stagecache.Entry, error) {
	end := s.Part("look up the output")
	if s != nil {
		key.OnWait(func(holder string) {
			s.Note("waiting for " + holder)
			s.Enter(timing.Wait)
		})
	}
	entry, err := r.Cache.DoKey(ctx, key, func(ctx context.Context, dir string) error {
		end()
		s.Enter(timing.Own)
		defer func() { end = s.Part("keep the output") }()
		return build(ctx, dir)
	})
	end()
	s.Enter(timing.Own)
	if err == nil && entry.Damage != "" {
		r.Log.WarnContext(ctx, "a cached output was damaged and is being rebuilt", "stage", entry.Stage, "because", entry.Damage)
	}
	return entry, err
}

// Prune removes old outputs, so that a day of edits does not fill a disk. keep returns how many
// of the newest outputs of a stage stay. A run that has made none leaves them to the next.
func (r *Runner) Prune(ctx context.Context, keep func(stage string) int) error {
	if !r.Cache.Made() {
		return nil
	}
	if _, err := r.Cache.PruneBy(ctx, keep); err != nil {
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
