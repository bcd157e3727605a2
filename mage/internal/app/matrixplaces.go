// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/matrix"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

// The values of -on.
const (
	onLocal   = "local"
	onEngines = "engines:"
	onForms   = "local, slurm, or engines: and names of Docker's contexts or addresses such as ssh://user@host, separated by commas"
)

// enginePlace is an engine that cells run on.
type enginePlace struct {
	name  string
	host  string // "": the engine that every target finds
	slots int

	processor specs.Processor // "": not known
}

// matrixRun is a matrix being run.
type matrixRun struct {
	*App

	plan   *matrixPlan
	file   *string // -file
	total  int
	failed error // that results could not be written

	mu    sync.Mutex
	done  matrix.Results // cells with a verdict
	index int            // stages
}

// all runs the cells. A terminal has a line about all of them meanwhile.
func (r *matrixRun) all(ctx context.Context, cells []matrix.Cell, places []matrix.Place) (matrix.Results, []matrix.Ran) {
	if len(cells) == 0 {
		return nil, nil
	}
	defer r.ui.Overview("")
	r.count()
	return matrix.Run(ctx, cells, places, r.judged)
}

// count shows how many cells have which verdict.
func (r *matrixRun) count() {
	words := []string{fmt.Sprintf("matrix  %d/%d", len(r.done), r.total)}
	for _, v := range []matrix.Verdict{matrix.Pass, matrix.Fail, matrix.Lost} {
		if n := r.done.Count(v); n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, v))
		}
	}
	r.ui.Overview(strings.Join(words, "  "))
}

// placesOn reads -on and -jobs.
func (r *matrixRun) placesOn(ctx context.Context, f MatrixFlags) ([]matrix.Place, error) {
	if value(f.On, "") != onSlurm {
		engines, err := r.engines(ctx, f)
		return r.places(engines), err
	}
	if err := checkJobs(f.Jobs); err != nil {
		return nil, err
	}
	place, err := r.slurmPlace(ctx, f.Jobs)
	if err != nil {
		return nil, fmt.Errorf("-on=%s: %w", onSlurm, err)
	}
	return []matrix.Place{place}, nil
}

func checkJobs(jobs *int) error {
	if jobs != nil && *jobs < 1 {
		return fmt.Errorf("-jobs=%d: want 1 or more cells at once", *jobs) //nolint:err113 // shown once
	}
	return nil
}

// engines are those of -on, each asked what it runs on.
func (r *matrixRun) engines(ctx context.Context, f MatrixFlags) ([]enginePlace, error) {
	places, err := enginesOn(value(f.On, onLocal))
	if err := errors.Join(err, checkJobs(f.Jobs)); err != nil {
		return nil, err
	}
	deep := slices.ContainsFunc(r.plan.cells, func(c matrix.Cell) bool { return c.Depth != specs.DepthEdit })
	disk, err := freeDisk(r.dirs.cache)
	errs := []error{err}
	for i := range places {
		p := &places[i]
		p.slots = runtime.NumCPU()
		if deep {
			machine, err := containers.AskMachine(ctx, p.host)
			if err != nil {
				errs = append(errs, fmt.Errorf("-on: %s: %w", p.name, err))
				continue
			}
			p.slots = slotsOf(machine, disk)
			p.processor = specs.ProcessorOf(machine.Arch) // "" if the engine does not say
		}
		if f.Jobs != nil {
			p.slots = *f.Jobs
		}
	}
	return places, errors.Join(errs...)
}

// enginesOn are the engines that -on names.
func enginesOn(on string) ([]enginePlace, error) {
	if on == onLocal {
		return []enginePlace{{name: onLocal}}, nil
	}
	list, ok := strings.CutPrefix(on, onEngines)
	if !ok || strings.Trim(list, ", ") == "" {
		return nil, fmt.Errorf("-on=%s: want %s", on, onForms) //nolint:err113 // shown once
	}
	var places []enginePlace
	var errs []error
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if slices.ContainsFunc(places, func(p enginePlace) bool { return p.name == name }) {
			errs = append(errs, fmt.Errorf("-on: want each engine once, got %s again", name)) //nolint:err113 // shown once
			continue
		}
		host, err := containers.HostOf(name)
		if err != nil {
			err = fmt.Errorf("-on: %w", err)
		}
		places, errs = append(places, enginePlace{name: name, host: host}), append(errs, err)
	}
	return places, errors.Join(errs...)
}

// slotsOf is how many cells a machine takes at once: a build uses all cores for most of its time, some 3 GiB of memory, and as much of
// the disk where the cache is.
func slotsOf(m containers.Machine, disk int64) int {
	const cores, need, most = 2, 3 << 30, 16
	n := m.Processors / cores
	if m.Memory > 0 {
		n = min(n, int(m.Memory/need))
	}
	return max(1, min(n, int(disk/need), most))
}

// places are the engines as places for cells.
func (r *matrixRun) places(engines []enginePlace) []matrix.Place {
	const patience = time.Minute // for an engine that starts again
	var all []matrix.Place
	for _, e := range engines {
		all = append(all, matrix.Place{
			Name: e.name, Slots: e.slots,
			Shared: func(c matrix.Cell) string {
				if c.Depth == specs.DepthEdit {
					return ""
				}
				return c.Target() + " " + string(c.Processor)
			},
			Native:  func(c matrix.Cell) bool { return e.processor == "" || e.processor == c.Processor },
			Prepare: func(ctx context.Context, c matrix.Cell) { r.prepare(ctx, e, c) },
			Run:     func(ctx context.Context, c matrix.Cell) matrix.Result { return r.run(ctx, e, c) },
			Answers: func(ctx context.Context) error { return containers.AwaitMachine(ctx, e.host, patience) },
		})
	}
	return all
}

// stage begins a line of the display.
func (r *matrixRun) stage(name string) *ui.Stage {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.index++
	return r.ui.Stage(name, r.index, 0)
}

// prepare makes what the cells of a target share at an engine. If it cannot, each of them says why.
func (r *matrixRun) prepare(ctx context.Context, e enginePlace, c matrix.Cell) {
	s := r.stage("toolchain of " + c.Target() + forProcessor(c) + r.at(e))
	switch err := r.command(ctx, e, s, c, "-prepare=true").Run(); {
	case err == nil:
		s.Done()
	case context.Cause(ctx) != nil:
		s.Cached("not needed any more")
	default:
		s.Fail(err)
	}
}

// forProcessor names a cell's processor if it is not the usual one.
func forProcessor(c matrix.Cell) string {
	if c.Processor == specs.X8664 {
		return ""
	}
	return " for " + string(c.Processor)
}

// at names a place where there are several.
func (r *matrixRun) at(e enginePlace) string {
	if e.name == onLocal {
		return ""
	}
	return " on " + e.name
}

// run runs a cell in a process of its own.
func (r *matrixRun) run(ctx context.Context, e enginePlace, c matrix.Cell) matrix.Result {
	if err := r.forget(ctx, c); err != nil {
		return matrix.Of(c).With(matrix.Lost, r.ui.FirstLine(err))
	}
	s := r.stage(c.ID() + r.at(e))
	result := r.verdict(c, r.command(ctx, e, s, c).Run())
	r.keepLog(ctx, s.LogPath(), c)
	if result.Verdict == matrix.Pass {
		s.Done()
	} else {
		s.Fail(fmt.Errorf("%s: %s", result.Verdict, result.Cause)) //nolint:err113 // shown at once
	}
	return result
}

// forget removes a cell's verdict, so that one that is there later is the next run's. A file that is not verbsmith's stays, and is an
// error: it would be read as that.
func (r *matrixRun) forget(ctx context.Context, c matrix.Cell) error {
	if err := r.pipeline.Collector().Discard(ctx, r.cellDir(c), cellFile); err != nil {
		return err
	}
	file := filepath.Join(r.cellDir(c), cellFile)
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(&owned.ForeignError{Path: file}, err)
	}
	return nil
}

// verdict is what a cell's process has said of it before it ended.
func (r *matrixRun) verdict(c matrix.Cell, ended error) matrix.Result {
	said, err := r.readCell(c)
	switch {
	case err == nil:
		return said
	case errors.Is(err, fs.ErrNotExist) && ended != nil:
		return matrix.Of(c).With(matrix.Lost, "it ended without a verdict: "+ended.Error())
	}
	return matrix.Of(c).With(matrix.Lost, r.ui.FirstLine(err))
}

// keepLog makes a log that of a cell.
func (r *matrixRun) keepLog(ctx context.Context, log string, c matrix.Cell) {
	text := logText(log, hidden(r.dirs, r.flags))
	if text == nil {
		return
	}
	if _, err := r.pipeline.Collector().Place(context.WithoutCancel(ctx), r.cellDir(c), cellLog, text); err != nil {
		r.pipeline.Log.WarnContext(ctx, "the log of a cell could not be kept", "cell", c.ID(), "because", err)
	}
}

// arguments are those of the target of a cell, but its ID.
func (r *matrixRun) arguments() []string {
	args := []string{targetCell, "-base=" + r.base()}
	for _, f := range []struct {
		name string
		flag *string
	}{{"file", r.file}, {"source", r.flags.Source}, {"provider", r.flags.Provider}} {
		if f.flag != nil {
			args = append(args, "-"+f.name+"="+*f.flag)
		}
	}
	return args
}

// command is this program for a cell at an engine.
func (r *matrixRun) command(ctx context.Context, e enginePlace, s *ui.Stage, c matrix.Cell, more ...string) *exec.Cmd {
	args := append(append(r.arguments(), "-cell="+c.ID()), more...)
	program, err := os.Executable()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Err = errors.Join(cmd.Err, err)
	cmd.Env = withEngine(r.work.userEnv(), e.host)
	out := ui.NinjaProgress(s.Log(), s.Live) // its stages are counted as ninja counts
	cmd.Stdout, cmd.Stderr = out, out
	endGently(cmd)
	return cmd
}

// withEngine is an environment in which targets use the engine at host, "" for the one that they find. A service that runs this program
// hears of the cells through it alone.
func withEngine(env []string, host string) []string {
	set := func(name, value string) {
		env = slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, name+"=") })
		if value != "" {
			env = append(env, name+"="+value)
		}
	}
	for _, name := range []string{"GITHUB_ACTIONS", "GITLAB_CI", traceVariable} {
		set(name, "")
	}
	set("CI", "true")
	if host != "" {
		set("DOCKER_CONTEXT", "")
		set("DOCKER_HOST", host)
		if strings.HasPrefix(host, "ssh://") || strings.HasPrefix(host, "unix://") {
			set("DOCKER_TLS_VERIFY", "")
			set("DOCKER_CERT_PATH", "")
		}
	}
	return env
}

// judged takes a cell's final verdict. That of a cell that was lost is not in a file yet.
func (r *matrixRun) judged(result matrix.Result, ran matrix.Ran) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = append(r.done, result)
	r.count()
	text := fmt.Sprintf("%d/%d %s: %s", len(r.done), r.total, result.Cell, result.Verdict)
	if ran.Tries > 1 {
		text += fmt.Sprintf(" after %d tries", ran.Tries)
	}
	if result.Cause != "" {
		text += ": " + result.Cause
	}
	fmt.Fprintln(r.ui.Out(), text)
	if result.Verdict != matrix.Lost {
		return
	}
	data, err := result.JSON()
	if err == nil {
		dir := filepath.Join(r.matrixDir(), cellsFolder, filepath.FromSlash(result.Cell))
		_, err = r.pipeline.Collector().Place(context.Background(), dir, cellFile, data)
	}
	r.failed = errors.Join(r.failed, err)
}
