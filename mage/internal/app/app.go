// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/image"
	"github.com/resnics/verbsmith/mage/internal/kit"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
	"github.com/resnics/verbsmith/specs"
)

// App is one run of one target.
type App struct {
	flags      Flags
	dirs       folders
	ui         *ui.UI
	releases   *specs.Releases
	distros    *specs.Distros
	suites     *specs.Suites
	libibverbs []specs.Stock // which libibverbs the releases of distros have
	pipeline   *pipeline.Pipeline
	place      *providerPlace

	work    *workspace
	trace   traceFile
	connect sync.Mutex
	engine  *containers.Engine

	repositories containers.Repositories // the site's

	target  string   // that runs
	results []string // directories of outputs that the run has made or tested
}

// What flows through a run is streamed, so little memory is live, and a collection that is put off
// costs little: most runs end before the first.
const (
	gcPercent   = 400
	memoryLimit = 32 << 20 // of Go's own, so that the process stays below 64 MiB
)

// Run builds the app for a target's flags, makes the call, cleans up, and
// shows what went wrong. The error that it returns is short, because the full
// one has been shown.
func Run(ctx context.Context, f Flags, call func(*App, context.Context) error) error {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	ctx, stop := untilSignal(ctx)
	defer stop(nil)
	out := newUI(folders{}, &providerPlace{}, nil)
	failed := failedRun{flags: f, target: callingTarget(), ui: out}
	a, err := open(ctx, f)
	if err == nil {
		out, a.target = a.ui, failed.target
		slog.SetDefault(a.pipeline.Log)
		if err = a.checkFlags(); err == nil {
			err = a.make(ctx, call)
		}
		if err == nil {
			a.writePages(ctx)
		}
		err = errors.Join(err, out.OutError())
		err = errors.Join(err, a.close(err))
		failed.ui, failed.dirs, failed.results = out, a.dirs, a.results
	} else if dirs, errDirs := findFolders(); errDirs == nil {
		failed.dirs = dirs
	}
	return finish(ctx, failed, err)
}

// finish shows a run's error, if there is one, also as a page, and returns what mage prints.
func finish(ctx context.Context, run failedRun, err error) error {
	out := run.ui
	defer out.Close()
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, context.Canceled) {
		err = &interruptedError{cause: cause, err: err}
	}
	out.Error(err)
	run.writePage(ctx, err)
	return shortError(err)
}

// make makes the call, and repeats it if a cached output turns out to be damaged: the
// cache has dropped that output by then, so its stage rebuilds it.
func (a *App) make(ctx context.Context, call func(*App, context.Context) error) error {
	const often = 5 // a disk that keeps failing is for the user to check
	for range often {
		err := call(a, ctx)
		damage, ok := errors.AsType[*stagecache.DamageError](err)
		if !ok || ctx.Err() != nil {
			return err
		}
		a.pipeline.Log.WarnContext(ctx, "a cached output was damaged and is being rebuilt", "because", damage)
	}
	return call(a, ctx)
}

func open(ctx context.Context, f Flags) (*App, error) {
	dirs, err := findFolders()
	if err != nil {
		return nil, err
	}
	a := &App{flags: f, dirs: dirs, place: &providerPlace{}}
	if a.trace, err = openTrace(); err != nil {
		return nil, err
	}
	if a.work, err = openWorkspace(ctx, &a.dirs); err != nil {
		return nil, err
	}
	if err := a.load(); err != nil {
		return nil, errors.Join(err, a.work.close())
	}
	return a, nil
}

// load reads specs/ and makes the pipeline.
func (a *App) load() error {
	dirs := &a.dirs
	files, err := kit.Open(dirs.root)
	if err != nil {
		return err
	}
	scripts.Use(files.Dir("scripts"))
	data := files.Dir("specs")
	var errReleases, errDistros, errSuites, errStock error
	a.releases, errReleases = specs.LoadReleases(data)
	a.distros, errDistros = specs.LoadDistros(data)
	a.suites, errSuites = specs.LoadSuites(data)
	a.libibverbs, errStock = specs.LoadStock(data)
	if err := errors.Join(errReleases, errDistros, errSuites, errStock); err != nil {
		return err
	}
	interfaces, err := specs.LoadInterfaces(data, a.releases)
	if err != nil {
		return err
	}
	pins, err := fs.ReadFile(data, pinsFile)
	if err != nil {
		return fmt.Errorf("read the pinned sums: %w", err)
	}
	sums, err := specs.OpenSums(dirs.sums(), append(a.releases.Pins(), specs.PinFile{Name: "specs/" + pinsFile, Data: pins})...)
	if err != nil {
		return err
	}
	mirror, err := image.ParseMirror(os.Getenv(image.MirrorVariable))
	if err != nil {
		return err
	}
	if a.repositories, err = containers.ReadRepositories(os.Getenv(containers.RepositoriesVariable)); err != nil {
		return err
	}
	cache, err := stagecache.Open(dirs.stages())
	if err != nil {
		return err
	}
	if err := dirs.openLogs(); err != nil {
		return err
	}
	a.ui = newUI(*dirs, a.place, a.trace.events)
	a.recordAnnotations()
	a.pipeline = &pipeline.Pipeline{
		Runner: &stage.Runner{
			CacheDir: dirs.cache, Cache: cache, UI: a.ui, Log: slog.New(a.ui.SlogHandler()),
			Engine: func(ctx context.Context) (stage.Engine, error) { return a.connectEngine(ctx) },
		},
		Root: dirs.root, Module: dirs.module(), Kit: files, DistDir: dirs.dist, Releases: a.releases, Interfaces: interfaces, Sums: sums,
		Mirror: mirror, Site: len(a.repositories.Files()) > 0, Version: dirs.version,
	}
	if own := files.Own(); len(own) > 0 {
		a.pipeline.Log.Info("the repository's own files are used", "files", strings.Join(own, " "))
	}
	if needless := a.releases.Needless(); len(needless) > 0 {
		a.pipeline.Log.Info("files are no longer needed: verbsmith knows these releases", "files", strings.Join(needless, " "))
	}
	return nil
}

// connectEngine connects at the first use; later uses share the connection.
func (a *App) connectEngine(ctx context.Context) (*containers.Engine, error) {
	a.connect.Lock()
	defer a.connect.Unlock()
	if a.engine != nil {
		return a.engine, nil
	}
	limits, err := containers.ReadLimits(os.Getenv)
	if err != nil {
		return nil, err
	}
	engine, err := containers.Connect(ctx, containers.Options{
		Limits: limits, Repositories: a.repositories,
		RunDir: a.dirs.runs(),
		Notice: func(text string) { a.pipeline.Log.WarnContext(ctx, text) }, //nolint:sloglint // already a sentence
	})
	if err != nil {
		return nil, err
	}
	a.engine = engine
	return engine, nil
}

// close ends the run; failed is its error, or nil.
func (a *App) close(failed error) error {
	var errs []error
	if a.engine != nil {
		if err := a.engine.Close(); err != nil {
			errs = append(errs, fmt.Errorf("clean up after the run: %w", err))
		}
	}
	containers.EndSSH()
	if failed == nil {
		errs = append(errs, a.dirs.closeLogs())
	}
	errs = append(errs, a.trace.write())
	return errors.Join(append(errs, a.work.close())...)
}

// interruptedError says that the user or the system ended the run.
type interruptedError struct{ cause, err error }

func (e *interruptedError) Error() string { return "stopped: " + e.cause.Error() }
func (e *interruptedError) Unwrap() error { return e.err }

// shortError is what mage prints last, after the error has been shown in full.
func shortError(err error) error {
	if failed, ok := errors.AsType[*stage.Error](err); ok {
		return fmt.Errorf("%s failed, see above", failed.Name) //nolint:err113 // already shown in full
	}
	return errors.New("failed, see above") //nolint:err113 // already shown in full
}
