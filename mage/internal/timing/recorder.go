// SPDX-License-Identifier: Apache-2.0

package timing

import (
	"sync"
	"time"
)

// Span is a time without a change of phase.
type Span struct {
	Phase Phase
	Start time.Time
	Time  time.Duration
}

// Recorder divides the time of one stage among phases. At each time one phase counts, so their
// sum is the stage's time. Its methods may be called concurrently.
type Recorder struct {
	now func() time.Time

	mu    sync.Mutex
	spans []Span // without a gap; no two neighbours have one phase
	since time.Time
	phase Phase
}

// NewRecorder starts with the phase Own, at the time that the clock tells.
func NewRecorder(now func() time.Time) *Recorder {
	return &Recorder{now: now, since: now(), phase: Own}
}

// Enter begins a phase. Run begins only what Start has begun: the output of a container may
// arrive before the engine has said that it runs.
func (r *Recorder) Enter(p Phase) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p != Run || r.phase == Start {
		r.turn(r.phase, p)
	}
}

// Line reads a line of a build's output. Ninja names a step when it has ended, so the time since
// the mark before counts for the step that ended, also if others ran at the same time.
func (r *Recorder) Line(line string) {
	m, ok := recognise(line)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ended, next := r.phase, r.phase
	if m.ends != "" {
		ended = m.ends
	}
	if m.then != "" {
		next = m.then
	}
	r.turn(ended, next)
}

// turn closes the open span as one of ended, and opens one of next. The caller holds mu.
func (r *Recorder) turn(ended, next Phase) {
	now := r.now()
	r.spans = appendSpan(r.spans, Span{Phase: ended, Start: r.since, Time: now.Sub(r.since)})
	r.since, r.phase = now, next
}

// Spans lists the times of all phases until now.
func (r *Recorder) Spans() []Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	open := Span{Phase: r.phase, Start: r.since, Time: r.now().Sub(r.since)}
	return appendSpan(append([]Span(nil), r.spans...), open)
}

// appendSpan appends a span, or extends the last one if it has the same phase.
func appendSpan(spans []Span, s Span) []Span {
	if n := len(spans); n > 0 && spans[n-1].Phase == s.Phase {
		spans[n-1].Time += s.Time
		return spans
	}
	return append(spans, s)
}
