// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/resnics/verbsmith/specs"
)

func cells(n int) []Cell {
	var out []Cell
	for i := range n {
		out = append(out, Cell{
			MatrixCell: specs.MatrixCell{
				Release: strconv.Itoa(32+i/2) + ".0", Distro: []string{"rocky9", "rocky10"}[i%2], Processor: specs.X8664,
				Packages: specs.KindPatched, Depth: specs.DepthCompile,
			},
			Name: "rib",
		})
	}
	return out
}

var errGone = errors.New("gone")

// lab is places that fail as a test says.
type lab struct {
	mu       sync.Mutex
	tries    map[string]int
	running  map[string]int
	most     map[string]int // cells at once, by place
	prepared map[string]int
	early    []string // cells that ran before their shared work was made
	done     map[string]int
	run      func(place string, c Cell, try int) Verdict
	answers  func(place string) error
}

func newLab() *lab {
	return &lab{
		tries: map[string]int{}, running: map[string]int{}, most: map[string]int{}, prepared: map[string]int{}, done: map[string]int{},
		run:     func(string, Cell, int) Verdict { return Pass },
		answers: func(string) error { return nil },
	}
}

func (l *lab) place(name string, slots int) Place {
	return Place{
		Name: name, Slots: slots,
		Shared: func(c Cell) string { return c.Target() },
		Prepare: func(_ context.Context, c Cell) {
			time.Sleep(time.Second)
			l.mu.Lock()
			defer l.mu.Unlock()
			l.prepared[name+" "+c.Target()]++
		},
		Run: func(_ context.Context, c Cell) Result {
			l.mu.Lock()
			l.tries[c.ID()]++
			try := l.tries[c.ID()]
			l.running[name]++
			l.most[name] = max(l.most[name], l.running[name])
			if l.prepared[name+" "+c.Target()] != 1 {
				l.early = append(l.early, c.ID())
			}
			verdict := l.run(name, c, try)
			l.mu.Unlock()
			time.Sleep(time.Second)
			l.mu.Lock()
			defer l.mu.Unlock()
			l.running[name]--
			return Of(c).With(verdict, "")
		},
		Answers: func(context.Context) error {
			time.Sleep(time.Second)
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.answers(name)
		},
	}
}

// finish runs the cells and asserts that each has one verdict, and was done once.
func (l *lab) finish(t *testing.T, all []Cell, places ...Place) (Results, []Ran) {
	t.Helper()
	results, ran := Run(t.Context(), all, places, func(r Result, _ Ran) { l.done[r.Cell]++ })
	if len(results) != len(all) {
		t.Fatalf("%d results of %d cells", len(results), len(all))
	}
	for i, c := range all {
		if results[i].Cell != c.ID() || results[i].Verdict == NotRun || l.done[c.ID()] != 1 {
			t.Errorf("%s: got %+v, done %d times", c.ID(), results[i], l.done[c.ID()])
		}
	}
	for place, n := range l.running {
		if n != 0 {
			t.Errorf("%d still run at %s", n, place)
		}
	}
	if len(l.early) > 0 {
		t.Errorf("ran before what they share was made, or after it was made twice: %q", l.early)
	}
	return results, ran
}

func TestRunSharesWorkAndSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, start := newLab(), time.Now()
		l.finish(t, cells(12), l.place("a", 2), l.place("b", 1))
		if took := time.Since(start); took > 6*time.Second {
			t.Errorf("12 cells of a second on 3 slots took %s", took)
		}
		if l.most["a"] != 2 || l.most["b"] != 1 {
			t.Errorf("at once: %v", l.most)
		}
		for _, key := range []string{"a rocky9", "a rocky10"} {
			if l.prepared[key] != 1 {
				t.Errorf("%s was made %d times", key, l.prepared[key])
			}
		}
	})
}

// What cells share is not waited for when no cell is left that needs it.
func TestPreparationEndsWithTheLastCell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, start := newLab(), time.Now()
		slow := l.place("slow", 1)
		slow.Prepare = func(ctx context.Context, _ Cell) {
			select {
			case <-ctx.Done():
			case <-time.After(time.Hour):
			}
		}
		l.finish(t, cells(4), l.place("fast", 1), slow)
		if took := time.Since(start); took > time.Minute {
			t.Errorf("took %s", took)
		}
	})
}

func TestFailedNeverAgainLostThreeTimesMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, all := newLab(), cells(4)
		l.run = func(_ string, c Cell, try int) Verdict {
			switch c.ID() {
			case all[0].ID():
				return Fail
			case all[1].ID():
				return Lost
			case all[2].ID():
				if try < MostTries {
					return NotRun // without a verdict
				}
			}
			return Pass
		}
		results, ran := l.finish(t, all, l.place("a", 2))
		want := []Verdict{Fail, Lost, Pass, Pass}
		tries := []int{1, MostTries, MostTries, 1}
		for i := range all {
			if results[i].Verdict != want[i] || l.tries[all[i].ID()] != tries[i] || ran[i].Tries != tries[i] {
				t.Errorf("%s: %s after %d tries, want %s after %d", all[i].ID(), results[i].Verdict, l.tries[all[i].ID()], want[i], tries[i])
			}
		}
	})
}

func TestLostRunsElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab()
		l.run = func(place string, _ Cell, _ int) Verdict {
			if place == "bad" {
				return Lost
			}
			return Pass
		}
		results, ran := l.finish(t, cells(6), l.place("bad", 2), l.place("good", 1))
		if results.Count(Pass) != 6 {
			t.Errorf("%s", results.Sum())
		}
		for _, r := range ran {
			if r.Place != "good" || len(r.LostAt) > 1 {
				t.Errorf("got %+v", r)
			}
		}
	})
}

func TestNoPlaceLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab()
		l.run = func(string, Cell, int) Verdict { return Lost }
		l.answers = func(string) error { return errGone }
		results, _ := l.finish(t, cells(6), l.place("a", 2), l.place("b", 1))
		if results.Count(Lost) != 6 || results[5].Cause == "" {
			t.Errorf("%+v", results)
		}
		n := 0
		for _, tries := range l.tries {
			n += tries
		}
		if n > 3 {
			t.Errorf("%d runs on places that were gone", n)
		}
	})
}

func TestInterruptIsNoVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab()
		ctx, stop := context.WithCancel(t.Context())
		place := l.place("a", 1)
		run := place.Run
		place.Run = func(c context.Context, cell Cell) Result {
			if len(l.done) == 2 {
				stop()
				return Of(cell).With(Lost, "stopped")
			}
			return run(c, cell)
		}
		results, _ := Run(ctx, cells(5), []Place{place}, func(r Result, _ Ran) { l.done[r.Cell]++ })
		if results.Count(Pass) != 2 || results.Count(NotRun) != 3 || len(l.done) != 2 {
			t.Errorf("%s, done %v", results.Sum(), l.done)
		}
	})
}

// 100 runs with faults at random: each cell has one verdict, its own where it could get one, and none is blamed.
func TestRandomFaults(t *testing.T) {
	for seed := range uint64(100) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			l, all := newLab(), cells(24)
			faulty := map[string]bool{}
			for _, c := range all {
				faulty[c.ID()] = random.IntN(5) == 0
			}
			gone := map[string]bool{}
			l.run = func(place string, c Cell, _ int) Verdict {
				if place != "c" && random.IntN(10) == 0 {
					gone[place] = true
				}
				switch {
				case gone[place] || random.IntN(4) == 0 && place != "c":
					return Lost
				case faulty[c.ID()]:
					return Fail
				}
				return Pass
			}
			l.answers = func(place string) error {
				if gone[place] && random.IntN(2) == 0 {
					return errGone
				}
				gone[place] = false
				return nil
			}
			results, ran := l.finish(t, all, l.place("a", 2), l.place("b", 1), l.place("c", 1))
			for i, c := range all {
				want := map[bool]Verdict{true: Fail, false: Pass}[faulty[c.ID()]]
				lostAt := ran[i].LostAt
				if results[i].Verdict != want && !(results[i].Verdict == Lost && len(lostAt) == MostTries) {
					t.Errorf("seed %d, %s: got %s, want %s; lost at %q", seed, c.ID(), results[i].Verdict, want, lostAt)
				}
				if slices.Contains(lostAt, "c") {
					t.Errorf("seed %d: lost at the place that loses none: %q", seed, lostAt)
				}
			}
		})
	}
}

func TestMergeAndTable(t *testing.T) {
	all := cells(4)
	a := Results{Of(all[0]).With(Pass, ""), Of(all[1]).With(Lost, "x"), Of(all[2])}
	b := Results{Of(all[1]).With(Fail, "y\nz"), Of(all[3]).With(Pass, ""), Of(all[0]).With(Lost, "w")}
	merged, err := Merge(a, b)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range merged {
		got = append(got, fmt.Sprintf("%s %s", r.Verdict, r.Cause))
	}
	if !slices.Equal(got, []string{"pass ", "fail y", "not run ", "pass "}) {
		t.Errorf("got %q", got)
	}
	if got := merged.Sum(); got != "4 cells: 2 pass, 1 failed, 1 not run" {
		t.Error(got)
	}
	merged[0].Key = "of this program"
	data, err := merged.JSON()
	if strings.Contains(string(data), "of this program") {
		t.Errorf("the table has a key:\n%s", data)
	}
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadResults("m.json", data)
	if data2, _ := again.JSON(); err != nil || string(data2) != string(data) {
		t.Errorf("read again: %v\n%s", err, data2)
	}
	_, err = Merge(a, Results{Of(all[0]).With(Fail, "")})
	if _, conflict := errors.AsType[*ConflictError](err); !conflict {
		t.Errorf("got %v", err)
	}
	other := Of(all[0]).With(Pass, "")
	other.Made = []File{{Path: "a.rpm", SHA256: "1"}}
	if _, err = Merge(a, Results{other}); err == nil {
		t.Error("other bytes are no conflict")
	}
	if _, err := ReadResult("c.json", []byte(`{"cell":"56.1/rocky9/x86_64/rib/addon","release":"56.1","distro":"rocky9",`+
		`"processor":"x86_64","provider":"rib","packages":"patched","verdict":"pass"}`)); err == nil {
		t.Error("a result of another cell is read")
	}
}

func TestSelect(t *testing.T) {
	all := cells(6)
	for patterns, want := range map[string]int{"": 6, "*/rocky9/*/*/*": 3, all[0].ID() + "," + all[1].ID(): 2, "33.0/*/*/rib/patched": 2} {
		if got, err := Select(all, patterns); err != nil || len(got) != want {
			t.Errorf("%s: %d, %v", patterns, len(got), err)
		}
	}
	for _, wrong := range []string{"56.1", "[", ","} {
		if _, err := Select(all, wrong); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
	if err := CheckIDs(append(all, all[0])); err == nil {
		t.Error("a cell twice is taken")
	}
}

// A cell runs where its processor is. If such a place goes out, it is lost: elsewhere it would be judged for the place's fault.
func TestRunPrefersTheProcessor(t *testing.T) {
	for _, gone := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			l := newLab()
			at := map[string][]string{}
			l.run = func(place string, c Cell, _ int) Verdict {
				at[c.ID()] = append(at[c.ID()], place)
				if gone && place == "arm" {
					return Lost
				}
				return Pass
			}
			l.answers = func(place string) error {
				if gone && place == "arm" {
					return errGone
				}
				return nil
			}
			all := cells(8)
			var places []Place
			for i, name := range []string{"one", "two", "arm"} {
				p := l.place(name, 1+i)
				p.Native = func(c Cell) bool { return (c.Processor == specs.AArch64) == (name == "arm") }
				places = append(places, p)
			}
			for i := range all {
				if i%2 == 1 {
					all[i].Processor = specs.AArch64
				}
			}
			results, _ := l.finish(t, all, places...)
			for i, c := range all {
				arm := c.Processor == specs.AArch64
				if slices.ContainsFunc(at[c.ID()], func(place string) bool { return (place == "arm") != arm }) {
					t.Errorf("%s ran at %q", c.ID(), at[c.ID()])
				}
				if lost := results[i].Verdict == Lost; lost != (arm && gone) {
					t.Errorf("%s: got %+v", c.ID(), results[i])
				}
			}
		})
	}
}
