// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// named is a step that writes down its name, in a line of progress of its own.
func named(name string, taken *[]string, err error) *Step {
	return &Step{run: func(_ context.Context, p *Pipeline, _ *State) error {
		*taken = append(*taken, name)
		return p.End(name, p.Runner.Begin(name), false, err)
	}}
}

// To goes on behind the step that failed.
func TestToGoesOn(t *testing.T) {
	var taken []string
	broken := errors.New("broken")
	a, b, c, d := named("a", &taken, nil), named("b", &taken, broken), named("c", &taken, nil), named("d", &taken, nil)
	skipped := named("skipped", &taken, nil)
	skipped.of = func(*State) bool { return false }
	p := &Pipeline{Runner: stagetest.NewRunner(t, nil)}
	run, err := p.Start(t.Context(), Recipe{a, b, skipped, c, d}, NewState(job.Job{}))
	if err != nil {
		t.Fatal(err)
	}
	if err := run.To(t.Context(), b); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	for _, err := range []error{run.To(t.Context(), a), run.To(t.Context(), c), run.ToEnd(t.Context()), run.ToEnd(t.Context())} {
		if err != nil {
			t.Error(err)
		}
	}
	if got := strings.Join(taken, ""); got != "abcd" {
		t.Errorf("took %s", got)
	}
}

// Without an engine nothing begins that needs one, and what needs none does.
func TestEngineIsAskedFirst(t *testing.T) {
	var taken []string
	none := errors.New("no engine")
	p := &Pipeline{Runner: stagetest.NewRunner(t, nil)}
	p.Runner.Engine = func(context.Context) (stage.Engine, error) { return nil, none }
	long, needs := named("long", &taken, nil), named("needs", &taken, nil)
	needs.engine = true
	if err := p.Do(t.Context(), Recipe{long, needs}, NewState(job.Job{})); !errors.Is(err, none) || len(taken) > 0 {
		t.Errorf("got %v after %q", err, taken)
	}
	if err := p.Do(t.Context(), Recipe{long}, NewState(job.Job{})); err != nil || !slices.Equal(taken, []string{"long"}) {
		t.Errorf("got %v after %q", err, taken)
	}
}

// What several runs share is made, and counted, once.
func TestSharedStepsCountOnce(t *testing.T) {
	with := NewState(job.Job{})
	for _, tt := range []struct {
		recipe Recipe
		again  bool
		want   int
	}{
		{Recipe{Source, Base, Toolchain, Addon}, false, 4},
		{Recipe{Source, Base, Toolchain, Addon}, true, 2},
		{Recipe{Source, Patch, Spec}, false, 2}, // no provider, no patch
		{Recipe{DebianSources, Transplants}, false, 0},
	} {
		if got := tt.recipe.lines(with, tt.again); got != tt.want {
			t.Errorf("%d lines, want %d", got, tt.want)
		}
	}
	ready := &State{Toolchain: artifact.Toolchain{ID: "sha256:tools"}}
	engine := &stagetest.Engine{}
	p := &Pipeline{Runner: stagetest.NewRunner(t, engine)}
	if err := p.Do(t.Context(), Recipe{Base, Toolchain}, ready); err != nil || len(engine.Calls()) > 0 || len(engine.Built()) > 0 {
		t.Errorf("a toolchain that is there is made again: %v, %q", err, engine.Calls())
	}
}

// Several runs count together, and what they share counts once.
func TestRunsCountTogether(t *testing.T) {
	b := newKitchen(t)
	var taken []string
	own, shared := named("own", &taken, nil), named("shared", &taken, nil)
	shared.shared = true
	shared.of = func(*State) bool { return !slices.Contains(taken, "shared") }
	runs, err := b.StartAll(t.Context(), Recipe{shared, own}, NewState(job.Job{}), NewState(job.Job{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range runs {
		if err := run.ToEnd(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(taken, " "); got != "shared own own" || !strings.Contains(b.said.String(), "[3/3] own") {
		t.Errorf("took %s:\n%s", got, b.said.String())
	}
}

// Unpatched packages that are given are not built.
func TestGivenStockIsNotBuilt(t *testing.T) {
	s := NewState(job.Job{}).WithStock(job.Job{})
	for _, beside := range []string{"", "dist/stock"} {
		s.Beside = beside
		if StockSource.of(s) != (beside == "") || StockGiven.of(s) != (beside != "") {
			t.Errorf("given %q: made %t, read %t", beside, StockSource.of(s), StockGiven.of(s))
		}
	}
}

// A recipe aside has its own count, and the one around it goes on with its own.
func TestAsideKeepsTheCount(t *testing.T) {
	b := newKitchen(t)
	var taken []string
	inner := Recipe{named("x", &taken, nil), named("y", &taken, nil), named("z", &taken, nil)}
	first, last := named("first", &taken, nil), named("last", &taken, nil)
	run, err := b.Start(t.Context(), Recipe{first, last}, NewState(job.Job{}))
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(run.To(t.Context(), first), run.Aside(t.Context(), inner, NewState(job.Job{})), run.ToEnd(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"[1/2] first", "[1/3] x", "[3/3] z", "[2/2] last"} {
		if !strings.Contains(b.said.String(), want) {
			t.Errorf("want %q in\n%s", want, b.said.String())
		}
	}
}

// The lab installs unpatched packages first, whose headers are used, and reports about the last.
func TestInstalledPackages(t *testing.T) {
	s := NewState(job.Job{})
	s.Dist.Dir = "patched"
	if got := s.Installed(); len(got) != 1 || got[0].Dir != "patched" {
		t.Errorf("got %+v", got)
	}
	s.WithStock(job.Job{}).Stock.Dist.Dir = "stock"
	if got := s.Installed(); len(got) != 2 || got[0].Dir != "stock" || got[1].Dir != "patched" {
		t.Errorf("got %+v", got)
	}
}

// A module is compiled for debugging where a case needs it, or it is to be used in all.
func TestDebugModuleIsMadeWhereItIsNeeded(t *testing.T) {
	for _, tt := range []struct {
		fromTree, looks, want bool
	}{{false, false, false}, {true, false, true}, {false, true, true}} {
		s := NewState(job.Job{})
		s.Kernel.FromTree = tt.fromTree
		s.Kernel.Cases = append(s.Kernel.Cases, caseThat(tt.looks))
		if got := DebugModule.of(s); got != tt.want {
			t.Errorf("from the tree %t, a case looks %t: made %t", tt.fromTree, tt.looks, got)
		}
	}
}

func caseThat(looks bool) lab.Case { return lab.Case{Name: "a", Debug: looks} }
