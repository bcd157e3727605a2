// SPDX-License-Identifier: Apache-2.0

package stage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// entry makes an output with the file "file", and gives that file's path.
func entry(t *testing.T, r *stage.Runner) string {
	t.Helper()
	made, err := r.Make(t.Context(), "made", text{"made"})
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(made.Dir, "file")
}

// rot changes a file of an output, of which only its content tells.
func rot(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, []byte("rots"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What a container, dist/ or a key gets of a cached output is what the stage has made.
func TestRotGoesNowhere(t *testing.T) {
	for name, use := range map[string]func(f stage.File) error{
		"a container": func(f stage.File) error { return stage.Tar([]stage.File{f})(new(bytes.Buffer)) },
		"dist":        func(f stage.File) error { return stage.KeepFiles([]stage.File{f}, t.TempDir()) },
		"a list": func(f stage.File) error {
			_, err := f.Describe(new(stagecache.Verifier))
			return err
		},
	} {
		file := stage.File{Name: "below/x", Path: entry(t, stagetest.NewRunner(t, nil))}
		if err := use(file); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		rot(t, file.Path)
		if damaged, ok := errors.AsType[*stagecache.DamageError](use(file)); !ok || damaged.Stage != "made" || damaged.File != "file" {
			t.Errorf("%s: it got what the stage has not made: %v", name, damaged)
		}
	}
}

// An output that is damaged is made again, and that is told.
func TestDamageIsTold(t *testing.T) {
	r, log := stagetest.NewRunner(t, nil), new(bytes.Buffer)
	r.Log = slog.New(slog.NewTextHandler(log, nil))
	file := entry(t, r)
	if entry(t, r); log.Len() > 0 {
		t.Errorf("a whole one: %s", log)
	}
	rot(t, file)
	if entry(t, r); !strings.Contains(log.String(), "damaged") || !strings.Contains(log.String(), "stage=made") {
		t.Errorf("got %s", log)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "made" {
		t.Errorf("it is %q, %v", text, err)
	}
}

// Prune keeps of each stage as many outputs as it is told.
func TestPrune(t *testing.T) {
	r := stagetest.NewRunner(t, nil)
	file := entry(t, r)
	for _, keep := range []int{1, 0} {
		asked := ""
		if err := r.Prune(t.Context(), func(name string) int { asked = name; return keep }); err != nil || asked != "made" {
			t.Errorf("asked of %q: %v", asked, err)
		}
		if _, err := os.Stat(file); (err == nil) != (keep > 0) {
			t.Errorf("keep %d: %v", keep, err)
		}
	}
}

// Who looks only has done no work; a failure is one all the same.
func TestEndLook(t *testing.T) {
	r := stagetest.NewRunner(t, nil)
	r.Plan(2)
	if err := r.EndLook("look", r.Begin("look"), nil); err != nil || len(r.Ran()) > 0 {
		t.Errorf("ran %q, %v", r.Ran(), err)
	}
	broken := errors.New("broken")
	if err := r.EndLook("look", r.Begin("look"), broken); !errors.Is(err, broken) || len(r.Ran()) > 0 {
		t.Errorf("ran %q, %v", r.Ran(), err)
	}
}

// What is shown of an error is its reason; the display asks for the rest.
func TestErrorsForTheDisplay(t *testing.T) {
	reason := errors.New("reason")
	advice := &stage.AdviceError{Err: reason, What: "try"}
	failed := &stage.Error{Name: "rpm", Log: "logs/rpm", Err: advice}
	if failed.Error() != "reason" || failed.Stage() != "rpm" || failed.LogPath() != "logs/rpm" || !errors.Is(failed, reason) {
		t.Errorf("got %+v", failed)
	}
	if advice.Error() != "reason" || advice.Advice() != "try" {
		t.Errorf("got %+v", advice)
	}
}

const compileError = "rib.c:1:2: error: too few arguments to function 'ibv_cmd_get_context'\n"

// A compile error that has to do with the release's driver.h says what other releases have.
func TestCompileErrorsAreExplained(t *testing.T) {
	for said, want := range map[string]string{
		compileError: "ibv_cmd_get_context has 6 arguments from v57.0 on", "rib.c:1:2: error: fly\n": "",
		"rib.c:1:2: error: Could not resolve host: github.com\n":    "a build has no network",
		"rib.c:1:2: error: /usr/lib/rib.h: Read-only file system\n": "a build writes only below its own directories",
	} {
		engine := &stagetest.Engine{Answer: func(run stagetest.Run) (containers.Result, error) {
			_, err := fmt.Fprint(run.Log, said)
			return containers.Result{ExitCode: 1}, err
		}}
		r := stagetest.NewRunner(t, engine)
		_, err := r.Script(t.Context(), r.Begin("build"), containers.RunSpec{Argv: []string{"rpm-build.sh"}})
		advice, explained := errors.AsType[*stage.AdviceError](err)
		if explained != (want != "") || explained && !strings.Contains(advice.Advice(), want) {
			t.Errorf("%q: got %v", said, err)
		}
		found := stage.CompilerErrors(err)
		if len(found) != 1 || found[0].File != "rib.c" {
			t.Errorf("%q: the compiler's errors are %+v", said, found)
		} else if got := stage.ExplainCompiler(found[0]); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%q: explained as %q", said, got)
		}
	}
	engine := &stagetest.Engine{Answer: func(run stagetest.Run) (containers.Result, error) {
		_, err := fmt.Fprintln(run.Log, "Could not resolve host: mirror")
		return containers.Result{ExitCode: 1}, err
	}}
	r := stagetest.NewRunner(t, engine)
	_, err := r.Script(t.Context(), r.Begin("toolchain"), containers.RunSpec{Argv: []string{"toolchain.sh"}, Network: true})
	if _, explained := errors.AsType[*stage.AdviceError](err); explained || err == nil {
		t.Errorf("a container with a network: got %v", err)
	}
	for _, err := range []error{errors.New("no container"), &containers.RunError{Log: filepath.Join(t.TempDir(), "gone")}} {
		if found := stage.CompilerErrors(err); found != nil {
			t.Errorf("%v: the compiler's errors are %+v", err, found)
		}
	}
}

// The log, ninja's lines among the rest, is kept beside what the stage has made.
func TestKeepLog(t *testing.T) {
	show := ui.New(ui.Options{LogDir: t.TempDir()})
	defer show.Close()
	s := show.Stage("build", 1, 1)
	const line = "[2/2] Building C object rib.c.o\n"
	if _, err := s.Output().Write([]byte(line)); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := stage.KeepLog(s, dir, "build.log"); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "logs/build.log")); err != nil || string(text) != line {
		t.Errorf("kept %q, %v", text, err)
	}
	if err := stage.KeepLog(s, dir, "build.log"); err == nil {
		t.Error("a second log has taken the place of the first")
	}
	if err := stage.KeepLog(show.Stage("other", 1, 1), t.TempDir(), "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a stage without a log: %v", err)
	}
}

// The scripts are an input of the key.
func TestScriptsAreInTheKey(t *testing.T) {
	type in struct{ Scripts stage.Scripts }
	var seen []string
	for _, names := range []stage.Scripts{{}, {"limits.sh"}, {"limits.sh", "verdict.sh"}} {
		key := stage.Key("x", in{names})
		if key.Sum() == "" || slices.Contains(seen, key.Sum()) {
			t.Errorf("%q: the key is %q, %v", names, key.Sum(), key.Err())
		}
		seen = append(seen, key.Sum())
	}
	if err := stage.Key("x", in{stage.Scripts{"none.sh"}}).Err(); err == nil {
		t.Error("a script that is not there is in a key")
	}
}

// An interrupt ends a script on this machine, and is the reason.
func TestHostScriptEndsWithTheRun(t *testing.T) {
	r := stagetest.NewRunner(t, nil)
	ctx, stop := context.WithCancelCause(t.Context())
	cause := errors.New("SIGTERM")
	stop(cause)
	if err := stage.HostScript(ctx, r.Begin("x"), "limits.sh", "/bin/sh", "-c", "exit 3"); !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
}

// The last twenty lines are shown, and the script by its name alone.
func TestHostScriptShowsItsEnd(t *testing.T) {
	r := stagetest.NewRunner(t, nil)
	err := stage.HostScript(t.Context(), r.Begin("x"), "limits.sh", "/bin/sh", "-c", "seq 30; exit 4")
	failed, ok := errors.AsType[*stage.ScriptError](err)
	if !ok || len(failed.Tail()) != 20 || failed.Tail()[0] != "11" || failed.Tail()[19] != "30" {
		t.Fatalf("got %v", err)
	}
	if !strings.HasPrefix(failed.Error(), "limits.sh: exit status 4: 11\n") || errors.Unwrap(failed) == nil {
		t.Errorf("got %v", failed)
	}
	if err := stage.HostScript(t.Context(), r.Begin("x"), "none.sh"); err == nil {
		t.Error("a script that is not there has run")
	} else if failed, ok := errors.AsType[*stage.ScriptError](err); !ok || failed.ExitCode() != -1 {
		t.Errorf("got %v", err)
	}
}

// Old outputs are removed by a run that has made one, because only then there are more.
func TestPruneAfterWork(t *testing.T) {
	r := stagetest.NewRunner(t, nil)
	for _, value := range []string{"a", "b"} {
		if _, err := r.Make(t.Context(), "text", text{value}); err != nil {
			t.Fatal(err)
		}
	}
	cached, err := stagecache.Open(r.Cache.Dir())
	if err != nil {
		t.Fatal(err)
	}
	again := &stage.Runner{CacheDir: r.CacheDir, Cache: cached, UI: r.UI, Log: r.Log}
	kept := func(run *stage.Runner, keep int) int {
		if err := run.Prune(t.Context(), func(string) int { return keep }); err != nil {
			t.Fatal(err)
		}
		entries, err := filepath.Glob(filepath.Join(r.Cache.Dir(), "v1", "text", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	// The first lets go of the outputs.
	if all, idle, busy := kept(r, 9), kept(again, 0), kept(r, 0); all != 2 || idle != 2 || busy != 0 {
		t.Errorf("%d and %d outputs are left by a run without work and %d by one with, want 2 and 0", all, idle, busy)
	}
}
