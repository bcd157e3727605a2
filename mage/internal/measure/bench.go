// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/resnics/verbsmith/mage/internal/timing"
)

// Use is what a run took.
type Use struct {
	Time   time.Duration
	Memory int64 // most bytes of one process, 0 if not known
	Stages []timing.Stage
}

func (u Use) sample() Sample {
	return Sample{Seconds: u.Time.Seconds(), Memory: u.Memory, Stages: u.Stages}
}

// Bench runs jobs in turn.
type Bench struct {
	Dir      string // for caches, outputs and copies of the provider; the caller removes it
	Provider string // the provider's directory, which is copied
	RPM, Deb []string
	Earlier  []string // flags for the source of ReleaseBefore; none: that row is skipped

	// Program runs this program with arguments and additional environment variables.
	Program func(ctx context.Context, name string, args, env []string) (Use, error)
	// Others runs the Plain and Foreign jobs, by name; one that is missing is skipped.
	Others map[string]func(ctx context.Context) (Use, error)
	// Drop removes what a cache directory has outside of itself.
	Drop func(ctx context.Context, cache string) error
	// Say is told before each run.
	Say func(text string)

	edits int
}

// Run runs each row count times, all rows in turn. A row that fails is not run again; its error is
// in its result, and joined in err.
func (b *Bench) Run(ctx context.Context, rows []Row, count int) (results []Result, err error) {
	for _, row := range rows {
		results = append(results, Result{Row: row, Skipped: b.missing(row)})
	}
	for i := range count {
		for k := range results {
			r := &results[k]
			if r.Skipped != "" || r.Failed != "" {
				continue
			}
			b.Say(fmt.Sprintf("%s, %d of %d", r.Row.Name, i+1, count))
			sample, runErr := b.once(ctx, r.Row, i == 0)
			if ctx.Err() != nil {
				return results, errors.Join(runErr, ctx.Err())
			}
			if runErr != nil {
				r.Failed = runErr.Error()
				err = errors.Join(err, fmt.Errorf("%s: %w", r.Row.Name, runErr))
				continue
			}
			r.Samples = append(r.Samples, sample)
		}
	}
	return results, err
}

// missing says why a row cannot be run, "" if it can.
func (b *Bench) missing(row Row) string {
	switch {
	case row.Kind == Plain || row.Kind == Foreign:
		if b.Others[row.Name] == nil {
			return "not asked for"
		}
	case row.Name == OtherRelease && b.Earlier == nil:
		return "needs a git clone as -source"
	}
	return ""
}

// once runs a row once; first says that it is the row's first run.
func (b *Bench) once(ctx context.Context, row Row, first bool) (Sample, error) {
	place := job{bench: b, row: row, dir: filepath.Join(b.Dir, row.Name), cache: filepath.Join(b.Dir, "warm")}
	switch row.Kind {
	case Plain, Foreign:
		use, err := b.Others[row.Name](ctx)
		return use.sample(), err
	case Cold, Second:
		return place.fromNothing(ctx)
	case Edited, Again:
		return place.warm(ctx, first)
	}
	return Sample{}, fmt.Errorf("internal error: %s has the kind %d", row.Name, row.Kind) //nolint:err113 // a bug
}

// job is one run of a row by this program.
type job struct {
	bench *Bench
	row   Row
	dir   string // of the row: its copy of the provider, its outputs
	cache string
}

// fromNothing runs the row with a cache of its own, which is removed, after the run of Before if the row has one.
func (j job) fromNothing(ctx context.Context) (s Sample, err error) {
	j.cache = filepath.Join(j.dir, "cache")
	if err := os.RemoveAll(j.dir); err != nil {
		return s, fmt.Errorf("remove the last run's files: %w", err)
	}
	defer func() {
		err = errors.Join(err, j.bench.Drop(context.WithoutCancel(ctx), j.cache), os.RemoveAll(j.cache))
	}()
	if err := j.copyProvider(); err != nil {
		return s, err
	}
	if j.row.Kind == Second {
		before := slices.Clone(j.row.Before)
		if j.row.Name == OtherRelease {
			before = append(before, j.bench.Earlier...)
		}
		if _, err := j.run(ctx, j.flags(before...)); err != nil {
			return s, err
		}
	}
	return j.run(ctx, j.flags(j.row.Flags...))
}

// warm runs the row with the cache that all such rows share. Its first run is preceded by one that
// fills the cache.
func (j job) warm(ctx context.Context, first bool) (s Sample, err error) {
	if first {
		if err := j.copyProvider(); err != nil {
			return s, err
		}
		if err := j.edit(); err != nil {
			return s, err
		}
		if _, err := j.run(ctx, j.flags()); err != nil {
			return s, err
		}
	}
	if j.row.Kind == Edited {
		if err := j.edit(); err != nil {
			return s, err
		}
	}
	return j.run(ctx, j.flags())
}

func (j job) provider() string { return filepath.Join(j.dir, filepath.Base(j.bench.Provider)) }

func (j job) copyProvider() error {
	if err := os.MkdirAll(j.dir, 0o755); err != nil {
		return fmt.Errorf("create the directory of %s: %w", j.row.Name, err)
	}
	_, err := copyProvider(j.bench.Provider, j.dir)
	return err
}

// edit gives the provider a text that no run has seen.
func (j job) edit() error {
	j.bench.edits++
	return edit(j.provider(), j.bench.edits)
}

// flags are those of the target; a later one counts in place of an earlier one of its name.
func (j job) flags(own ...string) []string {
	common := j.bench.RPM
	if j.row.Deb {
		common = j.bench.Deb
	}
	flags := []string{"-provider=" + j.provider()}
	for _, f := range common {
		if !overrides(own, f) {
			flags = append(flags, f)
		}
	}
	return append(flags, own...)
}

func (j job) run(ctx context.Context, flags []string) (Sample, error) {
	out := filepath.Join(j.dir, "dist")
	use, err := j.bench.Program(ctx, j.row.Name, append([]string{j.row.Target}, flags...),
		[]string{"VERBSMITH_CACHE=" + j.cache, "VERBSMITH_DIST=" + out})
	if err != nil {
		return Sample{}, err
	}
	use.Stages = stagesIn(out)
	return use.sample(), nil
}

// stagesIn reads where the time of the newest packages below dir went, nil if there are none.
func stagesIn(dir string) []timing.Stage {
	files, _ := filepath.Glob(filepath.Join(dir, "*", "*", "timing.json"))
	var newest time.Time
	var times timing.File
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil || info.ModTime().Before(newest) {
			continue
		}
		data, err := os.ReadFile(file)
		var f timing.File
		if err == nil && json.Unmarshal(data, &f) == nil {
			newest, times = info.ModTime(), f
		}
	}
	return times.Stages
}
