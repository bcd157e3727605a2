// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// passedLine is the line of a run that passed, without the stages that took long.
const passedLine = `^\d\d:\d\d:\d\d passed in \d+\.\d s: ibv_devices lists fly0( \(.*\))?$`

// watching runs watch over steps: each is done when the target waits, and after the last one the waiting ends. It
// returns the lines on standard output.
func (b *trial) watching(t *testing.T, steps ...func()) []string {
	t.Helper()
	b.out.Reset()
	w := watcher{App: b.App, said: map[string]bool{}, wait: func(context.Context) error {
		if len(steps) == 0 {
			return context.Canceled
		}
		steps[0]()
		steps = steps[1:]
		return nil
	}}
	if err := w.run(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, b.err.String())
	}
	return strings.Split(strings.TrimSuffix(b.out.String(), "\n"), "\n")
}

// saved is a save of a file of the provider and the look that finds it the same again.
func (b *trial) saved(t *testing.T, name, text string) []func() {
	t.Helper()
	return []func(){func() { putFile(t, filepath.Join(*b.flags.Provider, name), text) }, func() {}}
}

func (b *trial) file(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(*b.flags.Provider, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A change of the provider's content starts one run, with one line; anything else starts none.
func TestWatchRunsOncePerChange(t *testing.T) {
	b := newTrial(t)
	c, manifest := b.file(t, "fly.c"), b.file(t, "provider.yaml")
	dir := *b.flags.Provider
	for _, tt := range []struct {
		what  string
		steps []func()
		want  []string // after the line of the first run
	}{
		{"nothing", []func(){func() {}, func() {}}, nil},
		{"a touch", []func(){func() {
			if err := os.Chtimes(filepath.Join(dir, "fly.c"), time.Time{}, time.Unix(1, 0)); err != nil {
				t.Error(err)
			}
		}, func() {}}, nil},
		{"a swap file", b.saved(t, ".fly.c.swp", "b0VIM"), nil},
		{"a copy", b.saved(t, "fly.c~", c), nil},
		{"a file that comes and goes", []func(){
			func() { putFile(t, filepath.Join(dir, "4913"), "") },
			func() {
				if err := os.Remove(filepath.Join(dir, "4913")); err != nil {
					t.Error(err)
				}
			},
			func() {},
		}, nil},
		{"a comment in the manifest", b.saved(t, "provider.yaml", "# another\n"+manifest), nil},
		{"an edit", b.saved(t, "fly.c", c+"/* 1 */\n"), []string{passedLine}},
		{"several saves", append(b.saved(t, "fly.c", c+"/* 12 */\n")[:1], b.saved(t, "fly.h", "/* 3 */\n")...), []string{passedLine}},
		{"a mistake in the manifest, and its end", append(b.saved(t, "provider.yaml", manifest+"x: 1\n"), b.saved(t, "provider.yaml", manifest)...), []string{
			`^\d\d:\d\d:\d\d failed in \d+\.\d s: error: .*provider\.yaml:\d+:\d+: .*$`, passedLine,
		}},
	} {
		lines := b.watching(t, tt.steps...)
		if len(lines) != len(tt.want)+1 {
			t.Errorf("%s: got\n%s", tt.what, strings.Join(lines, "\n"))
			continue
		}
		for i, want := range append([]string{passedLine}, tt.want...) {
			if !regexp.MustCompile(want).MatchString(lines[i]) {
				t.Errorf("%s: line %d is %q, want %s", tt.what, i, lines[i], want)
			}
		}
	}
	if said := b.err.String(); strings.Contains(said, "started") || strings.Contains(said, "done") || !strings.Contains(said, "watching "+dir) {
		t.Errorf("more than a line each:\n%s", said)
	}
}

// A provider that does not compile is one line, that of build, with the provider's own file; the log is kept.
func TestWatchShowsTheFirstError(t *testing.T) {
	b := newTrial(t)
	answer := b.engine.Answer
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		if run.Name == "build" && strings.Contains(b.file(t, "fly.c"), "oops") {
			fmt.Fprintln(run.Log, "../providers/fly/fly.c:7:3: error: unknown type name 'oops'\n../providers/fly/fly.c:8:1: error: another")
			return containers.Result{ExitCode: 1}, nil
		}
		return answer(run)
	}
	c := b.file(t, "fly.c")
	lines := b.watching(t, append(b.saved(t, "fly.c", c+"oops"), b.saved(t, "fly.c", c)...)...)
	want := filepath.Join(*b.flags.Provider, "fly.c") + ":7:3: error: unknown type name 'oops'"
	if len(lines) != 3 || !strings.HasSuffix(lines[1], " s: "+want) || !strings.Contains(lines[2], " passed in ") {
		t.Fatalf("got\n%s", strings.Join(lines, "\n"))
	}
	putFile(t, filepath.Join(*b.flags.Provider, "fly.c"), c+"oops")
	err := b.Build(t.Context())
	if got := b.ui.FirstLine(err); got != want {
		t.Errorf("build begins with %q", got)
	}
}

// A save during a run starts another one after it.
func TestWatchSeesASaveDuringARun(t *testing.T) {
	b := newTrial(t)
	c, answer, builds := b.file(t, "fly.c"), b.engine.Answer, 0
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		if run.Name == "build" {
			if builds++; builds == 1 {
				putFile(t, filepath.Join(*b.flags.Provider, "fly.c"), c+"/* meanwhile */")
			}
		}
		return answer(run)
	}
	if lines := b.watching(t, func() {}, func() {}); len(lines) != 2 || builds != 2 {
		t.Errorf("%d builds:\n%s", builds, strings.Join(lines, "\n"))
	}
}

// A warning that holds for every run is told once.
func TestWatchWarnsOnce(t *testing.T) {
	var text bytes.Buffer
	said := map[string]bool{}
	for range 2 { // runs, each with a display of its own
		log := slog.New(onceHandler{Handler: slog.NewTextHandler(&text, nil), said: said})
		log.Warn("skipped", "because", "a")
		log.Warn("skipped", "because", "b")
	}
	if n := strings.Count(text.String(), "skipped"); n != 2 {
		t.Errorf("%d warnings:\n%s", n, text.String())
	}
}

// An interrupt of a build is the run's error, and nothing stays locked.
func TestWatchIsInterrupted(t *testing.T) {
	b := newTrial(t)
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	cause, answer := errors.New("Ctrl-C"), b.engine.Answer
	b.engine.Answer = func(stagetest.Run) (containers.Result, error) {
		stop(cause)
		return containers.Result{}, cause
	}
	if err := b.Watch(ctx); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if b.out.Len() > 0 {
		t.Errorf("it shows %q", b.out.String())
	}
	b.engine.Answer = answer
	if err := b.Build(t.Context()); err != nil {
		t.Error(err)
	}
}

// What no save can mend ends the target: flags, and a missing engine.
func TestWatchRefuses(t *testing.T) {
	for what, tt := range map[string]struct {
		set  func(*trial)
		want string
	}{
		"no provider":      {func(b *trial) { b.flags.Provider = new("none") }, errNoProvider.Error()},
		"another provider": {func(b *trial) { b.flags.Provider = new("nobody") }, "unknown provider"},
		"no directory":     {func(b *trial) { b.flags.Provider = new("./nowhere") }, "no such file"},
		"a file":           {func(b *trial) { *b.flags.Provider += "/fly.c" }, "not a directory"},
		"another distro":   {func(b *trial) { b.flags.Distro = new("x") }, "unknown distro"},
		"no engine": {func(b *trial) {
			b.pipeline.Engine = func(context.Context) (stage.Engine, error) {
				return nil, &containers.UnreachableError{Err: errors.New("gone")}
			}
		}, "gone"},
	} {
		b := newTrial(t)
		tt.set(b)
		if err := b.Watch(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v", what, err)
		}
	}
}
