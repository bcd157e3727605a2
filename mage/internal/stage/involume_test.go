// SPDX-License-Identifier: Apache-2.0

package stage_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// kept is an output in the volume v.
type kept struct {
	Text  string
	Files []stage.File
	Two   bool                    // containers
	Look  func(name string) error `key:"-"`
	Image string                  `key:"-"`
}

func (kept) Volume() containers.VolumeMount { return containers.VolumeMount{Name: "v", Path: "/v"} }

func (in kept) Containers() []containers.RunSpec {
	run := containers.RunSpec{
		Name: "one", Image: "i" + in.Image, Argv: []string{"verdict.sh", in.Text}, User: stage.Builder,
		Volumes: []containers.VolumeMount{in.Volume(), {Name: "objects", Path: "/objects"}},
	}
	if !in.Two {
		return []containers.RunSpec{run}
	}
	other := run
	other.Name, other.Argv = "two", []string{"rpm-build.sh"}
	return []containers.RunSpec{run, other}
}

func (in kept) Missing(read func(name string) ([]byte, error)) ([]stage.File, error) {
	if in.Look != nil {
		data, err := read("state")
		return in.Files, errors.Join(err, in.Look(string(data)))
	}
	return in.Files, nil
}

// make makes it and is done with it.
func (in kept) make(t *testing.T, r *stage.Runner) {
	t.Helper()
	release, err := r.MakeInVolume(t.Context(), "kept", in)
	if err != nil {
		t.Fatal(err)
	}
	release()
}

// What the volume holds decides whether work is due, not what was made at some time.
func TestMakeInVolumeLooksIntoTheVolume(t *testing.T) {
	engine := &stagetest.Engine{}
	r := stagetest.NewRunner(t, engine)
	for i, step := range []struct {
		in   kept
		runs int
	}{
		{kept{Text: "a"}, 1},
		{kept{Text: "a"}, 1},
		{kept{Text: "b"}, 2},
		{kept{Text: "a"}, 3},
		{kept{Text: "a", Files: []stage.File{{Name: "f"}}}, 4},
		{kept{Text: "a", Files: []stage.File{{Name: "f"}}}, 4},
		{kept{Text: "a", Two: true}, 6},
	} {
		if step.in.make(t, r); len(engine.Runs()) != step.runs {
			t.Fatalf("step %d: %d containers, want %d", i, len(engine.Runs()), step.runs)
		}
	}
	if ran := len(r.Ran()); ran != 5 {
		t.Errorf("%d times work was done, want 5", ran)
	}
	runs := engine.Runs()
	for i, run := range runs {
		last := i != len(runs)-2
		if _, has := run.Env["OUTPUT_KEY"]; has != last || last && run.Env["OUTPUT_KEY_FILE"] != "/v/key" {
			t.Errorf("container %d has the environment %v", i, run.Env)
		}
	}
	for _, call := range []string{"volume v", "volume objects"} {
		if !slices.Contains(engine.Calls(), call) {
			t.Errorf("there is no %s", call)
		}
	}
}

// A volume has no key while it is changed, so that neither a failure nor a broken transfer
// leaves that of another content.
func TestMakeInVolumeFails(t *testing.T) {
	broken := errors.New("broken")
	for what, answer := range map[string]func(*stagetest.Engine, stagetest.Run) (containers.Result, error){
		"a script fails": func(*stagetest.Engine, stagetest.Run) (containers.Result, error) {
			return containers.Result{ExitCode: 1}, nil
		},
		"the engine fails": func(*stagetest.Engine, stagetest.Run) (containers.Result, error) {
			return containers.Result{}, broken
		},
		"the second container fails": func(_ *stagetest.Engine, run stagetest.Run) (containers.Result, error) {
			if run.Name == "two" {
				return containers.Result{ExitCode: 1}, nil
			}
			return containers.Result{}, nil
		},
		"only the engine has seen that it met a limit": func(e *stagetest.Engine, run stagetest.Run) (containers.Result, error) {
			if run.Name != "two" {
				return containers.Result{}, nil
			}
			e.Put("v", "/v/key", run.Env["OUTPUT_KEY"])
			return containers.Result{OOMKilled: true}, nil
		},
	} {
		engine := &stagetest.Engine{}
		r := stagetest.NewRunner(t, engine)
		before, next := kept{Text: "a", Two: true}, kept{Text: "b", Two: true}
		before.make(t, r)
		engine.Answer = func(run stagetest.Run) (containers.Result, error) { return answer(engine, run) }
		for range 2 {
			_, err := r.MakeInVolume(t.Context(), "kept", next)
			if failed, ok := errors.AsType[*stage.Error](err); !ok || failed.Name != "kept" {
				t.Errorf("%s: got %v", what, err)
			}
		}
		engine.Answer = nil
		for _, in := range []kept{before, next} {
			n := len(engine.Runs())
			if in.make(t, r); len(engine.Runs()) != n+2 {
				t.Errorf("%s: the volume holds %s all the same", what, in.Text)
			}
		}
	}
}

// What is missing depends on what there is.
func TestMissingReadsTheVolume(t *testing.T) {
	engine := &stagetest.Engine{}
	r := stagetest.NewRunner(t, engine)
	var seen []string
	look := func(state string) error { seen = append(seen, state); return nil }
	in := kept{Text: "a", Look: look, Files: []stage.File{{Name: "state", Data: []byte("first")}}}
	in.make(t, r)
	in.Text = "b"
	in.make(t, r)
	if !slices.Equal(seen, []string{"", "first"}) {
		t.Errorf("seen %q", seen)
	}
	broken := errors.New("broken")
	in.Text, in.Look = "c", func(string) error { return broken }
	if _, err := r.MakeInVolume(t.Context(), "kept", in); !errors.Is(err, broken) || len(engine.Runs()) != 2 {
		t.Errorf("got %v after %d runs", err, len(engine.Runs()))
	}
}

// sameCache is another run over the cache of r.
func sameCache(t *testing.T, r *stage.Runner) *stage.Runner {
	t.Helper()
	cache, err := stagecache.Open(filepath.Join(r.CacheDir, "stages"))
	if err != nil {
		t.Fatal(err)
	}
	show := ui.New(ui.Options{LogDir: filepath.Join(t.TempDir(), "logs")})
	t.Cleanup(show.Close)
	return &stage.Runner{CacheDir: r.CacheDir, Cache: cache, UI: show, Log: r.Log, Engine: r.Engine}
}

// Another run on the volume waits until the first has read it, whether that made the
// output or found it.
func TestVolumeIsHeld(t *testing.T) {
	engine := &stagetest.Engine{}
	r := stagetest.NewRunner(t, engine)
	for _, what := range []string{"made", "found"} {
		release, err := r.MakeInVolume(t.Context(), "kept", kept{Text: "a"})
		if err != nil {
			t.Fatal(err)
		}
		runs := len(engine.Runs())
		short, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
		if _, err := sameCache(t, r).MakeInVolume(short, "kept", kept{Text: "b"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: another run does not wait: %v", what, err)
		}
		stop()
		if len(engine.Runs()) != runs {
			t.Errorf("%s: another run has changed the volume", what)
		}
		release()
		release() // once more changes nothing
		kept{Text: "a"}.make(t, sameCache(t, r))
		if len(engine.Runs()) != runs {
			t.Errorf("%s: another run makes what is there", what)
		}
	}
}

// A run does not wait for itself: it shares what it holds, and another output is refused.
func TestVolumeIsSharedWithinARun(t *testing.T) {
	engine := &stagetest.Engine{}
	r := stagetest.NewRunner(t, engine)
	scratch, err := r.Scratch("x", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	first, err := r.MakeInVolume(t.Context(), "kept", kept{Text: "a"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := scratch.MakeInVolume(t.Context(), "kept", kept{Text: "a"})
	if err != nil || len(engine.Runs()) != 1 {
		t.Fatalf("%d runs, %v", len(engine.Runs()), err)
	}
	first()
	for _, of := range []*stage.Runner{r, scratch} {
		_, err := of.MakeInVolume(t.Context(), "kept", kept{Text: "b"})
		if inUse, ok := errors.AsType[*stage.InUseError](err); !ok || inUse.Volume != "v" || len(engine.Runs()) != 1 {
			t.Errorf("%d runs, %v", len(engine.Runs()), err)
		}
	}
	second()
	kept{Text: "b"}.make(t, r)
	if len(engine.Runs()) != 2 {
		t.Errorf("%d runs, want 2", len(engine.Runs()))
	}
}

// All that runs for the output is in its key.
func TestVolumeKeyHasItsContainers(t *testing.T) {
	stagetest.EachFieldCounts(t, kept{})
	engine := &stagetest.Engine{}
	r := stagetest.NewRunner(t, engine)
	for i, image := range []string{"", "x", "x"} {
		kept{Image: image}.make(t, r)
		if want := min(i+1, 2); len(engine.Runs()) != want {
			t.Errorf("image %d: %d runs, want %d", i, len(engine.Runs()), want)
		}
	}
	if _, err := r.MakeInVolume(t.Context(), "kept", none{}); err == nil {
		t.Error("an output is made by no container")
	}
}

// none has no container.
type none struct{ kept }

func (none) Containers() []containers.RunSpec { return nil }

// limits.sh writes the key where the command has succeeded, and the command does not know it.
func TestLimitsWritesTheKey(t *testing.T) {
	for _, tt := range []struct{ command, want string }{
		{`[ -z "${OUTPUT_KEY:-}${OUTPUT_KEY_FILE:-}" ]`, "k1"}, {"exit 3", ""},
	} {
		file := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("OUTPUT_KEY", "k1")
		t.Setenv("OUTPUT_KEY_FILE", file)
		r := stagetest.NewRunner(t, nil)
		err := stage.HostScript(t.Context(), r.Begin("x"), "limits.sh", "/bin/sh", "-c", tt.command)
		if data, _ := os.ReadFile(file); string(data) != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: the key is %q, want %q, %v", tt.command, data, tt.want, err)
		}
	}
	t.Setenv("OUTPUT_KEY_FILE", "/nonexistent/key")
	r := stagetest.NewRunner(t, nil)
	if err := stage.HostScript(t.Context(), r.Begin("x"), "limits.sh", "/bin/sh", "-c", ":"); err == nil {
		t.Error("the key cannot be written, and nothing fails")
	}
}
