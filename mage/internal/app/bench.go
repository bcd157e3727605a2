// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/google/renameio/v2"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/measure"
	"github.com/resnics/verbsmith/mage/internal/pack"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/timing"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/specs"
)

// BenchFlags are the flags of the bench target that no other has.
type BenchFlags struct {
	Only, JSON, CBuild *string
	Count              *int
	Growth, Write      *bool
}

// performancePage is the page that bench -write fills.
const performancePage = "docs/performance.md"

// Bench is the bench target.
func (a *App) Bench(ctx context.Context, f BenchFlags) error {
	if err := a.ownOnly("bench"); err != nil {
		return err
	}
	rows, err := benchRows(value(f.Only, ""))
	count := 5
	if f.Count != nil {
		count = *f.Count
	}
	if count < 1 {
		err = errors.Join(err, fmt.Errorf("-count=%d: want 1 or more", count)) //nolint:err113 // shown once
	}
	file := value(f.JSON, "")
	if file != "" {
		if check := checkOutput(absolute(file), measure.JSONStart); check != nil {
			err = errors.Join(err, fmt.Errorf("-json=%s: %w", file, check))
		}
	}
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return fmt.Errorf("create a directory for the runs: %w", err)
	}
	defer os.RemoveAll(dir)
	clone := value(a.flags.Source, "")
	b := &bencher{App: a, dir: dir, clone: clone, cbuild: value(f.CBuild, "")}
	bench, err := b.prepare(ctx, rows)
	if err != nil {
		return err
	}
	defer a.pipeline.Plan(0)() // the number of runs says nothing of their time
	var report measure.Report
	report.Results, err = bench.Run(ctx, rows, count)
	if f.Growth != nil && *f.Growth && ctx.Err() == nil {
		var grown error
		report.Growth, grown = b.grow(ctx, bench)
		err = errors.Join(err, grown)
	}
	err = errors.Join(err, bench.Drop(context.WithoutCancel(ctx), filepath.Join(dir, "warm")))
	page := err == nil && f.Write != nil && *f.Write
	return errors.Join(err, a.showBench(report, file, page))
}

// benchRows are the rows of the given names, and those that they are compared with; all for "".
func benchRows(only string) ([]measure.Row, error) {
	all := measure.Rows()
	if only == "" {
		return all, nil
	}
	chosen := strings.Split(only, ",")
	known := make([]string, 0, len(all))
	against := map[string]bool{}
	for _, row := range all {
		known = append(known, row.Name)
		if slices.Contains(chosen, row.Name) {
			against[row.Against] = true
		}
	}
	for _, name := range chosen {
		if !slices.Contains(known, name) {
			return nil, &specs.UnknownError{Kind: "job", Name: name, Known: known}
		}
	}
	return slices.DeleteFunc(all, func(row measure.Row) bool { return !slices.Contains(chosen, row.Name) && !against[row.Name] }), nil
}

// showBench prints the tables, and writes the JSON and the page that were asked for.
func (a *App) showBench(report measure.Report, file string, page bool) error {
	a.ui.Table("bench", measure.Header(), report.Table())
	if len(report.Growth) > 0 {
		a.ui.Table("growth", measure.GrowthHeader(), report.GrowthTable())
	}
	fmt.Fprint(a.ui.Out(), report.Plot())
	var errs []error
	if file != "" {
		data, err := report.JSON()
		if err == nil {
			err = renameio.WriteFile(file, data, 0o644, renameio.WithTempDir(filepath.Dir(absolute(file))))
		}
		errs = append(errs, err)
	}
	if page {
		errs = append(errs, fillPage(filepath.Join(a.dirs.root, filepath.FromSlash(performancePage)), report))
	}
	return errors.Join(errs...)
}

func fillPage(path string, report measure.Report) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the page of measurements: %w", err)
	}
	text, err := report.Fill(string(data))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := renameio.WriteFile(path, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write the page of measurements: %w", err)
	}
	return nil
}

// bencher prepares a bench and runs its jobs.
type bencher struct {
	*App

	dir, clone, cbuild string
}

// prepare makes sure that the release and all images that the rows need are here, and returns the
// bench.
func (b *bencher) prepare(ctx context.Context, rows []measure.Row) (*measure.Bench, error) {
	b.flags.Source = nil // it is the clone of other releases
	j, err := b.rpmJob(ctx)
	if err != nil {
		return nil, err
	}
	if j.Provider == nil {
		return nil, needsProvider()
	}
	bench := &measure.Bench{
		Dir: b.dir, Provider: j.Provider.Dir, Program: b.program, Drop: b.dropVolumes,
		Others: map[string]func(context.Context) (measure.Use, error){},
		Say:    func(text string) { b.pipeline.Log.InfoContext(ctx, text) }, //nolint:sloglint // already a sentence
	}
	has := func(test func(measure.Row) bool) bool { return slices.ContainsFunc(rows, test) }
	if has(func(r measure.Row) bool { return !r.Deb }) {
		if err := b.prepareRPM(ctx, j, bench, has); err != nil {
			return nil, err
		}
	}
	if has(func(r measure.Row) bool { return r.Deb }) {
		if err := b.prepareDeb(ctx, bench); err != nil {
			return nil, err
		}
	}
	if b.cbuild != "" {
		bench.Others[measure.CBuild] = b.runCBuild
	}
	return bench, nil
}

func (b *bencher) prepareRPM(ctx context.Context, j job.Job, bench *measure.Bench, has func(func(measure.Row) bool) bool) error {
	s := pipeline.NewState(j)
	if err := b.pipeline.Do(ctx, pipeline.ForToolchainBuild, s); err != nil {
		return err
	}
	bench.RPM = b.common(s, "-distro="+j.Target.Name())
	bench.Others[measure.PlainRPM] = func(ctx context.Context) (measure.Use, error) {
		spec := pack.PlainRPM(j, pack.Sources{Source: s.Source, Patch: s.Patch, Spec: s.Spec, Toolchain: s.Toolchain})
		return b.plain(ctx, spec, b.pipeline.Command)
	}
	var others []job.Job
	if has(func(r measure.Row) bool { return r.Name == measure.OtherDistro }) {
		other := j
		distro, err := b.distros.Find(measure.DistroAfter)
		if err != nil {
			return err
		}
		other.Target = job.RPM{Distro: distro}
		others = append(others, other)
	}
	if b.clone != "" && has(func(r measure.Row) bool { return r.Name == measure.OtherRelease }) {
		source := b.clone + "@v" + measure.ReleaseBefore
		bench.Earlier = []string{"-source=" + source}
		other := j
		other.Version, other.Given, other.Release = measure.ReleaseBefore, source, nil
		others = append(others, other)
	}
	for _, other := range others {
		if err := b.pipeline.Do(ctx, pipeline.ForToolchainBuild, pipeline.NewState(other)); err != nil {
			return err
		}
	}
	return nil
}

func (b *bencher) prepareDeb(ctx context.Context, bench *measure.Bench) error {
	j, err := b.debJob(ctx)
	if err != nil {
		return err
	}
	s := pipeline.NewState(j)
	if err := b.pipeline.Do(ctx, pipeline.ForToolchainBuildDeb, s); err != nil {
		return err
	}
	bench.Deb = b.common(s, "-suite="+j.Suite().Name)
	bench.Others[measure.PlainDeb] = func(ctx context.Context) (measure.Use, error) {
		spec, err := pack.PlainDeb(s.Source, s.Debian, s.Toolchain)
		if err != nil {
			return measure.Use{}, err
		}
		return b.plain(ctx, spec, b.pipeline.Script)
	}
	return nil
}

// common are the flags of all runs: the release from the tarball that is here, so that no run waits
// for a network.
func (b *bencher) common(s *pipeline.State, target string) []string {
	base := b.base()
	return []string{target, "-rdma=" + s.Source.Version, "-source=" + s.Source.Tarball, "-base=" + base}
}

// runner runs a container in a stage: stage.Runner's Script or Command.
type runner func(ctx context.Context, s *ui.Stage, spec containers.RunSpec) (containers.Result, error)

// plain runs a container as a stage of its own.
func (b *bencher) plain(ctx context.Context, spec containers.RunSpec, run runner) (measure.Use, error) {
	s := b.pipeline.Begin(spec.Name)
	spec.Log = s.Output()
	_, err := run(ctx, s, spec)
	times := s.Times()
	use := measure.Use{Time: timing.Duration(times.Seconds), Stages: []timing.Stage{times}}
	return use, b.pipeline.EndLook(spec.Name, s, err)
}

// dropVolumes removes the volumes of a cache directory.
func (b *bencher) dropVolumes(ctx context.Context, cache string) error {
	engine, err := b.connectEngine(ctx)
	if err != nil {
		return err
	}
	names, err := engine.Volumes(ctx)
	for _, name := range names {
		if stage.IsVolumeOf(cache, name) {
			err = errors.Join(err, engine.RemoveVolume(ctx, name))
		}
	}
	return err
}

// program runs a target as a user does. Its output is in a stage's log.
func (b *bencher) program(ctx context.Context, name string, args, env []string) (measure.Use, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"tool", "mage"}, args...)...)
	cmd.Dir = b.dirs.root
	cmd.Env = append(append(b.work.userEnv(), "CI=1"), env...)
	return b.command(name, cmd)
}

// runCBuild runs rdma-core's own builder, in the tree that it belongs to.
func (b *bencher) runCBuild(ctx context.Context) (measure.Use, error) {
	cmd := exec.CommandContext(ctx, "python3", absolute(b.cbuild), "pkg", "centos9")
	cmd.Dir = filepath.Dir(filepath.Dir(absolute(b.cbuild)))
	return b.command(measure.CBuild, cmd)
}

// endGently has a command that runs a target clean up when its context ends.
func endGently(cmd *exec.Cmd) {
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
}

// command runs a command as a stage of its own.
func (b *bencher) command(name string, cmd *exec.Cmd) (measure.Use, error) {
	s := b.pipeline.Begin(name)
	cmd.Stdout, cmd.Stderr = s.Log(), s.Log()
	endGently(cmd)
	start := time.Now()
	err := cmd.Run()
	use := measure.Use{Time: time.Since(start)}
	if cmd.ProcessState != nil {
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			const kilobyte = 1024 // Linux counts in them
			use.Memory = usage.Maxrss * kilobyte
		}
	}
	if err != nil {
		err = fmt.Errorf("%s: %w, see %s", strings.Join(cmd.Args[1:], " "), err, s.LogPath())
	}
	return use, b.pipeline.EndLook(name, s, err)
}

// grow measures the growth curves, those over releases if there is a clone.
func (b *bencher) grow(ctx context.Context, bench *measure.Bench) ([]measure.Curve, error) {
	var tags []string
	if b.clone != "" {
		clone, err := upstream.OpenClone(b.clone, nil)
		if err != nil {
			return nil, err
		}
		defer clone.Close()
		refs, err := clone.Refs(ctx)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(refs, func(x, y upstream.Ref) int { return y.Time.Compare(x.Time) })
		for _, ref := range refs {
			if ref.Upstreams() {
				tags = append(tags, ref.Name)
			}
		}
	}
	return bench.Grow(ctx, b.clone, tags)
}
