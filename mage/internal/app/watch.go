// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/timing"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
)

// Watch is the watch target: build, and again after each change of the provider's content.
func (a *App) Watch(ctx context.Context) error {
	const period = 150 * time.Millisecond
	w := watcher{App: a, said: map[string]bool{}, wait: func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(period):
			return nil
		}
	}}
	return w.run(ctx)
}

// watcher builds a provider whenever its content has changed.
type watcher struct {
	*App

	dir   string                          // the provider's
	wait  func(ctx context.Context) error // until the next look at dir; an error ends the target well
	stamp uint64                          // of dir, from before it was last read
	built string                          // the content that was built last, or why it could not be read
	said  map[string]bool                 // warnings, each of which is told once
}

// run builds and waits until the waiting ends. What the provider's files cannot mend ends it with
// an error: flags, a missing engine, and an interrupt of a build.
func (w *watcher) run(ctx context.Context) error {
	if err := w.open(); err != nil {
		return err
	}
	fmt.Fprintf(w.ui.Err(), "watching %s, Ctrl-C ends\n", w.dir)
	for {
		w.stamp = provider.Stamp(w.dir)
		if err := w.look(ctx); err != nil {
			return err
		}
		if !w.changed(ctx) {
			return nil
		}
	}
}

// open checks the flags and finds the provider's directory.
func (w *watcher) open() error {
	_, err := w.jobWith(func() (_ *provider.Provider, err error) {
		if w.dir, err = w.chosenDir(); err != nil || w.dir == "" {
			return nil, err
		}
		info, err := os.Stat(w.dir)
		if err == nil && !info.IsDir() {
			err = &fs.PathError{Op: "watch", Path: w.dir, Err: syscall.ENOTDIR}
		}
		return nil, err
	})
	if err == nil && w.dir == "" {
		return needsProvider()
	}
	return err
}

// changed waits for a change of the directory that is over, so that several files saved together
// start one run; false means that the waiting ended.
func (w *watcher) changed(ctx context.Context) bool {
	for before := w.stamp; w.wait(ctx) == nil; {
		now := provider.Stamp(w.dir)
		if now == before && now != w.stamp {
			return true
		}
		before = now
	}
	return false
}

// look reads the provider, builds it if it is not what was built last, and shows how that went.
func (w *watcher) look(ctx context.Context) error {
	start := time.Now()
	first := w.built == ""
	j, err := w.rpmJob(ctx)
	content := contentOf(j, err)
	if content == w.built || ctx.Err() != nil {
		return nil //nolint:nilerr // the end of the waiting is no error
	}
	w.built = content
	var times []timing.Stage
	if err == nil {
		err = w.make(ctx, func(_ *App, ctx context.Context) (err error) {
			times, err = w.build(ctx, j)
			return err
		})
	}
	if _, missing := errors.AsType[*containers.UnreachableError](err); err != nil && (ctx.Err() != nil || first && missing) {
		return err
	}
	w.tell(j, times, time.Since(start), err)
	return errors.Join(w.ui.OutError(), w.prune(ctx))
}

// contentOf identifies what was read of a provider: its content, or why it could not be read.
func contentOf(j job.Job, err error) string {
	if err != nil {
		return err.Error()
	}
	return j.Provider.Digest()
}

// prune removes old outputs while nobody waits for it, so an interrupt of it is none.
func (w *watcher) prune(ctx context.Context) error {
	if err := w.pipeline.Prune(ctx); ctx.Err() == nil {
		return err
	}
	return nil
}

// build does the recipe of the build target, with nothing but live lines.
func (w *watcher) build(ctx context.Context, j job.Job) ([]timing.Stage, error) {
	p := *w.pipeline
	p.Runner = w.pipeline.Brief("watch")
	defer p.UI.Close()
	p.Log = slog.New(onceHandler{Handler: p.UI.SlogHandler(), said: w.said})
	err := p.Do(ctx, pipeline.ForBuild, pipeline.NewState(j))
	return p.Times(), err
}

// tell shows a run in one line: the time of day, the verdict, and what took how long or the first
// thing to mend.
func (w *watcher) tell(j job.Job, times []timing.Stage, took time.Duration, err error) {
	verdict, text := "failed", w.ui.FirstLine(err)
	if err == nil {
		verdict, text = "passed", "ibv_devices lists "+j.Provider.Manifest.Device.Name+whatTook(times)
	}
	fmt.Fprintf(w.ui.Out(), "%s %s in %s: %s\n", time.Now().Format(time.TimeOnly), verdict, ui.Took(took), text)
}

// whatTook lists the stages that did work and took a tenth of a second, as " (build 1.2 s, discover 0.8 s)".
func whatTook(times []timing.Stage) string {
	const least = time.Second / 10
	var parts []string
	for _, s := range times {
		if took := timing.Duration(s.Seconds); !s.Cached && took >= least {
			parts = append(parts, s.Stage+" "+ui.Took(took))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// onceHandler drops what was said before.
type onceHandler struct {
	slog.Handler

	said map[string]bool
}

// Handle implements slog.Handler.
func (h onceHandler) Handle(ctx context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += " " + a.String()
		return true
	})
	if h.said[text] {
		return nil
	}
	h.said[text] = true
	return h.Handler.Handle(ctx, r) //nolint:wrapcheck // a handler returns its inner handler's error
}
