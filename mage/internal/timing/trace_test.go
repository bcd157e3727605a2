// SPDX-License-Identifier: Apache-2.0

package timing_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/timing"
)

// Parts at one time have lanes of their own; a lane that is free is used again.
func TestTrace(t *testing.T) {
	now := time.Unix(1000, 0)
	tr := timing.NewTrace(func() time.Time { now = now.Add(time.Millisecond); return now })
	first, second := tr.Lane(), tr.Lane()
	end := first.Begin("part", "key")
	end()
	end()
	first.Spans([]timing.Span{
		{Phase: timing.Own, Start: now, Time: time.Second}, {Phase: timing.CopyIn, Start: now.Add(time.Second), Time: 2 * time.Second},
	})
	second.Add("stage", "a \"b\"", now, time.Second, map[string]string{"note": "n"})
	first.Leave()
	tr.Lane().Add("stage", "third", now, 0, nil)
	data, err := tr.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(data), timing.TraceStart) {
		t.Errorf("begins with %.40s", data)
	}
	var events []map[string]any
	if err := json.Unmarshal(data, &events); err != nil {
		t.Fatal(err)
	}
	want := []struct {
		name         string
		ts, dur, tid float64
	}{
		{"verbsmith", 0, 3000, 0}, {"key", 1000, 1000, 1}, {"copy in", 1_002_000, 2_000_000, 1}, {`a "b"`, 2000, 1_000_000, 2}, {"third", 2000, 0, 1},
	}
	if len(events) != len(want) {
		t.Fatalf("got %d events: %s", len(events), data)
	}
	for i, w := range want {
		e := events[i]
		if e["name"] != w.name || e["ph"] != "X" || e["ts"] != w.ts || e["dur"] != w.dur || e["tid"] != w.tid || e["pid"] != 1.0 || e["cat"] == "" {
			t.Errorf("got %v, want %+v", e, w)
		}
	}
}

func TestNoTraceCollectsNothing(*testing.T) {
	var tr *timing.Trace
	lane := tr.Lane()
	lane.Begin("part", "x")()
	lane.Add("stage", "x", time.Now(), 0, nil)
	lane.Spans([]timing.Span{{Phase: timing.Prep}})
	lane.Leave()
}
