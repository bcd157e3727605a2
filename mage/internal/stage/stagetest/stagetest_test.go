// SPDX-License-Identifier: Apache-2.0

package stagetest_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// A run is recorded with its inputs, and ends as it is told.
func TestRun(t *testing.T) {
	log, out := new(bytes.Buffer), filepath.Join(t.TempDir(), "out")
	spec := containers.RunSpec{
		Argv: []string{"true"}, Log: log, Commit: "made", Outputs: []containers.Output{{Path: "/out", Dir: out}},
		Inputs: []containers.Input{{Path: "/in", Write: stage.Tar([]stage.File{{Name: "a/b", Data: []byte("text"), Owner: 7}, {Name: "l", Link: "b"}})}},
	}
	e := &stagetest.Engine{}
	if result, err := e.Run(t.Context(), spec); err != nil || result.ExitCode != 0 || result.Image != "made" {
		t.Errorf("got %+v, %v", result, err)
	}
	e.Answer = func(run stagetest.Run) (containers.Result, error) {
		return containers.Result{ExitCode: len(run.Files)}, nil
	}
	if result, err := e.Run(t.Context(), spec); err != nil || result.ExitCode != 2 {
		t.Errorf("got %+v, %v", result, err)
	}
	runs := e.Runs()
	if len(runs) != 2 || runs[0].Files["/in/a/b"] != (stagetest.File{Data: "text", Mode: 0o644, Owner: 7}) || runs[0].Files["/in/l"].Data != "b" {
		t.Errorf("got %+v", runs)
	}
	if _, err := os.Stat(out); err != nil || !strings.Contains(log.String(), "[true]") {
		t.Errorf("the log is %q, %v", log, err)
	}
}

// What does not come to run is not recorded.
func TestRunThatDoesNotBegin(t *testing.T) {
	e := &stagetest.Engine{}
	gone := stage.Tar([]stage.File{{Name: "x", Path: filepath.Join(t.TempDir(), "gone")}})
	if _, err := e.Run(t.Context(), containers.RunSpec{Inputs: []containers.Input{{Path: "/", Write: gone}}}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	cause := errors.New("SIGTERM")
	stop(cause)
	if _, err := e.Run(ctx, containers.RunSpec{}); !errors.Is(err, cause) || len(e.Runs()) > 0 {
		t.Errorf("got %v after %+v", err, e.Runs())
	}
}

// Images are there once they are built, imported or pulled; the calls are recorded in order.
func TestImages(t *testing.T) {
	e := &stagetest.Engine{}
	here := func(ref string) bool {
		id, here, err := e.ImageID(t.Context(), ref)
		return here && err == nil && id != ""
	}
	if _, err := e.Build(t.Context(), containers.BuildSpec{Tag: "built", ContextTar: strings.NewReader("x")}); err != nil || !here("built") {
		t.Errorf("built: %v", err)
	}
	if _, err := e.Import(t.Context(), strings.NewReader("x"), "imported", nil); err != nil || !here("imported") {
		t.Errorf("imported: %v", err)
	}
	e.Registry = map[string]string{"pulled": "sha256:1"}
	if digest, err := e.RegistryDigest(t.Context(), "pulled"); digest != "sha256:1" || err != nil {
		t.Errorf("in its registry: %s, %v", digest, err)
	}
	if err := e.Pull(t.Context(), "pulled", nil); err != nil || !here("pulled") {
		t.Errorf("pulled: %v", err)
	}
	e.Unreachable = errors.New("no route")
	if _, err := e.RegistryDigest(t.Context(), "far"); err == nil || e.Pull(t.Context(), "far", nil) == nil || here("far") {
		t.Error("an image of an unreachable registry is here")
	}
	if err := e.RemoveImage(t.Context(), "built"); err != nil {
		t.Error(err)
	}
	want := []string{"import imported", "pull pulled", "pull far", "remove built"}
	if got := e.Calls(); !slices.Equal(got, want) || len(e.Built()) != 1 {
		t.Errorf("got %q and %d built", got, len(e.Built()))
	}
}

func TestVolumes(t *testing.T) {
	e := &stagetest.Engine{}
	if err := e.EnsureVolume(t.Context(), "v", nil); err != nil || !slices.Equal(e.Calls(), []string{"volume v"}) {
		t.Errorf("%q: %v", e.Calls(), err)
	}
	e.Put("v", "/file", "text")
	for name, want := range map[string]string{"v": "text", "other": ""} {
		data, err := e.ReadFile(t.Context(), "i", []containers.VolumeMount{{Name: name}}, "/file")
		if string(data) != want || errors.Is(err, fs.ErrNotExist) != (want == "") {
			t.Errorf("%s: got %q, %v", name, data, err)
		}
	}
	if host, kernel := e.Machine(); host == "" || kernel == "" {
		t.Error("the machine has no name")
	}
}

func TestRunnerHasTheEngine(t *testing.T) {
	e := &stagetest.Engine{}
	if got, err := stagetest.NewRunner(t, e).Engine(t.Context()); err != nil || got != stage.Engine(e) {
		t.Errorf("got %v, %v", got, err)
	}
}
