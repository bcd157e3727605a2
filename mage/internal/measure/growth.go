// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/resnics/verbsmith/mage/internal/timing"
)

// Curve is how a job's time grows with the number of something.
type Curve struct {
	Name   string  `json:"name"`
	Points []Point `json:"points"`
}

// Point is the use of the job at one number.
type Point struct {
	Number  int     `json:"number"`
	Seconds float64 `json:"seconds"`
	Memory  int64   `json:"memory,omitempty"` // bytes
}

// Grow measures the curves, each point once from an empty cache. tags are the releases of the clone
// source, newest first; without a clone there is no curve of them.
func (b *Bench) Grow(ctx context.Context, source string, tags []string) ([]Curve, error) {
	curves := []Curve{}
	for _, c := range []struct {
		name    string
		numbers []int
		run     func(ctx context.Context, n int) (Use, error)
	}{
		{"releases", []int{1, 10, 100}, func(ctx context.Context, n int) (Use, error) {
			return b.apart(ctx, nil, "releases:check", "-depth=edit", "-source="+source, "-rdma="+strings.Join(tags[:n], ","))
		}},
		{"files of the provider", []int{1, 10, 100}, func(ctx context.Context, n int) (Use, error) {
			return b.apart(ctx, func(dir string) error { return addFiles(dir, n, 1000) }, "patch", b.RPM...)
		}},
		{"bytes of the provider", []int{10_000, 100_000, 1_000_000}, func(ctx context.Context, n int) (Use, error) {
			return b.apart(ctx, func(dir string) error { return addFiles(dir, 1, n) }, "patch", b.RPM...)
		}},
		{"runs at once", []int{1, 2, 4}, b.together},
	} {
		curve := Curve{Name: c.name, Points: []Point{}}
		for _, n := range c.numbers {
			if c.name == "releases" && (source == "" || n > len(tags)) {
				continue
			}
			b.Say(fmt.Sprintf("%s: %d", c.name, n))
			use, err := c.run(ctx, n)
			if err != nil {
				return curves, fmt.Errorf("%s, %d: %w", c.name, n, err)
			}
			curve.Points = append(curve.Points, Point{Number: n, Seconds: use.Time.Seconds(), Memory: use.Memory})
		}
		curves = append(curves, curve)
	}
	return curves, nil
}

// apart runs a target with a copy of the provider and a cache of its own, which are removed.
func (b *Bench) apart(ctx context.Context, change func(dir string) error, target string, flags ...string) (use Use, err error) {
	dir, err := os.MkdirTemp(b.Dir, "apart-")
	if err != nil {
		return use, fmt.Errorf("create a directory: %w", err)
	}
	cache := filepath.Join(dir, "cache")
	defer func() { err = errors.Join(err, b.Drop(context.WithoutCancel(ctx), cache), os.RemoveAll(dir)) }()
	provider, err := copyProvider(b.Provider, dir)
	if err == nil && change != nil {
		err = change(provider)
	}
	if err != nil {
		return use, err
	}
	return b.Program(ctx, target, append([]string{target, "-provider=" + provider}, flags...),
		[]string{"VERBSMITH_CACHE=" + cache, "VERBSMITH_DIST=" + filepath.Join(dir, "dist")})
}

// together runs n builds at once, each of a provider that was edited, in one cache; the time is that
// of the last to end.
func (b *Bench) together(ctx context.Context, n int) (Use, error) {
	row := Row{Name: "together", Target: "build"}
	jobs := make([]job, n)
	for i := range jobs {
		jobs[i] = job{bench: b, row: row, dir: filepath.Join(b.Dir, fmt.Sprintf("together-%d", i)), cache: filepath.Join(b.Dir, "warm")}
		if _, err := os.Stat(jobs[i].dir); err != nil {
			if err := jobs[i].copyProvider(); err != nil {
				return Use{}, err
			}
			if _, err := jobs[i].run(ctx, jobs[i].flags()); err != nil { // fills its build tree
				return Use{}, err
			}
		}
		if err := jobs[i].edit(); err != nil {
			return Use{}, err
		}
	}
	samples, errs := make([]Sample, n), make([]error, n)
	var all sync.WaitGroup
	for i := range jobs {
		all.Go(func() { samples[i], errs[i] = jobs[i].run(ctx, jobs[i].flags()) })
	}
	all.Wait()
	var use Use
	for _, s := range samples {
		use.Time = max(use.Time, timing.Duration(s.Seconds))
		use.Memory = max(use.Memory, s.Memory)
	}
	return use, errors.Join(errs...)
}

// addFiles adds headers of a size to a provider.
func addFiles(dir string, count, size int) error {
	const line = "/* verbsmith */\n"
	text := "/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */\n" + strings.Repeat(line, size/len(line))
	for i := range count {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("bench-%d.h", i)), []byte(text), 0o644); err != nil {
			return fmt.Errorf("add a file to the provider: %w", err)
		}
	}
	return nil
}

// GrowthHeader is that of GrowthTable.
func GrowthHeader() []string { return []string{"number of", "", "s", "memory MiB"} }

// GrowthTable has a row of text for each point.
func (r Report) GrowthTable() [][]string {
	var rows [][]string
	for _, c := range r.Growth {
		for _, p := range c.Points {
			rows = append(rows, []string{c.Name, fmt.Sprint(p.Number), number(p.Seconds), fmt.Sprintf("%.0f", float64(p.Memory)/(1<<20))})
		}
	}
	return rows
}
