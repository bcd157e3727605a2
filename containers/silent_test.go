// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// calls has every call of the engine's client, with something that makes it.
func calls(t *testing.T) []call {
	t.Helper()
	folder := t.TempDir()
	run := func(change func(*RunSpec)) func(context.Context, *Engine) error {
		return func(ctx context.Context, e *Engine) error {
			spec := RunSpec{Name: "test", Image: "i", Argv: []string{"true"}}
			if change != nil {
				change(&spec)
			}
			result, err := e.Run(ctx, spec)
			return errors.Join(err, result.Err(spec, ""))
		}
	}
	input := run(func(s *RunSpec) { s.Inputs = []Input{{Path: "/in", Tar: strings.NewReader("tar")}} })
	output := run(func(s *RunSpec) { s.Outputs = []Output{{Path: "/out", Dir: filepath.Join(folder, randomID())}} })
	built := func(ctx context.Context, e *Engine) error {
		_, err := e.Build(ctx, BuildSpec{Tag: "t", ContextTar: strings.NewReader("tar")})
		return err
	}
	plain := run(nil)
	const all, noBody = "hangs stalls cut half garbage empty", "hangs cut"
	return append(cleanCalls(t), []call{
		{"networks", "hangs cut half garbage", plain},
		{"image", all + " endless", plain},
		{"create", all, plain},
		{"attach", all, plain},
		{"start", noBody, plain},
		{"wait", "hangs stalls cut half garbage", plain},
		{"inspect", all, plain},
		{"stat", "hangs cut garbage empty", input},
		{"put", noBody, input},
		{"get", all, output},
		{"commit", all, run(func(s *RunSpec) { s.Commit = "made" })},
		{"build", all + " endless", built},
		{"import", all, func(ctx context.Context, e *Engine) error {
			_, err := e.Import(ctx, strings.NewReader("tar"), "ref", nil)
			return err
		}},
		{"import", "hangs stalls cut half garbage", func(ctx context.Context, e *Engine) error {
			return e.pull(ctx, "ref", nil, pulling{silence: time.Hour})
		}},
		{"distribution", "hangs stalls cut half garbage", func(ctx context.Context, e *Engine) error {
			_, err := e.RegistryDigest(ctx, "ref")
			return err
		}},
		{"rmi", "hangs stalls cut half garbage", func(ctx context.Context, e *Engine) error { return e.RemoveImage(ctx, "ref") }},
		{"volume", "hangs stalls cut half garbage", func(ctx context.Context, e *Engine) error { return e.EnsureVolume(ctx, "vol", nil) }},
		{"rmvolume", noBody, func(ctx context.Context, e *Engine) error { return e.RemoveVolume(ctx, "vol") }},
		{"list", "hangs stalls cut half garbage", func(ctx context.Context, e *Engine) error { return e.Reap(ctx) }},
		{"get", all, func(ctx context.Context, e *Engine) error {
			_, err := e.ReadFile(ctx, "i", nil, "/f")
			return err
		}},
	}...)
}

type call struct {
	operation, modes string
	make             func(context.Context, *Engine) error
}

var errPressed = errors.New("the user pressed Ctrl-C")

// Whatever an engine does not answer, the run hears its user; whatever it answers instead is an error that says so.
func TestEveryCallEndsWithItsContext(t *testing.T) {
	for _, c := range calls(t) {
		for mode := range strings.FieldsSeq(c.modes) {
			t.Run(c.operation+" "+mode, func(t *testing.T) {
				f := useFake(t)
				f.gives(archiveOf(t, fileEntry("out/file", "content")))
				e := connectFake(t)
				broken := f.breaks(t, c.operation, mode)
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				done := make(chan error, 1)
				go func() { done <- c.make(ctx, e) }()
				if mode == hangs || mode == stalls {
					<-broken.seen
					cancel(errPressed)
				}
				err := ended(t, done)
				switch {
				case (mode == hangs || mode == stalls) && !(errors.Is(err, errPressed) && errors.Is(err, context.Canceled)):
					t.Errorf("got %v, want the reason of the end", err)
				case err == nil:
					t.Error("taken for an answer")
				case len(err.Error()) > 2000:
					t.Errorf("%d bytes of error", len(err.Error()))
				}
			})
		}
	}
	noneLeft(t)
}

func TestConnectEndsWithItsContext(t *testing.T) {
	for _, operation := range []string{"ping", "version", "info", "list"} {
		for _, mode := range []string{hangs, stalls} {
			t.Run(operation+" "+mode, func(t *testing.T) {
				f := useFake(t)
				broken := f.breaks(t, operation, mode)
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				done := make(chan error, 1)
				go func() {
					e, err := Connect(ctx, Options{RunDir: t.TempDir()})
					if e != nil {
						err = errors.Join(err, ctx.Err(), e.Close()) //nolint:contextcheck // it has a bound of its own
					}
					done <- err
				}()
				<-broken.seen
				cancel(errPressed)
				if err := ended(t, done); !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			})
		}
	}
	noneLeft(t)
}

// What tidies up gives up: an engine that has died does not keep anybody.
func TestCleanupIsBounded(t *testing.T) {
	for _, operation := range []string{"stop", "remove"} {
		for _, mode := range []string{hangs, cut} {
			t.Run(operation+" "+mode, func(t *testing.T) {
				f := useFake(t)
				var notices []string
				e := connectFake(t)
				e.notice = func(text string) { notices = append(notices, text) }
				f.breaks(t, operation, mode)
				done := make(chan error, 1)
				go func() {
					_, err := e.Run(t.Context(), RunSpec{Name: "test", Image: "i", Argv: []string{"true"}})
					done <- err
				}()
				if err := ended(t, done); err != nil {
					t.Errorf("the run itself went well: %v", err)
				}
				if operation == "remove" && len(notices) == 0 {
					t.Error("nobody was told of what is left")
				}
			})
		}
	}
	noneLeft(t)
}

// A cancelled build whose engine is dead ends too.
func TestCleanupOfABuildIsBounded(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	f.build = func(w io.Writer) {
		_, _ = io.WriteString(w, `{"stream":" ---\u003e Running in 0123456789ab\n"}`+"\n")
		f.breaks(t, "remove", hangs)
		cancel(errPressed)
	}
	done := make(chan error, 1)
	go func() {
		_, err := e.Build(ctx, BuildSpec{Tag: "t", ContextTar: strings.NewReader("tar")})
		done <- err
	}()
	if err := ended(t, done); !errors.Is(err, errPressed) {
		t.Errorf("got %v", err)
	}
	noneLeft(t)
}

// An answer that says 0 is not a verdict where the engine's own record says otherwise.
func TestVerdictIsAskedTwice(t *testing.T) {
	for want, record := range map[string]string{
		"exit status 3": `{"Id":"c1c1c1c1c1c1","State":{"Status":"exited","ExitCode":3}}`,
		"still running": `{"Id":"c1c1c1c1c1c1","State":{"Status":"running","Running":true}}`,
		"no state":      `{"Id":"c1c1c1c1c1c1"}`,
	} {
		f := useFake(t)
		e := connectFake(t)
		f.answers["inspect"] = record
		_, err := e.Run(t.Context(), RunSpec{Name: "test", Image: "i", Argv: []string{"true"}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Output that breaks off has not ended.
func TestOutputThatBreaksOff(t *testing.T) {
	for name, output := range map[string]string{
		"within a header":  "\x01\x00\x00",
		"within a piece":   string(frame(1, "hello\n")[:10]),
		"another protocol": "HTTP/1.1 500 Internal Server Error\r\n\r\n",
		"huge piece":       "\x01\x00\x00\x00\xff\xff\xff\xffx",
	} {
		t.Run(name, func(t *testing.T) {
			f := useFake(t)
			e := connectFake(t)
			f.output = func(w io.Writer) { _, _ = io.WriteString(w, output) }
			_, err := e.Run(t.Context(), RunSpec{Name: "test", Image: "i", Argv: []string{"true"}})
			if err == nil || !strings.Contains(err.Error(), "output") {
				t.Errorf("got %v", err)
			}
		})
	}
	noneLeft(t)
}

// A connection that a proxy closes while the container runs on has lost output.
func TestOutputThatEndsBeforeTheContainer(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	e.patience.output = 10 * time.Millisecond
	f.breaks(t, "wait", stalls)
	_, err := e.Run(t.Context(), RunSpec{Name: "test", Image: "i", Argv: []string{"true"}})
	if err == nil || !strings.Contains(err.Error(), "output") {
		t.Errorf("got %v", err)
	}
}

func TestOutputOfBothStreams(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	f.output = func(w io.Writer) {
		_, _ = w.Write(append(frame(2, "bad\n"), append(frame(1, ""), frame(1, "good\n")...)...))
	}
	var log, out bytes.Buffer
	_, err := e.Run(t.Context(), RunSpec{Name: "test", Image: "i", Argv: []string{"true"}, Log: &log, Stdout: &out})
	if err != nil || log.String() != "bad\ngood\n" || out.String() != "good\n" {
		t.Errorf("%v, log %q, stdout %q", err, log.String(), out.String())
	}
}

// connectFake connects to the fake engine, with little patience.
func connectFake(t *testing.T) *Engine {
	t.Helper()
	e, err := Connect(t.Context(), Options{RunDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	e.patience.cleanup = 50 * time.Millisecond // a bound, not a measure: nothing is asserted of it
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// ended waits for the end of what would else hang for ever.
func ended(t *testing.T, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("it never ends")
		return nil
	}
}

// noneLeft fails if goroutines of this package's calls go on.
func noneLeft(t *testing.T) {
	t.Helper()
	var left string
	for range 100 {
		stacks := make([]byte, 4<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		left = ""
		for stack := range strings.SplitSeq(string(stacks), "\n\n") {
			ours := strings.Contains(stack, "verbsmith/containers.") || strings.Contains(stack, "docker/docker/client")
			if ours && !strings.Contains(stack, "_test.go") {
				left = stack
			}
		}
		if left == "" {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("a goroutine is left:\n%s", left)
}
