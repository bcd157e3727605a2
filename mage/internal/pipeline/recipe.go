// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"slices"

	"github.com/resnics/verbsmith/specs"
)

// Step is one stage of a recipe: it reads from and writes to a run's state.
type Step struct {
	engine bool              // it needs a container engine
	shared bool              // its output is shared: of parallel runs only the first makes it
	lines  func(*State) int  // number of its lines of progress; nil: one
	of     func(*State) bool // whether it has anything to do, as far as is known before the run; nil: always
	run    func(ctx context.Context, p *Pipeline, s *State) error
}

// Recipe is the steps of a target, in order.
type Recipe []*Step

// then returns the recipe with more steps appended.
func (r Recipe) then(steps ...*Step) Recipe { return slices.Concat(r, Recipe(steps)) }

// lines returns the number of lines of progress of a run; again means that another run has done
// the shared steps.
func (r Recipe) lines(s *State, again bool) int {
	n := 0
	for _, step := range r {
		switch {
		case again && step.shared, step.of != nil && !step.of(s):
		case step.lines != nil:
			n += step.lines(s)
		default:
			n++
		}
	}
	return n
}

// Run is a recipe being run.
type Run struct {
	*State

	pipeline *Pipeline
	left     Recipe
}

// StartAll prepares runs of one recipe, one for each state. Their progress is counted together.
// If a step needs a container engine, it connects first: a missing engine is
// reported before the long steps.
//
// Errors: *containers.UnreachableError.
func (p *Pipeline) StartAll(ctx context.Context, recipe Recipe, states ...*State) ([]*Run, error) {
	if err := p.meet(ctx, recipe, states...); err != nil {
		return nil, err
	}
	total := 0
	runs := make([]*Run, len(states))
	for i, s := range states {
		total += recipe.lines(s, i > 0)
		runs[i] = &Run{State: s, pipeline: p, left: recipe}
	}
	p.Plan(total)
	return runs, nil
}

// meet connects to the engine if a step of the recipe needs it, and tells the states' jobs which processor it has.
func (p *Pipeline) meet(ctx context.Context, recipe Recipe, states ...*State) error {
	if !slices.ContainsFunc(recipe, func(step *Step) bool { return step.engine }) {
		return nil
	}
	engine, err := p.Engine(ctx)
	if err != nil {
		return err
	}
	for _, s := range states {
		for ; s != nil; s = s.Stock {
			s.Job.Engine = specs.ProcessorOf(engine.Processor())
		}
	}
	return nil
}

// Start is StartAll for one run.
func (p *Pipeline) Start(ctx context.Context, recipe Recipe, s *State) (*Run, error) {
	runs, err := p.StartAll(ctx, recipe, s)
	if err != nil {
		return nil, err
	}
	return runs[0], nil
}

// Do is Start and ToEnd.
func (p *Pipeline) Do(ctx context.Context, recipe Recipe, s *State) error {
	run, err := p.Start(ctx, recipe, s)
	if err != nil {
		return err
	}
	return run.ToEnd(ctx)
}

// ToEnd runs all remaining steps.
func (r *Run) ToEnd(ctx context.Context) error { return r.take(ctx, len(r.left)) }

// To runs the steps up to and including the given one. It stops at a step that fails; another
// call continues after that one.
func (r *Run) To(ctx context.Context, last *Step) error {
	return r.take(ctx, slices.Index(r.left, last)+1)
}

func (r *Run) take(ctx context.Context, n int) error {
	for range n {
		step := r.left[0]
		r.left = r.left[1:]
		if step.of != nil && !step.of(r.State) {
			continue
		}
		if err := step.run(ctx, r.pipeline, r.State); err != nil {
			return err
		}
	}
	return nil
}

// Aside runs another recipe in between, with its own count of progress.
func (r *Run) Aside(ctx context.Context, recipe Recipe, s *State) error {
	if err := r.pipeline.meet(ctx, recipe, s); err != nil {
		return err
	}
	defer r.pipeline.Plan(recipe.lines(s, false))()
	run := &Run{State: s, pipeline: r.pipeline, left: recipe}
	return run.ToEnd(ctx)
}
