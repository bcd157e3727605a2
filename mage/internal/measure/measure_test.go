// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/timing"
)

func result(name, against string, limit float64, seconds ...float64) Result {
	r := Result{Row: Row{Name: name, Title: name, Against: against, Limit: limit, Kind: Edited, Target: "rpm"}}
	for _, s := range seconds {
		r.Samples = append(r.Samples, Sample{Seconds: s})
	}
	return r
}

func TestMedian(t *testing.T) {
	for want, seconds := range map[float64][]float64{0: nil, 3: {3}, 4: {9, 2, 4}, 5: {5, 1, 9, 2}, 2.5: {2.5, 100, 1}} {
		r := result("x", "", 0, seconds...)
		if got := r.Median().Seconds; got != want {
			t.Errorf("%v: got %g, want %g", seconds, got, want)
		}
		if len(seconds) > 0 && r.Samples[0].Seconds != seconds[0] {
			t.Error("the samples were sorted in place")
		}
	}
}

func TestVerdicts(t *testing.T) {
	slow, big, skipped, failed := result("slow", "plain", 1, 50), result("big", "plain", 1, 5), result("skipped", "plain", 1), result("failed", "plain", 1, 1)
	slow.Row.Seconds = 40
	big.Samples[0].Memory = MaxMemory + 1
	skipped.Skipped, failed.Failed = "why", "broken"
	foreign := result("foreign", "plain", 0, 500)
	foreign.Row.Kind, foreign.Samples[0].Memory = Foreign, MaxMemory+1
	r := Report{Results: []Result{
		result("plain", "", 0, 100, 90, 110), result("at the limit", "plain", 0.5, 50), result("over", "plain", 0.5, 50.1), slow, big, skipped, failed,
		foreign, result("alone", "missing", 0.5, 1),
	}}
	want := []Verdict{NoLimit, Passed, Over, Over, Over, Skipped, Failed, NoLimit, NoLimit}
	for i, res := range r.Results {
		if got := r.verdict(res); got != want[i] {
			t.Errorf("%s: got %s, want %s", res.Row.Name, got, want[i])
		}
	}
	table := r.Table()
	if got := strings.Join(table[2], "|"); got != "over|50.10|50.10|50.10|0.501|0.500|over|" {
		t.Errorf("got %s", got)
	}
	if got := strings.Join(table[0], "|"); got != "plain|100.00|90.00|110.00|||-|" {
		t.Errorf("got %s", got)
	}
	if got := table[5][6]; got != "skipped: why" {
		t.Errorf("got %s", got)
	}
	data, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(data), JSONStart) {
		t.Errorf("begins with %.30q", data)
	}
	var out struct{ Jobs []map[string]any }
	if err := json.Unmarshal(data, &out); err != nil || len(out.Jobs) != len(want) || out.Jobs[2]["ratio"] != 0.501 || out.Jobs[2]["result"] != "over" ||
		out.Jobs[6]["why"] != "broken" {
		t.Errorf("got %s, %v", data, err)
	}
}

func TestRowsAreComparedWithRows(t *testing.T) {
	names := map[string]bool{"": true}
	for _, row := range Rows() {
		if names[row.Name] {
			t.Errorf("%q is listed twice", row.Name)
		}
		names[row.Name] = true
		if !names[row.Against] {
			t.Errorf("%s is compared with %q, which does not come before it", row.Name, row.Against)
		}
	}
}

// fake is a bench whose runs are recorded. Some run at once.
type fake struct {
	*Bench

	mu      sync.Mutex
	runs    []string
	texts   []string // of the provider, at each run of this program
	dropped []string
	fail    string
}

func newFake(t *testing.T) *fake {
	t.Helper()
	provider := filepath.Join(t.TempDir(), "fly")
	if err := os.MkdirAll(provider, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cq.c", "fly.c"} {
		if err := os.WriteFile(filepath.Join(provider, name), []byte("int x;\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := &fake{}
	plain := func(context.Context) (Use, error) {
		f.runs = append(f.runs, "plain")
		return Use{Time: 10 * time.Second}, nil
	}
	f.Bench = &Bench{
		Dir: t.TempDir(), Provider: provider, RPM: []string{"-distro=rocky9", "-source=t"}, Deb: []string{"-suite=bookworm"},
		Others: map[string]func(context.Context) (Use, error){PlainRPM: plain}, Program: f.program, Say: func(string) {},
		Drop: func(_ context.Context, cache string) error { f.dropped = append(f.dropped, cache); return nil },
	}
	return f
}

func (f *fake) program(_ context.Context, name string, args, env []string) (Use, error) {
	dir := strings.TrimPrefix(args[1], "-provider=")
	text, err := os.ReadFile(filepath.Join(dir, "fly.c"))
	if err != nil {
		return Use{}, err
	}
	cache := strings.TrimPrefix(env[0], "VERBSMITH_CACHE="+f.Dir+"/")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.runs = append(f.runs, fmt.Sprintf("%s %s %s: %s", name, args[0], strings.Join(args[2:], " "), cache))
	f.texts = append(f.texts, string(text))
	if f.fail == name {
		return Use{}, errors.New("broken")
	}
	out := filepath.Join(strings.TrimPrefix(env[1], "VERBSMITH_DIST="), "rocky9", "rdma-core-1")
	data, err := timing.Text(timing.File{Stages: []timing.Stage{{Stage: "rpm", Seconds: 1, Phases: []timing.Share{{Phase: timing.Prep, Seconds: 1}}}}})
	if err == nil {
		err = errors.Join(os.MkdirAll(out, 0o755), os.WriteFile(filepath.Join(out, "timing.json"), data, 0o600))
	}
	return Use{Time: time.Second, Memory: 5 << 20}, err
}

func TestRunsAreInTurn(t *testing.T) {
	f := newFake(t)
	rows := []Row{
		{Name: PlainRPM, Kind: Plain},
		{Name: "cold", Kind: Cold, Target: "rpm", Against: PlainRPM, Limit: 1},
		{Name: "edit", Kind: Edited, Target: "deb", Deb: true, Against: PlainRPM},
		{Name: "again", Kind: Again, Target: "rpm"},
		{Name: OtherRelease, Kind: Second, Target: "rpm", Before: []string{"-rdma=1"}},
		{Name: CBuild, Kind: Foreign},
	}
	f.Earlier = []string{"-source=clone"}
	results, err := f.Run(t.Context(), rows, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"plain", "cold rpm -distro=rocky9 -source=t: cold/cache", "edit deb -suite=bookworm: warm", "edit deb -suite=bookworm: warm",
		"again rpm -distro=rocky9 -source=t: warm", "again rpm -distro=rocky9 -source=t: warm",
		"rpm-release rpm -distro=rocky9 -rdma=1 -source=clone: rpm-release/cache", "rpm-release rpm -distro=rocky9 -source=t: rpm-release/cache",
		"plain", "cold rpm -distro=rocky9 -source=t: cold/cache", "edit deb -suite=bookworm: warm", "again rpm -distro=rocky9 -source=t: warm",
		"rpm-release rpm -distro=rocky9 -rdma=1 -source=clone: rpm-release/cache", "rpm-release rpm -distro=rocky9 -source=t: rpm-release/cache",
	}
	if !slices.Equal(f.runs, want) {
		t.Errorf("got  %q\nwant %q", f.runs, want)
	}
	// Each edit is new, in the provider's own file; "nothing changed" is what it says.
	cold, edits, again := f.texts[0], []string{f.texts[1], f.texts[2], f.texts[8]}, []string{f.texts[3], f.texts[4], f.texts[9]}
	if cold != "int x;\n" || edits[0] == edits[1] || edits[1] == edits[2] || !strings.HasPrefix(edits[2], cold) || strings.Count(edits[2], "\n") != 2 ||
		again[0] != again[1] || again[1] != again[2] || slices.Contains(edits, again[0]) {
		t.Errorf("cold %q\nedits %q\nagain %q", cold, edits, again)
	}
	if len(f.dropped) != 4 {
		t.Errorf("dropped %q", f.dropped)
	}
	if got := results[1].Median(); got.Seconds != 1 || got.Memory != 5<<20 || len(got.Stages) != 1 || got.Stages[0].Of(timing.Prep) != time.Second {
		t.Errorf("got %+v", got)
	}
	if results[5].Skipped == "" || len(results[5].Samples) > 0 {
		t.Errorf("cbuild without a path: %+v", results[5])
	}
}

// A failing job ends neither the others nor what it has outside of its cache.
func TestFailureIsOfOneRow(t *testing.T) {
	f := newFake(t)
	f.fail = "cold"
	rows := []Row{{Name: "cold", Kind: Cold, Target: "rpm"}, {Name: OtherRelease, Kind: Second, Target: "rpm"}, {Name: PlainRPM, Kind: Plain}}
	results, err := f.Run(t.Context(), rows, 2)
	if err == nil || !strings.Contains(err.Error(), "cold: broken") || results[0].Failed != "broken" || len(results[2].Samples) != 2 {
		t.Errorf("got %+v, %v", results, err)
	}
	if results[1].Skipped != "needs a git clone as -source" || len(f.dropped) != 1 || len(f.runs) != 3 {
		t.Errorf("ran %q, dropped %q", f.runs, f.dropped)
	}
	if err := edit(t.TempDir(), 1); !errors.Is(err, ErrNoSource) {
		t.Errorf("a provider without C: %v", err)
	}
}

func TestGrowth(t *testing.T) {
	f := newFake(t)
	tags := make([]string, 12)
	for i := range tags {
		tags[i] = fmt.Sprintf("v%d.0", 70-i)
	}
	curves, err := f.Grow(t.Context(), "clone", tags)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range curves {
		got = append(got, fmt.Sprintf("%s %d", c.Name, len(c.Points)))
	}
	if want := []string{"releases 2", "files of the provider 3", "bytes of the provider 3", "runs at once 3"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := len(Report{Growth: curves}.GrowthTable()); got != 11 {
		t.Errorf("%d rows", got)
	}
	if left, err := filepath.Glob(filepath.Join(f.Dir, "apart-*")); err != nil || len(left) > 0 {
		t.Errorf("left over: %q, %v", left, err)
	}
}

// The page has the tables and the plot; equal reports give equal bytes, and what is around the marks stays.
func TestFill(t *testing.T) {
	res := result("rpm", "", 0, 80)
	res.Samples[0].Stages = []timing.Stage{
		{Stage: "rpm", Phases: []timing.Share{{Phase: timing.Prep, Seconds: 10}, {Phase: timing.Compile, Seconds: 60}, {Phase: timing.Link, Seconds: 0.01}}},
		{Stage: "source", Cached: true, Phases: []timing.Share{{Phase: timing.Own, Seconds: 500}}},
		{Stage: "collect", Phases: []timing.Share{{Phase: timing.Prep, Seconds: 5}}},
	}
	r := Report{Results: []Result{res}}
	page := "a\n" + fillStart + "\nold\n" + fillEnd + "\nb\n"
	want := "a\n<!-- bench -->\n| job | median s | min | max | ratio | limit | result | memory MiB |\n|---|---|---|---|---|---|---|---|\n" +
		"| rpm | 80.00 | 80.00 | 80.00 |  |  | - |  |\n\n```\nrpm: 80.00 s\n" +
		"  prep                15.0 " + strings.Repeat("#", 13) + "\n  compile             60.0 " + strings.Repeat("#", 50) + "\n```\n<!-- /bench -->\nb\n"
	for range 2 {
		var err error
		if page, err = r.Fill(page); err != nil {
			t.Fatal(err)
		}
		if page != want {
			t.Errorf("got\n%s\nwant\n%s", page, want)
		}
	}
	if _, err := r.Fill("no marks\n"); err == nil {
		t.Error("a page without marks was filled")
	}
}

func TestOverrides(t *testing.T) {
	if !overrides([]string{"-rdma=1"}, "-rdma=2") || overrides([]string{"-rdma=1"}, "-rdmax=2") || overrides(nil, "-x=1") {
		t.Error("flags are compared by their names")
	}
}
