// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
)

func refs(names ...string) []upstream.Ref {
	out := make([]upstream.Ref, len(names))
	for i, name := range names {
		out[i].Name = name
	}
	return out
}

func TestReleasesAreInOrder(t *testing.T) {
	got := names(sortRefs(refs("v59.amzn0", "v56mlnx1", "v56.1+acme", "v56.2", "v56.1.vendor2", "v56.1", "v56.10", "v59.2", "v56.1~pre", "v100mlnx1", "v43.2", "v15", "v9.9", "v43.10", upstream.Master, "v31.9", "v32.0", "v43.1", "v44.0", "v43.1.1")))
	want := []string{
		"v32.0", "v43.1", "v43.1.1", "v43.2", "v43.10", "v44.0",
		"v56.1~pre", "v56.1", "v56.1.vendor2", "v56.1+acme", "v56.2", "v56.10", "v56mlnx1", "v59.2", "v59.amzn0", "v100mlnx1", upstream.Master,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSelection(t *testing.T) {
	all := refs("v32.0", "v33.0", "v33.1", "v34.0", upstream.Master)
	for selection, want := range map[string]string{
		"":                          "v32.0 v33.0 v33.1 v34.0 master",
		"v33.0":                     "v33.0",
		"33.1":                      "v33.1",
		"master":                    "master",
		"v33.0..34.0":               "v33.0 v33.1 v34.0",
		"v34.0..master":             "v34.0 master",
		"v33.1..v33.1":              "v33.1",
		"v34.0, v32.0":              "v34.0 v32.0",
		"v32.0,v33.1..v34.0,master": "v32.0 v33.1 v34.0 master",
	} {
		got, err := selectRefs(selection, all)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: got %v, %v; want %s", selection, got, err, want)
		}
	}
}

func TestSelectionRefuses(t *testing.T) {
	all := refs("v32.0", "v33.0", "v33.1", upstream.Master)
	for _, tt := range []struct{ selection, item, known string }{
		{"v33.7", "v33.7", "v33.0, v33.1"},
		{"33.7", "33.7", "v33.0, v33.1"},
		{"v99.0", "v99.0", "4, v32.0 to master"},
		{"v32.0..v99.0", "v99.0", "4, v32.0 to master"},
		{"v33.1..v32.0", "v33.1..v32.0", "4, v32.0 to master"},
		{"..v33.0", "", "4, v32.0 to master"},
		{"v33.0..", "", "4, v32.0 to master"},
		{"v32.0,", "", "4, v32.0 to master"},
		{"v32.0..v33.0..v33.1", "v33.0..v33.1", "v33.0, v33.1"},
		{"HEAD", "HEAD", "4, v32.0 to master"},
	} {
		_, err := selectRefs(tt.selection, all)
		wrong, ok := errors.AsType[*SelectionError](err)
		if !ok || wrong.Item != tt.item || wrong.Known != tt.known || wrong.Advice() == "" {
			t.Errorf("%q: got %v", tt.selection, err)
		}
	}
}

// walked is a walk in which the provider got the number that follows upstream's.
func walked(t *testing.T, selected ...string) *Releases {
	t.Helper()
	r := &Releases{}
	last := []string{"U", "A"}
	for _, name := range []string{"v42.0", "v42.1", "v43.0", "v44.0", "v44.1", upstream.Master} {
		if name == "v43.0" {
			last = append(last, "ERDMA")
		}
		if name == "v44.0" || name == upstream.Master {
			last = append(last, "X"+name)
		}
		ref := Release{Ref: upstream.Ref{Name: name}, IDs: map[int]string{}}
		for id, constant := range last {
			ref.IDs[id] = constant
		}
		r.All = append(r.All, ref)
		if slices.Contains(selected, name) {
			r.Rows = append(r.Rows, &Row{
				Release: ref, DriverID: len(last), Constant: "RIB", Patch: report.Result{State: report.Pass},
			})
		}
	}
	return r
}

func TestIDThatMoves(t *testing.T) {
	r := walked(t, "v42.0", "v42.1", "v43.0", "v44.0")
	want := []string{
		"RIB moves: it is 2 in v42.1 and 3 in v43.0",
		"RIB moves: it is 3 in v43.0 and 4 in v44.0",
		"v42.0 to v42.1: 2 is ERDMA from v43.0 on",
		"v43.0: 3 is Xv44.0 from v44.0 on",
		"v44.0: 4 is Xmaster from master on",
	}
	if got := r.IDWarnings(); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if _, moved := r.MovedFrom(0); moved {
		t.Error("the first row moves from nothing")
	}
	r.Rows[2].Patch.State = report.Fail // what has no number neither moves nor collides
	if before, moved := r.MovedFrom(3); before != 2 || !moved {
		t.Errorf("got %d, %v: want the last row that has a number", before, moved)
	}
	if _, taken := r.TakenLater(r.Rows[2]); taken {
		t.Error("a row without a number collides")
	}
}

// Of a release whose driver ids cannot be read nobody knows whether it gives the number to another provider.
func TestIDsThatAreNotKnown(t *testing.T) {
	r := walked(t, "v42.1")
	for i := range r.All {
		r.All[i].IDs, r.All[i].Unclear = nil, errors.New("moved")
	}
	want := []string{
		"the driver ids of v43.0 are not known: moved", "the driver ids of v44.0 are not known: moved",
		"the driver ids of v44.1 are not known: moved", "the driver ids of master are not known: moved",
	}
	if got := r.IDWarnings(); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	r.Rows[0].Constant = ""
	if got := r.IDWarnings(); len(got) > 0 {
		t.Errorf("a provider without a number: %q", got)
	}
}

func TestIDThatIsTakenByWhatIsNotSelected(t *testing.T) {
	r := walked(t, "v42.0")
	if taken, ok := r.TakenLater(r.Rows[0]); !ok || taken != (Taken{ID: 2, Constant: "ERDMA", Since: "v43.0"}) {
		t.Errorf("got %v, %v", taken, ok)
	}
	r.Rows[0].Constant = "ERDMA" // upstream took the provider itself
	if taken, ok := r.TakenLater(r.Rows[0]); ok {
		t.Errorf("its own constant counts as somebody else's: %v", taken)
	}
	r.Rows[0].Constant, r.Rows[0].DriverID = "RIB", 1 // RIB = A, in upstream's own enum
	if got := r.IDWarnings(); len(got) != 0 {
		t.Errorf("a second name of a constant: %v", got)
	}
	r.Rows[0].Constant, r.Rows[0].DriverID = "RIB", 200
	if got := r.IDWarnings(); len(got) != 0 {
		t.Errorf("a number that nobody has: %v", got)
	}
	if r.Newest().Name != "v44.1" {
		t.Errorf("newest is %s", r.Newest().Name)
	}
}

// TestForksReleases walks over the tags of a fork: its versions are read where a name does
// not say them, and what is not tried is a row with the reason.
func TestForksReleases(t *testing.T) {
	clone := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", clone, "-c", "user.name=x", "-c", "user.email=x@example.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q", "-b", "work")
	for tag, text := range map[string]string{
		"v56.0":         "project(rdma-core C)\nset(PACKAGE_VERSION \"56.0\")\n",
		"v59.amzn0":     "project(rdma-core C)\nset(PACKAGE_VERSION \"59.amzn0\")\n",
		"v56.1-acme":    "project(rdma-core C)\nset(PACKAGE_VERSION \"56.1+acme\")\n",
		"v58.0-rc2":     "project(rdma-core C)\nset(PACKAGE_VERSION \"58.0\")\n",
		"v57.0-website": "project(website C)\n",
		"website-1":     "",
	} {
		if err := os.WriteFile(filepath.Join(clone, "CMakeLists.txt"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		git("add", ".")
		git("commit", "-qm", tag)
		git("tag", tag)
	}
	w := &Walker{Runner: &stage.Runner{UI: ui.New(ui.Options{})}}
	r, err := w.ListReleases(t.Context(), clone, "")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got []string
	for _, row := range r.Rows {
		got = append(got, strings.TrimSpace(row.Release.Name+" "+row.Release.Version+" "+string(row.Patch.State)+" "+row.Why()))
	}
	want := []string{
		"v56.0 56.0", "v56.1-acme 56.1+acme",
		"v57.0-website  skipped CMakeLists.txt has no project(rdma-core ...), so this is not rdma-core",
		"v58.0-rc2 58.0 skipped a release candidate", "v59.amzn0 59.amzn0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if r.Err() != nil || r.Newest().Name != "v59.amzn0" {
		t.Errorf("a skipped row fails: %v; newest %s", r.Err(), r.Newest().Name)
	}
}

func TestAFailureKeepsGoing(t *testing.T) {
	w := &Walker{Runner: &stage.Runner{UI: ui.New(ui.Options{})}}
	r := walked(t, "v42.0", "v42.1", "v43.0", "v44.0", "v44.1")
	for together := 1; together <= 3; together++ {
		err := w.eachRow(t.Context(), "try", together, r, func(_ context.Context, _ *ui.Stage, row *Row) (bool, error) {
			var err error
			if strings.HasSuffix(row.Release.Name, ".1") {
				err = fmt.Errorf("%s is bad\nand more", row.Release.Name)
			}
			row.Compile = row.answer(err)
			return false, err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var states []report.State
	for _, row := range r.Rows {
		states = append(states, row.Compile.State)
	}
	if want := []report.State{report.Pass, report.Fail, report.Pass, report.Pass, report.Fail}; !slices.Equal(states, want) {
		t.Errorf("got %v", states)
	}
	failed, ok := errors.AsType[*ReleasesError](r.Err())
	if !ok || len(failed.Failed) != 2 || failed.Error() != "2 releases failed\nv42.1: v42.1 is bad\nv44.1: v44.1 is bad" {
		t.Errorf("got %v", r.Err())
	}
}

func TestAWalkEndsWithItsContext(t *testing.T) {
	w := &Walker{Runner: &stage.Runner{UI: ui.New(ui.Options{})}}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	tried := 0
	err := w.eachRow(ctx, "try", 1, walked(t, "v42.0", "v42.1", "v43.0", "v44.0"), func(context.Context, *ui.Stage, *Row) (bool, error) {
		tried++
		cancel(enough)
		return false, ctx.Err()
	})
	if !errors.Is(err, enough) || tried > 2 {
		t.Errorf("tried %d, got %v", tried, err)
	}
}

func TestOldReleasesMayFail(t *testing.T) {
	why := errors.New("no place")
	for name, want := range map[string]report.State{
		"v32.0": report.Unsupported, "v33.14": report.Unsupported, OldestSupported: report.Fail, "v64.0": report.Fail, upstream.Master: report.Fail,
	} {
		row := &Row{Release: Release{Ref: upstream.Ref{Name: name}}}
		row.Patch = row.answer(why)
		if row.Patch.State != want || row.Why() != "no place" || row.Failed() != (want == report.Fail) || row.edited() {
			t.Errorf("%s: %+v", name, row.Patch)
		}
	}
	for name, want := range map[string]report.State{
		"v34.0": report.Unsupported, "v34.1": report.Unsupported, "v35.0": report.Fail, "v64.0": report.Fail, upstream.Master: report.Fail,
	} {
		row := &Row{Release: Release{Ref: upstream.Ref{Name: name}}, oldest: "v35.0"}
		if got := row.answer(why); got.State != want {
			t.Errorf("%s where v35.0 is the oldest: %+v", name, got)
		}
	}
}

func TestReason(t *testing.T) {
	log := filepath.Join(t.TempDir(), "compile.log")
	text := "[1/2] cc\n/builder/src/rdma-core-33.0/providers/rib/rib.c:7:9: error: unused variable 'x' [-Werror=unused-variable]\nninja: build stopped\n"
	if err := os.WriteFile(log, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := &containers.RunError{Status: 1, Lines: []string{"one", " the last one "}}
	if got := reason(&stage.Error{Name: "rpmspec", Err: run}); got != "the last one" {
		t.Errorf("got %q", got)
	}
	run.Log = log
	err := error(&stage.Error{Name: "compile", Log: log, Err: run})
	if got := reason(err); !strings.HasPrefix(got, "providers/rib/rib.c:7:9") || strings.Contains(got, "\n") {
		t.Errorf("got %q", got)
	}
	if got := logOf(err); got != log {
		t.Errorf("log %q", got)
	}
	if got := reason(&stage.Error{Name: "integrate", Err: errors.New("a\nb")}); got != "integrate: a" {
		t.Errorf("got %q", got)
	}
	err = fmt.Errorf("stage release-edit: %w", &stage.Error{Name: "integrate", Err: errors.New("stage integrate: no place")})
	if got := reason(err); got != "integrate: no place" {
		t.Errorf("got %q", got)
	}
	if got := reason(errors.New("stage release-edit: no file")); got != "no file" {
		t.Errorf("got %q", got)
	}
	if got := logOf(&stage.Error{Log: log + ".not"}); got != "" {
		t.Errorf("a log that is not there: %q", got)
	}
}
