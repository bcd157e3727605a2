// SPDX-License-Identifier: Apache-2.0

package timing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Trace collects the events of a run for Chrome's trace viewer: its stages, and what happens in
// them. A nil Trace collects nothing.
type Trace struct {
	now   func() time.Time
	start time.Time

	mu     sync.Mutex
	events []event
	busy   []bool // lanes, by number from 1
}

// event is a complete event of the trace event format; times are in microseconds.
type event struct {
	Name     string            `json:"name"`
	Category string            `json:"cat"`
	Phase    string            `json:"ph"`
	Start    int64             `json:"ts"`
	Time     int64             `json:"dur"`
	Process  int               `json:"pid"`
	Lane     int               `json:"tid"`
	Args     map[string]string `json:"args,omitempty"`
}

// NewTrace begins a trace.
func NewTrace(now func() time.Time) *Trace { return &Trace{now: now, start: now()} }

// Lane is a line of the trace in which events nest. It is used for one part of the run at a time.
type Lane struct {
	trace  *Trace
	number int
}

// Lane returns the first one that no other part uses. Leave it at the part's end.
func (t *Trace) Lane() Lane {
	if t == nil {
		return Lane{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(t.busy, false)
	if i < 0 {
		i = len(t.busy)
		t.busy = append(t.busy, false)
	}
	t.busy[i] = true
	return Lane{trace: t, number: i + 1}
}

// Leave lets another part use the lane.
func (l Lane) Leave() {
	if l.trace == nil {
		return
	}
	l.trace.mu.Lock()
	defer l.trace.mu.Unlock()
	l.trace.busy[l.number-1] = false
}

// Add adds an event that has ended: args are shown with it.
func (l Lane) Add(category, name string, start time.Time, took time.Duration, args map[string]string) {
	if l.trace == nil {
		return
	}
	l.trace.mu.Lock()
	defer l.trace.mu.Unlock()
	l.trace.add(category, name, l.number, start, took, args)
}

// Spans adds the phases of a stage, except Own, which is what else is in the stage.
func (l Lane) Spans(spans []Span) {
	for _, s := range spans {
		if s.Phase != Own {
			l.Add("phase", s.Phase.Words(), s.Start, s.Time, nil)
		}
	}
}

// Begin begins an event, which the first call of end ends.
func (l Lane) Begin(category, name string) (end func()) {
	if l.trace == nil {
		return func() {}
	}
	start := l.trace.now()
	return sync.OnceFunc(func() { l.Add(category, name, start, l.trace.now().Sub(start), nil) })
}

func (t *Trace) add(category, name string, lane int, start time.Time, took time.Duration, args map[string]string) {
	t.events = append(t.events, event{
		Name: name, Category: category, Phase: "X", Start: start.Sub(t.start).Microseconds(), Time: took.Microseconds(),
		Process: 1, Lane: lane, Args: args,
	})
}

// TraceStart is how every trace begins.
const TraceStart = `[` + "\n" + `{"name":"verbsmith","cat":"run"`

// JSON is the trace of the run until now: an array with one event per line, the run first.
func (t *Trace) JSON() ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	whole := Trace{start: t.start}
	whole.add("run", "verbsmith", 0, t.start, t.now().Sub(t.start), nil)
	var out bytes.Buffer
	for i, e := range append(whole.events, t.events...) {
		line, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("write the trace: %w", err)
		}
		out.WriteString(map[bool]string{true: "[\n", false: ",\n"}[i == 0])
		out.Write(line)
	}
	out.WriteString("\n]\n")
	return out.Bytes(), nil
}
