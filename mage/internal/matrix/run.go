// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Place is where cells run.
type Place struct {
	Name  string
	Slots int // cells at once, at least 1

	// Native says whether the place has a cell's processor; nil is yes. A cell runs elsewhere only if no place has it.
	Native func(Cell) bool

	// Shared is the work that several cells of the place need, nil for none: a cell waits while another one's is being made, and Prepare
	// makes it, before the first of them. Its failure is no cell's verdict: the cells meet its cause themselves. It is stopped when no
	// cell is left.
	Shared  func(Cell) string
	Prepare func(ctx context.Context, c Cell)

	// Run runs a cell and returns its verdict: Lost for a cell that ended without one of its own.
	Run func(ctx context.Context, c Cell) Result

	// Answers waits until the place can run cells again, after it has lost one. An error takes the place out.
	Answers func(ctx context.Context) error
}

// MostTries is how often a cell runs at most, if it is lost each time: once, and three times more.
const MostTries = 4

// Ran says where and how often a cell ran, and how long the last time.
type Ran struct {
	Cell    string        `json:"cell"`
	Place   string        `json:"place"`
	Tries   int           `json:"tries"`
	Seconds float64       `json:"seconds"`
	LostAt  []string      `json:"lostAt,omitempty"`
	Elapsed time.Duration `json:"-"`
}

// Run runs the cells on the places, until each has a verdict or ctx ends. A cell whose verdict is lost runs again, at another place if
// there is one, until it was tried MostTries times; any other verdict is final. Done is called for each final one, one call at a time.
// The results are in the order of the cells; those that were not run have the verdict NotRun.
func Run(ctx context.Context, cells []Cell, places []Place, done func(Result, Ran)) (Results, []Ran) {
	r := &runner{cells: cells, done: done, ready: map[string]bool{}, making: map[string]bool{}}
	r.changed = sync.NewCond(&r.mu)
	for _, c := range cells {
		r.results = append(r.results, Of(c))
		r.ran = append(r.ran, Ran{Cell: c.ID()})
	}
	r.state, r.left = make([]state, len(cells)), len(cells)
	defer context.AfterFunc(ctx, r.wake)()
	preparing, stop := context.WithCancel(ctx)
	defer stop()
	r.allJudged = stop
	var workers sync.WaitGroup
	for i := range places {
		r.places = append(r.places, &worker{runner: r, Place: &places[i]})
	}
	for _, p := range r.places {
		for range max(1, p.Slots) {
			workers.Go(func() { p.work(ctx, preparing) })
		}
	}
	workers.Wait()
	if ctx.Err() == nil {
		r.giveUp()
	}
	return r.results, slices.DeleteFunc(r.ran, func(a Ran) bool { return a.Tries == 0 })
}

// state is what a cell waits for.
type state int

const (
	waiting state = iota
	running
	judged
)

// runner is a matrix being run.
type runner struct {
	cells []Cell
	done  func(Result, Ran)

	mu      sync.Mutex
	changed *sync.Cond
	state   []state
	results Results
	ran     []Ran
	left    int // cells without a verdict
	places  []*worker
	ready   map[string]bool // shared work, by place and name
	making  map[string]bool
	why     error // why the last place went out

	allJudged func()
}

func (r *runner) wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changed.Broadcast()
}

// giveUp judges the cells that no place is left for.
func (r *runner) giveUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, s := range r.state {
		if s != judged {
			r.judge(i, r.results[i].With(Lost, fmt.Sprintf("no place is left to run it: %v", r.why)))
		}
	}
}

// judge makes a result final.
func (r *runner) judge(i int, result Result) {
	r.state[i], r.results[i] = judged, result
	r.done(result, r.ran[i])
	if r.left--; r.left == 0 {
		r.allJudged()
	}
	r.changed.Broadcast()
}

// worker is one place; several goroutines share it.
type worker struct {
	*runner
	*Place

	out     bool // guarded by mu, as is the next
	suspect int  // cells that were lost here since it last answered
}

// work runs cells until none is left for this place. What they share is prepared while the context preparing lasts.
func (w *worker) work(ctx, preparing context.Context) {
	for {
		i, shared, ok := w.next(ctx)
		switch {
		case !ok:
			return
		case shared != "":
			w.Prepare(preparing, w.cells[i])
			w.prepared(shared)
		default:
			w.try(ctx, i)
		}
	}
}

// next waits for a cell to run, or for shared work to prepare for one. ok is false if nothing is left.
func (w *worker) next(ctx context.Context) (i int, shared string, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		if ctx.Err() != nil || w.out || w.left == 0 {
			return 0, "", false
		}
		for i := range w.cells {
			if w.state[i] != waiting || w.suspect > 0 || !w.mayRun(i) {
				continue
			}
			switch key := w.shared(i); {
			case key == "" || w.ready[key]:
				w.state[i] = running
				return i, "", true
			case !w.making[key]:
				w.making[key] = true
				return i, key, true
			}
		}
		w.changed.Wait()
	}
}

// mayRun says whether a cell is for this place: not if another one has its processor and this has not, and not if it was lost here
// and another such place is left where it was not.
func (w *worker) mayRun(i int) bool {
	lost := w.ran[i].LostAt
	native, elsewhere := w.native(i), false
	for _, p := range w.places {
		switch other := p.native(i); {
		case p == w:
		case other && !native:
			return false
		case other == native && !p.out:
			elsewhere = elsewhere || !slices.Contains(lost, p.Name)
		}
	}
	return !elsewhere || !slices.Contains(lost, w.Name)
}

// strand judges a cell if only places that are out have its processor.
func (r *runner) strand(i int) {
	native, left := false, false
	for _, p := range r.places {
		if p.native(i) {
			native, left = true, left || !p.out
		}
	}
	if r.state[i] == waiting && native && !left && slices.ContainsFunc(r.places, func(p *worker) bool { return !p.out }) {
		r.judge(i, r.results[i].With(Lost, fmt.Sprintf("no place with its processor is left: %v", r.why)))
	}
}

func (w *worker) native(i int) bool { return w.Native == nil || w.Native(w.cells[i]) }

// shared names the shared work of a cell at this place.
func (w *worker) shared(i int) string {
	if w.Shared == nil {
		return ""
	}
	if name := w.Shared(w.cells[i]); name != "" {
		return w.Name + "\x00" + name
	}
	return ""
}

func (w *worker) prepared(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ready[key] = true
	w.changed.Broadcast()
}

// try runs a cell once.
func (w *worker) try(ctx context.Context, i int) {
	start := time.Now()
	result := w.Run(ctx, w.cells[i])
	took := time.Since(start)
	if !w.took(ctx, i, result, took) {
		return
	}
	err := w.Answers(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.suspect--
	if err != nil && ctx.Err() == nil && !w.out {
		w.out, w.why = true, fmt.Errorf("%s: %w", w.Name, err)
		for i := range w.cells {
			w.strand(i)
		}
	}
	w.changed.Broadcast()
}

// took takes the verdict of a run; lost says that it was none.
func (w *worker) took(ctx context.Context, i int, result Result, took time.Duration) (lost bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ran := &w.ran[i]
	ran.Place, ran.Tries, ran.Elapsed, ran.Seconds = w.Name, ran.Tries+1, took, took.Round(time.Millisecond).Seconds()
	switch {
	case result.Verdict == Pass || result.Verdict == Fail:
		w.judge(i, result)
		return false
	case ctx.Err() != nil:
		w.state[i] = waiting // an interrupt is no verdict
		return false
	}
	if result.Verdict != Lost {
		result = result.With(Lost, "it ended without a verdict")
	}
	ran.LostAt = append(ran.LostAt, w.Name)
	w.suspect++
	if ran.Tries >= MostTries {
		w.judge(i, result)
		return true
	}
	w.state[i] = waiting
	w.strand(i)
	w.changed.Broadcast()
	return true
}
