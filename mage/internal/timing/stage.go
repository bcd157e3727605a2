// SPDX-License-Identifier: Apache-2.0

package timing

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
)

// File is the content of timing.json, next to the packages that the stages made.
type File struct {
	Stages []Stage `json:"stages"`
}

// Stage is where the time of one stage went.
type Stage struct {
	Stage   string    `json:"stage"`   // such as "rpm"
	Began   time.Time `json:"began"`   // of the run that made the output
	Cached  bool      `json:"cached"`  // that run was an earlier one
	Seconds float64   `json:"seconds"` // the sum of the phases
	Phases  []Share   `json:"phases"`  // in the order of Phases, without those that took no time
}

// Share is the time of one phase.
type Share struct {
	Phase   Phase   `json:"phase"`
	Seconds float64 `json:"seconds"`
}

// NewStage sums the spans of a stage, of which there is at least one.
func NewStage(name string, spans []Span) Stage {
	times := map[Phase]time.Duration{}
	for _, span := range spans {
		times[span.Phase] += span.Time
	}
	s := Stage{Stage: name, Began: spans[0].Start.UTC().Truncate(time.Millisecond)}
	return s.with(func(p Phase) time.Duration { return times[p] })
}

// with returns the stage with other times, in milliseconds so that their sum is exact.
func (s Stage) with(of func(Phase) time.Duration) Stage {
	sum := time.Duration(0)
	s.Phases = []Share{}
	for _, p := range Phases() {
		if took := of(p).Round(time.Millisecond); took > 0 {
			sum += took
			s.Phases = append(s.Phases, Share{Phase: p, Seconds: took.Seconds()})
		}
	}
	s.Seconds = sum.Seconds()
	return s
}

// Of is the time of one phase.
func (s Stage) Of(p Phase) time.Duration {
	for _, share := range s.Phases {
		if share.Phase == p {
			return Duration(share.Seconds)
		}
	}
	return 0
}

// Duration is a number of seconds of a Stage as a duration.
func Duration(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds*1000)) * time.Millisecond
}

// contained says whether a container ran.
func (s Stage) contained() bool {
	return slices.ContainsFunc(s.Phases, func(sh Share) bool { return sh.Phase != Own && sh.Phase != Wait && sh.Phase != Image })
}

// Sum returns the stages that ran containers in this run. Stages of one name are added up.
func Sum(stages []Stage) []Stage {
	var sums []Stage
	for _, s := range stages {
		if s.Cached || !s.contained() {
			continue
		}
		i := slices.IndexFunc(sums, func(other Stage) bool { return other.Stage == s.Stage })
		if i < 0 {
			sums = append(sums, s)
			continue
		}
		before := sums[i]
		sums[i] = before.with(func(p Phase) time.Duration { return before.Of(p) + s.Of(p) })
	}
	return sums
}

// Since returns the stages with phases after the last one of that name: what it took to make what
// they gave.
func Since(name string, stages []Stage) []Stage {
	made := []Stage{}
	for _, s := range stages {
		switch {
		case s.Stage == name:
			made = made[:0]
		case len(s.Phases) > 0:
			made = append(made, s)
		}
	}
	return made
}

// Biggest returns the n phases that took the most time, and the time of all others.
func (s Stage) Biggest(n int) (most []Share, others float64) {
	most = slices.Clone(s.Phases)
	slices.SortStableFunc(most, func(a, b Share) int { return cmp.Compare(b.Seconds, a.Seconds) })
	for len(most) > n {
		others += most[len(most)-1].Seconds
		most = most[:len(most)-1]
	}
	return most, others
}

// Text is a Stage or a File as JSON.
func Text(v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the times: %w", err)
	}
	return append(data, '\n'), nil
}
