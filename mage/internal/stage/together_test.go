// SPDX-License-Identifier: Apache-2.0

package stage_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

func parts() []stage.Part {
	var all []stage.Part
	for _, name := range []string{"v1", "v2"} {
		all = append(all, stage.Part{Name: name, Spec: containers.RunSpec{
			Name: "compile", Image: "sha256:tools", User: stage.Builder, Argv: []string{"release-build.sh", "two words"},
			Env: map[string]string{"ROW": name},
			Inputs: []containers.Input{{Path: stage.TreeDir, Write: stage.Tar([]stage.File{
				{Name: "rows/" + name + "/x", Data: []byte(name)}, {Name: "rows/shared", Data: []byte("s")},
			})}},
			Volumes: []containers.VolumeMount{stage.OwnVolume(stage.TreeDir)},
		}})
	}
	return all
}

// A part passes by its own line in a record that has all of them, of a container that ended well.
func TestRunTogether(t *testing.T) {
	for record, want := range map[string][]bool{
		"v1 0\nv2 0\n":       {true, true},
		"v1 0\nv2 1\n":       {true, false},
		"v1 124\nv2 0\n":     {false, true},
		"v1 0\n":             {false, false},
		"v2 0\nv1 0\n":       {false, false},
		"v1 0\nv2 0\nv2 0\n": {false, false},
		"":                   {false, false},
	} {
		engine := &stagetest.Engine{Answer: func(run stagetest.Run) (containers.Result, error) {
			return containers.Result{}, os.WriteFile(filepath.Join(run.Outputs[0].Dir, ".status"), []byte(record), 0o600)
		}}
		r := stagetest.NewRunner(t, engine)
		got := r.RunTogether(t.Context(), r.Begin("compile"), filepath.Join(t.TempDir(), "out"), parts())
		if !slices.Equal(got, want) {
			t.Errorf("%q: passed %v, want %v", record, got, want)
		}
	}
	for _, end := range []func() (containers.Result, error){
		func() (containers.Result, error) { return containers.Result{ExitCode: 70}, nil },
		func() (containers.Result, error) { return containers.Result{OOMKilled: true}, nil },
		func() (containers.Result, error) { return containers.Result{}, errors.New("the engine is gone") },
	} {
		engine := &stagetest.Engine{Answer: func(run stagetest.Run) (containers.Result, error) {
			_ = os.WriteFile(filepath.Join(run.Outputs[0].Dir, ".status"), []byte("v1 0\nv2 0\n"), 0o600)
			return end()
		}}
		r := stagetest.NewRunner(t, engine)
		if got := r.RunTogether(t.Context(), r.Begin("compile"), filepath.Join(t.TempDir(), "out"), parts()); slices.Contains(got, true) {
			t.Errorf("passed %v in a container that failed", got)
		}
	}
}

// One stream for each directory has the files of all parts, and each part its own command.
func TestRunTogetherHandsOver(t *testing.T) {
	engine := &stagetest.Engine{}
	r := stagetest.NewRunner(t, engine)
	r.RunTogether(t.Context(), r.Begin("compile"), filepath.Join(t.TempDir(), "out"), parts())
	run := engine.Runs()[0]
	if run.Image != "sha256:tools" || run.User != stage.Builder || run.Root || run.Network || len(run.Volumes) != 1 {
		t.Errorf("got %+v", run.RunSpec)
	}
	for file, want := range map[string]string{
		stage.TreeDir + "/rows/v1/x":   "v1",
		stage.TreeDir + "/rows/v2/x":   "v2",
		stage.TreeDir + "/rows/shared": "s",
		"/verbsmith/rows/v2":           "env\nROW=v2\n/bin/sh\n/verbsmith/release-build.sh\ntwo words\n",
	} {
		if got := run.Files[file].Data; got != want {
			t.Errorf("%s has %q, want %q", file, got, want)
		}
	}
	places := map[string]int{}
	for _, in := range run.Inputs {
		places[in.Path]++
	}
	if places["/"] > 2 || places[stage.TreeDir] != 1 {
		t.Errorf("streams into %v", places)
	}
	if r.RunTogether(t.Context(), r.Begin("compile"), t.TempDir(), nil); len(engine.Runs()) != 1 {
		t.Error("a container ran for nothing")
	}
}
