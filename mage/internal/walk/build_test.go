// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

// built is CheckBuilds after the edits.
func (b *bench) built(t *testing.T, r *Releases) {
	t.Helper()
	if err := b.CheckEdits(t.Context(), b.job, r); err != nil {
		t.Fatal(err)
	}
	if err := b.CheckBuilds(t.Context(), b.job, b.tools, r); err != nil {
		t.Fatal(err)
	}
}

// ran lists the containers of a call.
func (b *bench) ran(call func()) []string {
	before := len(b.engine.Runs())
	call()
	got := b.containersOf()[before:]
	slices.Sort(got)
	return got
}

func wantRuns(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: containers %q, want %q", what, got, want)
	}
}

func TestCheckBuilds(t *testing.T) {
	b := newBench(t)
	r := b.edited(t, "v56.1")
	check := func(want string) {
		t.Helper()
		if err := b.CheckBuilds(t.Context(), b.job, b.tools, r); err != nil {
			t.Fatal(err)
		}
		wantStates(t, r, want)
	}
	b.judged = fmt.Errorf("discover: %w", &report.FailedError{Failed: []report.Result{{Title: "listed", Evidence: "nothing"}}})
	check("v56.1 pass  pass FAIL")
	b.judged = errors.New("the engine is gone")
	check("v56.1 pass  FAIL -")
	b.judged, b.answer = nil, func(name, _ string) (containers.Result, error) {
		if name == "compile" {
			return containers.Result{}, &containers.RunError{Status: 1, Lines: []string{"ninja: build stopped"}}
		}
		return containers.Result{}, nil
	}
	check("v56.1 pass  FAIL -")
	if got := r.Rows[0].Why(); got != "ninja: build stopped" {
		t.Errorf("got %q", got)
	}
	target := b.job.Target
	b.job.Target = job.RPM{Distro: specs.Distro{Oldest: "v57.0"}}
	check("v56.1 pass  not supported -")
	b.job.Target = target
	b.answer = nil
	wantRuns(t, "the base is there", b.ran(func() { check("v56.1 pass  pass pass") }), "compile v56.1")
	wantRuns(t, "a build that passed is not made again", b.ran(func() { check("v56.1 pass  pass pass") }))
	run := b.engine.Runs()[len(b.engine.Runs())-1]
	if want := []string{checkedTree, "fly", "providers/fly", "/builder/out/v56.1"}; !slices.Equal(run.Argv[len(run.Argv)-len(want):], want) || run.User != stage.Builder || run.Network {
		t.Errorf("got %+v", run.RunSpec)
	}
	row := path.Join(stage.TreeDir, "rows/v56.1")
	if got := run.Files[run.Env["BASE"]]; run.Env["BASE"] != row+"/base.tar.gz" || got.Data != "base of v56.1" {
		t.Errorf("BASE is %q with %+v", run.Env["BASE"], got)
	}
	if got := run.Files[run.Env["FILES"]+"/providers/fly/fly.c"]; got.Data != "int fly;\n" || got.Owner != stage.BuilderUID {
		t.Errorf("FILES is %q, fly.c %+v", run.Env["FILES"], got)
	}
	build := b.builds[len(b.builds)-1]
	if build.At != checkedTree+"/build" || build.Provider != "fly" || build.DriverID != 3 || build.PrivateABI != 34 || build.Toolchain != "sha256:tools" || build.Built.Digest == "" {
		t.Errorf("got %+v", build)
	}
	r.Rows[0].edit.patch.Digest = "another"
	wantRuns(t, "another edit is built", b.ran(func() { check("v56.1 pass  pass pass") }), "compile v56.1")
	r.Rows[0].Patch.State = report.Fail
	check("v56.1 FAIL  - -")
}

// The base has the whole release and its edits, and of the provider's own directory no more than
// an empty CMakeLists.txt.
func TestBaseHasNothingOfTheProvider(t *testing.T) {
	b := newBench(t)
	b.built(t, b.list(t, "v56.1"))
	run := b.engine.Runs()[0]
	tree := path.Join(stage.TreeDir, "rows/v56.1/tree")
	if got := rowsOf(run); run.Name != "base" || run.User != stage.Builder || run.Network || !slices.Equal(got, []string{"v56.1"}) || run.Argv[len(run.Argv)-2] != tree {
		t.Errorf("got %+v", run.RunSpec)
	}
	for name, text := range releasetest.Files() {
		if got := run.Files[tree+"/"+name]; got.Data != text || got.Owner != stage.BuilderUID {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for name, f := range run.Files {
		if strings.HasPrefix(name, tree+"/providers/fly/") && (!strings.HasSuffix(name, "/CMakeLists.txt") || f.Data != "") {
			t.Errorf("the base has %s with %q", name, f.Data)
		}
	}
	if _, has := run.Files[tree+"/providers/fly/CMakeLists.txt"]; !has {
		t.Error("CMake would miss providers/fly/CMakeLists.txt")
	}
	for _, v := range run.Volumes {
		for _, of := range b.engine.Runs()[1].Volumes {
			if v.Name != "" && v.Name == of.Name {
				t.Errorf("the base uses the volume %s, to which the provider's build writes", v.Name)
			}
		}
	}
}

// Releases share containers, and an edit of the provider's code leaves their bases.
func TestBuildsTogether(t *testing.T) {
	b := newBench(t)
	r := b.list(t, "")
	pass := []string{"v33.0 pass  pass pass", "v56.1 pass  pass pass", "v57.0 pass  pass pass"}
	all := " v33.0 v56.1 v57.0"
	wantRuns(t, "cold", b.ran(func() { b.built(t, r) }), "base"+all, "compile"+all)
	wantStates(t, r, pass...)
	wantRuns(t, "again", b.ran(func() { b.built(t, r) }))
	b.job.Provider = releasetest.Provider(t, "fly", false, func(texts map[string]string) { texts["fly.c"] = "int flies;\n" })
	wantRuns(t, "after an edit", b.ran(func() { b.built(t, r) }), "compile"+all)
	wantStates(t, r, pass...)
	if len(b.builds) != 0 || !slices.Equal(b.together, []int{3, 3}) {
		t.Errorf("judged together: %v, alone: %v", b.together, b.builds)
	}
	run := b.engine.Runs()[len(b.engine.Runs())-1]
	command := run.Files["/verbsmith/rows/v56.1"].Data
	for _, want := range []string{"SOURCE_DATE_EPOCH=", "BASE=/builder/src/rows/v56.1/base.tar.gz\n", "/bin/sh\n/verbsmith/release-build.sh\n", "\n/builder/out/v56.1\n"} {
		if !strings.Contains(command, want) {
			t.Errorf("the command of v56.1 lacks %q:\n%s", want, command)
		}
	}
	b.header = "/* another */\n"
	b.job.Provider = releasetest.Provider(t, "fly", false, func(texts map[string]string) { texts["fly.c"] = "int more;\n" })
	wantRuns(t, "after an edit of a header of all", b.ran(func() { b.built(t, r) }), "base"+all, "compile"+all)
}

// Only its own container fails a release, whatever has happened to the one that it shared.
func TestWhatFailsTogetherIsTriedAlone(t *testing.T) {
	for what, tt := range map[string]struct {
		status func(name, release string) string
		want   []string
	}{
		"one does not compile": {
			func(name, release string) string {
				return map[bool]string{true: "2", false: "0"}[name == "compile" && release == "v56.1"]
			},
			[]string{"base v33.0 v56.1 v57.0", "compile v33.0 v56.1 v57.0", "compile v56.1"},
		},
		"one base is missing": {
			func(name, release string) string {
				return map[bool]string{true: "1", false: "0"}[name == "base" && release == "v57.0"]
			},
			[]string{"base v33.0 v56.1 v57.0", "base v57.0", "compile v33.0 v56.1", "compile v57.0"},
		},
		"the record is cut": {
			func(name, release string) string {
				return map[bool]string{true: "", false: "0"}[name == "compile" && release == "v57.0"]
			},
			[]string{"base v33.0 v56.1 v57.0", "compile v33.0", "compile v33.0 v56.1 v57.0", "compile v56.1", "compile v57.0"},
		},
	} {
		b := newBench(t)
		b.status = tt.status
		r := b.list(t, "")
		wantRuns(t, what, b.ran(func() { b.built(t, r) }), tt.want...)
		wantStates(t, r, "v33.0 pass  pass pass", "v56.1 pass  pass pass", "v57.0 pass  pass pass")
	}
	// The container of all ends badly, and one of them alone too.
	b := newBench(t)
	r := b.list(t, "")
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		if run.Name == "compile" && (len(rowsOf(run)) > 1 || rowsOf(run)[0] == "v56.1") {
			return containers.Result{ExitCode: 137}, nil
		}
		return b.run(run)
	}
	b.built(t, r)
	wantStates(t, r, "v33.0 pass  pass pass", "v56.1 pass  FAIL -", "v57.0 pass  pass pass")
	// Not listed together, and listed alone: the judge decides.
	b = newBench(t)
	r = b.list(t, "")
	b.JudgeTogether = func(context.Context, *ui.Stage, []artifact.ProviderBuild, string) ([]bool, error) {
		return []bool{true, false, true}, nil
	}
	b.built(t, r)
	wantStates(t, r, "v33.0 pass  pass pass", "v56.1 pass  pass pass", "v57.0 pass  pass pass")
	if len(b.builds) != 1 {
		t.Errorf("%d judged alone", len(b.builds))
	}
}

// Warm, a row's result and reason are those of a cold walk.
func TestWarmIsCold(t *testing.T) {
	texts := map[string]string{"fine": "int a;\n", "not compiled": "int b\n", "not listed": "int c;\n"}
	walk := func(b *bench, what string) string {
		b.job.Provider = releasetest.Provider(t, "fly", false, func(files map[string]string) { files["fly.c"] = texts[what] })
		b.judged, b.answer, b.status = nil, nil, nil
		switch what {
		case "not compiled":
			b.status = func(name, _ string) string { return map[bool]string{true: "1", false: "0"}[name == "compile"] }
			b.answer = func(name, release string) (containers.Result, error) {
				if name != "compile" {
					return containers.Result{}, nil
				}
				return containers.Result{}, &containers.RunError{Status: 1, Lines: []string{"error in " + release}}
			}
		case "not listed":
			b.judged = &report.FailedError{Failed: []report.Result{{Title: "listed", Evidence: "nothing"}}}
		}
		r := b.list(t, "")
		b.built(t, r)
		said := states(r)
		for _, row := range r.Rows {
			said = append(said, row.Why())
		}
		return strings.Join(said, "\n")
	}
	warm := newBench(t)
	for _, what := range []string{"fine", "not compiled", "not listed", "fine", "not listed", "not compiled"} {
		if got, want := walk(warm, what), walk(newBench(t), what); got != want {
			t.Errorf("%s: warm\n%s\ncold\n%s", what, got, want)
		}
	}
}
