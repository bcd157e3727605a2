// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/timing"
)

// Sample is one run.
type Sample struct {
	Seconds float64        `json:"seconds"`
	Memory  int64          `json:"memory,omitempty"` // bytes
	Stages  []timing.Stage `json:"stages,omitempty"`
}

// Result is what a row's runs gave.
type Result struct {
	Row     Row
	Samples []Sample
	Skipped string // why it was not run
	Failed  string // why it was not run again
}

// Median is the sample in the middle by its time; of an even number the slower one. It is the zero
// value if there is none.
func (r Result) Median() Sample {
	if len(r.Samples) == 0 {
		return Sample{}
	}
	sorted := slices.Clone(r.Samples)
	slices.SortStableFunc(sorted, func(a, b Sample) int { return cmp.Compare(a.Seconds, b.Seconds) })
	return sorted[len(sorted)/2]
}

// memory is the most that a run took.
func (r Result) memory() int64 {
	most := int64(0)
	for _, s := range r.Samples {
		most = max(most, s.Memory)
	}
	return most
}

// Verdict compares a row with its limits.
type Verdict string

// The verdicts.
const (
	Passed  Verdict = "pass"
	Over    Verdict = "over"
	NoLimit Verdict = "-"
	Skipped Verdict = "skipped"
	Failed  Verdict = "failed"
)

// Report is the results of one bench.
type Report struct {
	Results []Result
	Growth  []Curve
}

// ratio is a row's median by that of the row that it is compared with; false if one of them is missing.
func (r Report) ratio(of Result) (float64, bool) {
	i := slices.IndexFunc(r.Results, func(other Result) bool { return other.Row.Name == of.Row.Against })
	if i < 0 || len(of.Samples) == 0 || len(r.Results[i].Samples) == 0 || r.Results[i].Median().Seconds == 0 {
		return 0, false
	}
	return of.Median().Seconds / r.Results[i].Median().Seconds, true
}

// verdict judges a row. Where the row to compare with is missing, the ratio has no verdict.
func (r Report) verdict(of Result) Verdict {
	ratio, known := r.ratio(of)
	switch {
	case of.Failed != "":
		return Failed
	case of.Skipped != "":
		return Skipped
	case of.Row.Limit > 0 && known && ratio > of.Row.Limit,
		of.Row.Seconds > 0 && of.Median().Seconds > of.Row.Seconds,
		of.Row.Kind != Foreign && of.memory() > MaxMemory:
		return Over
	case of.Row.Limit > 0 && !known || of.Row.Limit == 0 && of.Row.Seconds == 0:
		return NoLimit
	}
	return Passed
}

// Header is that of Table.
func Header() []string {
	return []string{"job", "median s", "min", "max", "ratio", "limit", "result", "memory MiB"}
}

// Table has a row of text for each result.
func (r Report) Table() [][]string {
	rows := make([][]string, 0, len(r.Results))
	for _, res := range r.Results {
		cells := []string{res.Row.Title, "", "", "", "", limits(res.Row), string(r.verdict(res)), ""}
		if len(res.Samples) > 0 {
			fastest, slowest := res.span()
			cells[1], cells[2], cells[3] = number(res.Median().Seconds), number(fastest), number(slowest)
		}
		if ratio, known := r.ratio(res); known {
			cells[4] = fmt.Sprintf("%.3f", ratio)
		}
		if m := res.memory(); m > 0 {
			cells[7] = fmt.Sprintf("%.0f", float64(m)/(1<<20))
		}
		if res.Skipped != "" {
			cells[6] += ": " + res.Skipped
		}
		rows = append(rows, cells)
	}
	return rows
}

func (r Result) span() (fastest, slowest float64) {
	fastest = r.Samples[0].Seconds
	for _, s := range r.Samples {
		fastest, slowest = min(fastest, s.Seconds), max(slowest, s.Seconds)
	}
	return fastest, slowest
}

func limits(row Row) string {
	var parts []string
	if row.Limit > 0 {
		parts = append(parts, fmt.Sprintf("%.3f", row.Limit))
	}
	if row.Seconds > 0 {
		parts = append(parts, number(row.Seconds)+" s")
	}
	return strings.Join(parts, ", ")
}

func number(seconds float64) string { return fmt.Sprintf("%.2f", seconds) }

// resultJSON is a Result in the JSON file.
type resultJSON struct {
	Job     string   `json:"job"`
	Title   string   `json:"title"`
	Median  float64  `json:"median"`
	Against string   `json:"against,omitempty"`
	Ratio   float64  `json:"ratio,omitempty"`
	Limit   float64  `json:"limit,omitempty"`
	Seconds float64  `json:"maxSeconds,omitempty"`
	Memory  int64    `json:"memory,omitempty"`
	Result  Verdict  `json:"result"`
	Why     string   `json:"why,omitempty"` // it was skipped or failed
	Runs    []Sample `json:"runs"`
}

// JSONStart is how JSON begins.
const JSONStart = "{\n  \"jobs\": ["

// JSON is the report with all runs.
func (r Report) JSON() ([]byte, error) {
	out := struct {
		Jobs   []resultJSON `json:"jobs"`
		Growth []Curve      `json:"growth,omitempty"`
	}{Jobs: []resultJSON{}, Growth: r.Growth}
	for _, res := range r.Results {
		ratio, _ := r.ratio(res)
		out.Jobs = append(out.Jobs, resultJSON{
			Job: res.Row.Name, Title: res.Row.Title, Median: res.Median().Seconds, Against: res.Row.Against, Ratio: ratio,
			Limit: res.Row.Limit, Seconds: res.Row.Seconds, Memory: res.memory(), Result: r.verdict(res),
			Why: cmp.Or(res.Skipped, res.Failed), Runs: append([]Sample{}, res.Samples...),
		})
	}
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the measurements: %w", err)
	}
	return append(data, '\n'), nil
}
