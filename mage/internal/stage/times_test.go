// SPDX-License-Identifier: Apache-2.0

package stage_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/timing"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// timed gives a runner a display whose clock goes on by step with each look at it.
func timed(t *testing.T, r *stage.Runner, step time.Duration) *stage.Runner {
	t.Helper()
	var looks atomic.Int64
	r.UI = ui.New(ui.Options{
		LogDir: t.TempDir(), Now: func() time.Time { return time.Unix(0, 0).Add(time.Duration(looks.Add(1)) * step) },
	})
	t.Cleanup(r.UI.Close)
	return r
}

// phases are the names of a stage's phases.
func phases(s timing.Stage) string {
	var names []string
	for _, share := range s.Phases {
		names = append(names, string(share.Phase))
	}
	return strings.Join(names, " ")
}

func rpmbuild() boxed {
	return boxed{Run: containers.RunSpec{Argv: []string{"rpm-build.sh", "all"}, Name: "x", Image: "i"}}
}

func printing(lines ...string) *stagetest.Engine {
	return &stagetest.Engine{Answer: func(run stagetest.Run) (containers.Result, error) {
		_, err := fmt.Fprintln(run.Log, strings.Join(lines, "\n"))
		return containers.Result{}, err
	}}
}

// The phases are those of the run that made the output, and the output does not depend on them.
func TestTimesAreKeptNextToTheOutput(t *testing.T) {
	engine := printing("Executing(%prep): x", "[1/1] Building C object a.o")
	first := timed(t, stagetest.NewRunner(t, engine), time.Second)
	made, err := first.Make(t.Context(), "rpm", rpmbuild())
	if err != nil {
		t.Fatal(err)
	}
	times := first.Times()
	if len(times) != 1 || times[0].Cached || phases(times[0]) != "own create copy-in start run compile copy-out remove" {
		t.Errorf("got %+v", times)
	}
	again := timed(t, sameCache(t, first), time.Hour)
	if _, err := again.Make(t.Context(), "rpm", rpmbuild()); err != nil {
		t.Fatal(err)
	}
	cached := again.Times()
	if len(cached) != 1 || !cached[0].Cached || !reflect.DeepEqual(cached[0].Phases, times[0].Phases) || !cached[0].Began.Equal(times[0].Began) {
		t.Errorf("made in  %+v\ncached as %+v", times, cached)
	}
	slow := timed(t, stagetest.NewRunner(t, engine), time.Hour)
	if other, err := slow.Make(t.Context(), "rpm", rpmbuild()); err != nil || other.Digest != made.Digest {
		t.Errorf("an output that took longer is another: %v", err)
	}
}

// Without a readable record a cached output is what it was.
func TestTimesThatAreLostOnlyWarn(t *testing.T) {
	r := timed(t, stagetest.NewRunner(t, &stagetest.Engine{}), time.Second)
	made, err := r.Make(t.Context(), "rpm", rpmbuild())
	if err != nil {
		t.Fatal(err)
	}
	notes := filepath.Join(filepath.Dir(made.Dir), "notes.json")
	for text, warns := range map[string]bool{"": false, "{": true} {
		if err := os.Remove(notes); err != nil {
			t.Fatal(err)
		}
		if text != "" {
			if err := os.WriteFile(notes, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var log bytes.Buffer
		again := sameCache(t, r)
		again.Log = slog.New(slog.NewTextHandler(&log, nil))
		entry, err := again.Make(t.Context(), "rpm", rpmbuild())
		if err != nil || !entry.Hit || len(again.Times()) != 1 || again.Times()[0].Phases != nil || log.Len() > 0 != warns {
			t.Errorf("%q: hit %t, %v, times %+v, log %s", text, entry.Hit, err, again.Times(), log.String())
		}
		if err := made.WriteNotes(nil); err != nil {
			t.Fatal(err)
		}
	}
}

// Every step of a container is a phase.
func TestStepsArePhases(t *testing.T) {
	known := map[timing.Phase]bool{}
	for _, p := range timing.Phases() {
		known[p] = true
	}
	for _, step := range []string{
		containers.StepCreate, containers.StepCopyIn, containers.StepStart, containers.StepRun, containers.StepCopyOut,
		containers.StepCommit, containers.StepRemove,
	} {
		if !known[timing.Phase(step)] {
			t.Errorf("the step %q is no phase", step)
		}
	}
}

// A trace has the stages with their look-ups and phases, also those of a run that fails, and one
// lane for each part that runs at the same time.
func TestTraceOfStages(t *testing.T) {
	r := stagetest.NewRunner(t, printing("Executing(%prep): x"))
	trace := timing.NewTrace(time.Now)
	r.UI = ui.New(ui.Options{LogDir: t.TempDir(), Trace: trace})
	defer r.UI.Close()
	for range 2 {
		if _, err := r.Make(t.Context(), "rpm", rpmbuild()); err != nil {
			t.Fatal(err)
		}
	}
	outer := r.Begin("walk")
	part := r.Quiet("row")
	defer part.UI.Close()
	failed := errors.New("broken")
	if err := part.End("row", part.Begin("row"), false, failed); !errors.Is(err, failed) {
		t.Error(err)
	}
	outer.Done()
	text, err := trace.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var events []struct {
		Name string
		Tid  int
		Args map[string]string
	}
	if err := json.Unmarshal(text, &events); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%d %s %s", e.Tid, e.Name, e.Args["result"])))
	}
	want := []string{
		"0 verbsmith", "1 key", "1 look up the output", "1 keep the output", "1 rpm done", "1 create container", "1 copy in",
		"1 start container", "1 prep", "1 copy out", "1 remove container", "1 key", "1 look up the output", "1 rpm cached",
		"2 row failed", "1 walk done",
	}
	if !slices.Equal(slices.DeleteFunc(got, func(e string) bool { return e == "1 other commands" }), want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
