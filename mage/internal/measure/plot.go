// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/timing"
)

// Plot shows the phases of each row's median run as bars of text, all in one scale. It depends on
// the report alone.
func (r Report) Plot() string {
	longest := 0.0
	for _, res := range r.Results {
		for _, share := range phasesOf(res.Median()) {
			longest = max(longest, share.Seconds)
		}
	}
	var out strings.Builder
	for _, res := range r.Results {
		shares := phasesOf(res.Median())
		if len(shares) == 0 {
			continue
		}
		fmt.Fprintf(&out, "%s: %s s\n", res.Row.Title, number(res.Median().Seconds))
		for _, share := range shares {
			const width, least = 50, 0.05
			if share.Seconds < least {
				continue
			}
			bar := strings.Repeat("#", int(math.Ceil(width*share.Seconds/longest)))
			fmt.Fprintf(&out, "  %-16s %7.1f %s\n", share.Phase.Words(), share.Seconds, bar)
		}
	}
	return out.String()
}

// phasesOf adds up the phases of a sample's stages, without those that were cached.
func phasesOf(s Sample) []timing.Share {
	var shares []timing.Share
	for _, p := range timing.Phases() {
		sum := time.Duration(0)
		for _, stage := range s.Stages {
			if !stage.Cached {
				sum += stage.Of(p)
			}
		}
		if sum > 0 {
			shares = append(shares, timing.Share{Phase: p, Seconds: sum.Seconds()})
		}
	}
	return shares
}

// The lines of a page between which Fill writes.
const (
	fillStart = "<!-- bench -->"
	fillEnd   = "<!-- /bench -->"
)

// Fill returns a page with the report's tables and plot in place of what is between its two marks.
func (r Report) Fill(page string) (string, error) {
	before, rest, found := strings.Cut(page, fillStart+"\n")
	_, after, ended := strings.Cut(rest, fillEnd+"\n")
	if !found || !ended {
		return "", fmt.Errorf("want the lines %s and %s", fillStart, fillEnd) //nolint:err113 // the caller names the file
	}
	text := markdown(Header(), r.Table())
	if plot := r.Plot(); plot != "" {
		text += "\n```\n" + plot + "```\n"
	}
	if len(r.Growth) > 0 {
		text += "\n" + markdown(GrowthHeader(), r.GrowthTable())
	}
	return before + fillStart + "\n" + text + fillEnd + "\n" + after, nil
}

func markdown(header []string, rows [][]string) string {
	var out strings.Builder
	line := func(cells []string) { out.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(header)
	out.WriteString(strings.Repeat("|---", len(header)) + "|\n")
	for _, cells := range rows {
		line(cells)
	}
	return out.String()
}
