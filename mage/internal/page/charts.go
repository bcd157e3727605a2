// SPDX-License-Identifier: Apache-2.0

package page

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// bar is a stage of the chart of times; positions and widths are percents.
type bar struct {
	Name, Words, Took, PhaseWords string
	Cached                        bool
	Width                         string
	Segments                      []segment
}

// segment is a phase of a bar.
type segment struct{ X, Width, Class, Words string }

// Bars are the stages, in their order. The longest one is as long as the chart is wide.
func (v partView) Bars() []bar {
	longest := 0.0
	for _, s := range v.Times {
		longest = max(longest, s.Seconds)
	}
	bars := make([]bar, 0, len(v.Times))
	for _, s := range rows(v.Times, v.much) {
		b := bar{Name: s.Name, Cached: s.Cached, Took: took(s.Seconds), Width: percent(s.Seconds, longest)}
		b.Words = fmt.Sprintf("%s: %s", s.Name, b.Took)
		if s.Cached {
			b.Words += ", by an earlier run"
		}
		at := 0.0
		var words []string
		for i, p := range s.Phases {
			text := p.Name + " " + took(p.Seconds)
			words = append(words, text)
			b.Segments = append(b.Segments, segment{
				X: percent(at, longest), Width: percent(p.Seconds, longest), Class: fmt.Sprintf("b%d", i%2), Words: text,
			})
			at += p.Seconds
		}
		b.PhaseWords = cmp.Or(strings.Join(words, ", "), "–")
		bars = append(bars, b)
	}
	return bars
}

// TimeSum is the sum in words.
func (v partView) TimeSum() string {
	ran, cached := 0.0, 0
	for _, s := range v.Times {
		if s.Cached {
			cached++
			continue
		}
		ran += s.Seconds
	}
	text := fmt.Sprintf("%s to make these packages", took(ran))
	if cached > 0 {
		text += fmt.Sprintf("; hollow bars: %s from the cache, with the time of the run that made the output",
			counted(cached, "stage", "stages"))
	}
	return text
}

// percent is a share of a whole, at least wide enough to be seen.
func percent(part, whole float64) string {
	if whole <= 0 {
		return "0"
	}
	return fmt.Sprintf("%.2f", min(100*part/whole, 100))
}

// took is a time: 0.3 s, 42.1 s, 1 min 02 s.
func took(seconds float64) string {
	const minute = 60
	if seconds < minute {
		return fmt.Sprintf("%.1f s", seconds)
	}
	whole := int(math.Round(seconds))
	return fmt.Sprintf("%d min %02d s", whole/minute, whole%minute)
}

// ratios is the chart of measurements.
type ratios struct {
	Ticks []tick
	Rows  []ratioRow
}

// tick is a line of the chart.
type tick struct{ X, Label, Class string }

// ratioRow is a measurement.
type ratioRow struct {
	Name, Words, Value, Median string
	State                      State
	Dots                       []string
}

// equal is the lowest ratio that counts as equal; package lab decides with the same.
const equal = 0.9

// Ratios has one row for each measurement; the scale is logarithmic, because twice as good is as far from equal as half as good.
func (v partView) Ratios() ratios {
	reach := 2.0
	for _, c := range v.Kernel.Cases {
		for _, r := range c.Ratios {
			if r > 0 {
				reach = max(reach, r, 1/r)
			}
		}
	}
	at := func(r float64) string {
		if r <= 0 {
			return "0"
		}
		return fmt.Sprintf("%.2f", 50+50*math.Log(r)/math.Log(reach))
	}
	out := ratios{Ticks: []tick{
		{at(1 / reach), number(1 / reach), "end"},
		{at(equal), "", "least"}, // a number would be too near to 1
		{at(1), "1", "one"},
		{at(reach), number(reach), "end"},
	}}
	for _, c := range v.Kernel.Cases {
		if len(c.Ratios) == 0 {
			continue
		}
		median := medianOf(c.Ratios)
		row := ratioRow{
			Name: c.Title, State: c.State, Median: at(median), Value: number(median) + " ×",
			Words: fmt.Sprintf("%s: %s times as good as %s, median of %s from %s to %s", c.Title, number(median), v.Kernel.Stock,
				counted(len(c.Ratios), "round", "rounds"), number(slices.Min(c.Ratios)), number(slices.Max(c.Ratios))),
		}
		for _, r := range rows(c.Ratios, v.much) {
			row.Dots = append(row.Dots, at(r))
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func number(v float64) string { return fmt.Sprintf("%.2f", v) }

func medianOf(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// telling says whether a case has more to say than that it passes on both devices.
func (c Case) telling() bool {
	plain := c.Mine == string(Pass) && (c.Stock == string(Pass) || c.Stock == "–")
	return c.State != Pass || len(c.Ratios) > 0 || !plain
}

// TellingCases are those, failures first.
func (v partView) TellingCases() []Case {
	all := slices.DeleteFunc(slices.Clone(v.Kernel.Cases), func(c Case) bool { return !c.telling() })
	slices.SortStableFunc(all, func(a, b Case) int { return rank(a.State == Pass) - rank(b.State == Pass) })
	return rows(all, v.much)
}

// PlainCases are the others.
func (v partView) PlainCases() []Case {
	return rows(slices.DeleteFunc(slices.Clone(v.Kernel.Cases), Case.telling), v.much)
}

// KernelSum is how the cases ended, in words.
func (v partView) KernelSum() string {
	count := map[State]int{}
	for _, c := range v.Kernel.Cases {
		count[c.State]++
	}
	return countStates(count)
}

// abiView is a row of the picture of releases.
type abiView struct {
	Name, Words string
	Groups      []group
}

// group is the releases of one major number.
type group struct {
	Name, Words string
	Width       int
	Cells       []cellView
}

// cellView is a release.
type cellView struct {
	Name, Words, Symbol string
	X                   int
}

// ABIs are the rows.
func (v partView) ABIs() []abiView {
	const pitch, side = 15, 12
	all := make([]abiView, 0, len(v.Releases.Rows))
	for _, row := range v.Releases.Rows {
		if len(row.Cells) == 0 {
			continue
		}
		a := abiView{Name: row.Name, Words: spanOf(row.Cells)}
		for _, c := range row.Cells {
			major, _, _ := strings.Cut(c.Name, ".")
			if n := len(a.Groups); n == 0 || a.Groups[n-1].Name != major {
				a.Groups = append(a.Groups, group{Name: major})
			}
			g := &a.Groups[len(a.Groups)-1]
			g.Cells = append(g.Cells, cellView{Name: c.Name, Words: string(c.State), Symbol: symbol(c.State), X: pitch * len(g.Cells)})
			g.Width = pitch*(len(g.Cells)-1) + side
		}
		at := 0
		for i := range a.Groups {
			g := &a.Groups[i]
			g.Words = spanOf(row.Cells[at : at+len(g.Cells)])
			at += len(g.Cells)
		}
		all = append(all, a)
	}
	return all
}

func symbol(s State) string {
	switch s {
	case Pass:
		return "s-pass"
	case Fail, Stopped:
		return "s-fail"
	case Skipped, Untested:
		return "s-skip"
	case Unsupported:
	}
	return "s-open"
}

// spanOf is some releases in words: from the first to the last, and how they ended.
func spanOf(cells []Cell) string {
	count := map[State]int{}
	for _, c := range cells {
		count[c.State]++
	}
	names := cells[0].Name
	if n := len(cells); n > 1 {
		names += " to " + cells[n-1].Name
	}
	return names + ": " + countOnly(count)
}

// countOnly is a sum without what there is none of, as "3 pass, 1 fail".
func countOnly(count map[State]int) string {
	var parts []string
	for _, s := range []State{Pass, Fail, Unsupported, Skipped, Untested, Stopped} {
		if count[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[s], strings.ToLower(string(s))))
		}
	}
	return strings.Join(parts, ", ")
}

// ReleaseSum is how all releases ended, in words.
func (v partView) ReleaseSum() string {
	count := map[State]int{}
	n := 0
	for _, row := range v.Releases.Rows {
		for _, c := range row.Cells {
			count[c.State]++
			n++
		}
	}
	one, many := "release", "releases"
	if v.Releases.Of != "" {
		one, many = "cell", "cells"
	}
	text := counted(n, one, many) + ": " + countOnly(count)
	if v.Releases.Equal != "" {
		text += " (" + v.Releases.Equal + ")"
	}
	return text
}

// ReleasesFail says whether a release fails.
func (v partView) ReleasesFail() bool {
	for _, row := range v.Releases.Rows {
		if slices.ContainsFunc(row.Cells, func(c Cell) bool { return c.State == Fail }) {
			return true
		}
	}
	return false
}

// whys are the releases that do not pass, failures first; neighbours with one reason are one line.
func (v partView) whys() []Cell {
	var all []Cell
	for _, row := range v.Releases.Rows {
		first, last := "", ""
		for _, c := range row.Cells {
			if c.State == Pass {
				last = ""
				continue
			}
			if n := len(all); last != "" && n > 0 && all[n-1].State == c.State && all[n-1].Why == c.Why {
				all[n-1].Name = first + " to " + c.Name
				continue
			}
			all = append(all, c)
			first, last = c.Name, c.Name
		}
	}
	slices.SortStableFunc(all, func(a, b Cell) int { return rank(a.State != Fail) - rank(b.State != Fail) })
	return all
}

// ReleaseWhys are those that are shown.
func (v partView) ReleaseWhys() []Cell { return rows(v.whys(), v.much) }

// ReleasesLeft is what is not shown of them.
func (v partView) ReleasesLeft() left { return v.leftOf(len(v.whys()), "lines", v.Releases.File) }
