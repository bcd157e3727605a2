// SPDX-License-Identifier: Apache-2.0

package stage_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// A script goes in with the one that watches the limits, and is the main process.
func TestScriptIsTheMainProcess(t *testing.T) {
	engine := &stagetest.Engine{}
	r := stagetest.NewRunner(t, engine)
	_, err := r.Script(t.Context(), r.Begin("x"), containers.RunSpec{
		Argv: []string{"verdict.sh", "listed"}, Image: "i",
		Inputs: []containers.Input{{Path: "/in", Write: stage.Tar([]stage.File{{Name: "a/b", Data: []byte("text"), Owner: stage.BuilderUID}})}},
	})
	if err != nil {
		t.Fatal(err)
	}
	run := engine.Runs()[0]
	want := []string{"/bin/sh", "/verbsmith/limits.sh", "/bin/sh", "/verbsmith/verdict.sh", "listed"}
	if !slices.Equal(run.Argv, want) {
		t.Errorf("runs %q, want %q", run.Argv, want)
	}
	for _, file := range []string{"/verbsmith/limits.sh", "/verbsmith/verdict.sh"} {
		if f := run.Files[file]; f.Data == "" || f.Owner != 0 || f.Mode.Perm() != 0o755 {
			t.Errorf("%s goes in with the mode %s of user %d, %d bytes", file, f.Mode, f.Owner, len(f.Data))
		}
	}
	if f := run.Files["/in/a/b"]; f.Data != "text" || f.Owner != stage.BuilderUID {
		t.Errorf("the input is %+v", f)
	}
}

// A volume where the scripts go gets them itself: nothing of them is below it, in the image that is committed.
func TestScriptsOnAVolume(t *testing.T) {
	engine := &stagetest.Engine{}
	r := stagetest.NewRunner(t, engine)
	spec := containers.RunSpec{Argv: []string{"mine.sh"}, Volumes: []containers.VolumeMount{{Path: stage.ScriptDir}}}
	if _, err := r.ScriptText(t.Context(), r.Begin("x"), []byte("text"), spec); err != nil {
		t.Fatal(err)
	}
	run := engine.Runs()[0]
	for _, in := range run.Inputs {
		if in.Path != stage.ScriptDir {
			t.Errorf("an input for %s", in.Path)
		}
	}
	if len(run.Inputs) != 2 || run.Files[stage.ScriptDir+"/mine.sh"].Data != "text" || run.Files[stage.ScriptDir+"/limits.sh"].Data == "" {
		t.Errorf("%d inputs, files %v", len(run.Inputs), run.Files)
	}
}

// The exit status of the script is the verdict.
func TestScriptFailsWithItsExitStatus(t *testing.T) {
	broken := errors.New("no engine")
	for _, tt := range []struct {
		name   string
		result containers.Result
		err    error
	}{
		{"exit 1", containers.Result{ExitCode: 1, Tail: []string{"said"}}, nil},
		{"no exit", containers.Result{}, broken},
	} {
		engine := &stagetest.Engine{Answer: func(stagetest.Run) (containers.Result, error) { return tt.result, tt.err }}
		r := stagetest.NewRunner(t, engine)
		_, err := r.Script(t.Context(), r.Begin("x"), containers.RunSpec{Argv: []string{"verdict.sh"}})
		failed, exited := errors.AsType[*containers.RunError](err)
		if exited != (tt.err == nil) || !errors.Is(err, tt.err) && tt.err != nil {
			t.Errorf("%s: got %v", tt.name, err)
		}
		if exited && (failed.Status != 1 || !slices.Equal(failed.Lines, tt.result.Tail)) {
			t.Errorf("%s: got %+v", tt.name, failed)
		}
	}
}

// An interrupt ends a stage, with its cause.
func TestScriptEndsWithTheRun(t *testing.T) {
	r := stagetest.NewRunner(t, &stagetest.Engine{})
	ctx, stop := context.WithCancelCause(t.Context())
	cause := errors.New("SIGTERM")
	stop(cause)
	if _, err := r.Script(ctx, r.Begin("x"), containers.RunSpec{Argv: []string{"verdict.sh"}}); !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
}

// The volume of objects is made before a container takes it.
func TestCompileHasItsVolume(t *testing.T) {
	engine := &stagetest.Engine{}
	r := stagetest.NewRunner(t, engine)
	standin := artifact.Toolchain{ID: "sha256:1", Base: artifact.Base{Folder: "rocky9.standin", Standin: true}}
	c := r.Compiler(job.Job{}, standin, time.Unix(1, 0), stage.ForPackages)
	if _, err := r.Make(t.Context(), "x", boxed{Run: c.Spec(containers.RunSpec{Argv: []string{"rpm-build.sh"}})}); err != nil {
		t.Fatal(err)
	}
	run := engine.Runs()[0]
	if run.Image != standin.ID || len(run.Volumes) != 1 || !slices.Equal(engine.Calls(), []string{"volume " + run.Volumes[0].Name}) {
		t.Errorf("runs in %s with the volumes %+v after %q", run.Image, run.Volumes, engine.Calls())
	}
	if run.Env["SOURCE_DATE_EPOCH"] != "1" || run.Network || run.Root {
		t.Errorf("got %+v", run.RunSpec)
	}
}

// A failure names its stage and its log.
func TestEndNamesTheStage(t *testing.T) {
	r := stagetest.NewRunner(t, nil)
	s := r.Begin("rpm")
	_, _ = s.Log().Write([]byte("said\n"))
	err := r.End("rpm", s, false, os.ErrDeadlineExceeded)
	failed, ok := errors.AsType[*stage.Error](err)
	if !ok || failed.Name != "rpm" || !errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(failed.LogPath(), "rpm") {
		t.Errorf("got %+v", err)
	}
	if len(r.Ran()) != 0 {
		t.Errorf("%q did work", r.Ran())
	}
}

// What runs for one of many shares the volumes, and nothing else.
func TestScratchSharesTheVolumes(t *testing.T) {
	r := stagetest.NewRunner(t, nil)
	scratch, err := r.Scratch("v56.1", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer scratch.UI.Close()
	again, err := scratch.Scratch("v57.0", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer again.UI.Close()
	if r.Volume("tree") != scratch.Volume("tree") || r.Volume("tree") != again.Volume("tree") {
		t.Error("a scratch runner has volumes of its own")
	}
	if scratch.CacheDir == r.CacheDir || scratch.Cache == r.Cache {
		t.Error("a scratch runner keeps its outputs with the others")
	}
}

func TestHostScript(t *testing.T) {
	r := stagetest.NewRunner(t, nil)
	err := stage.HostScript(t.Context(), r.Begin("x"), "limits.sh", "/bin/sh", "-c", "echo said; exit 3")
	failed, ok := errors.AsType[*stage.ScriptError](err)
	if !ok || failed.ExitCode() != 3 || !slices.Contains(failed.Tail(), "said") || failed.Argv()[0] != "limits.sh" {
		t.Errorf("got %+v", err)
	}
}
