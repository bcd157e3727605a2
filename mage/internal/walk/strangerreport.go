// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/report"
)

// Outcome is the result of a stranger in neighbouring releases.
type Outcome struct {
	From, To string // releases
	Count    int
	Why      string // "" if it passed
	Own      bool   // the fault is the provider's own, and Why begins with its file and line
}

// Releases names them.
func (o Outcome) Releases() string {
	switch {
	case o.Count == 0:
		return "all"
	case o.Count == 1:
		return o.From
	}
	return fmt.Sprintf("%s to %s (%d)", o.From, o.To, o.Count)
}

// State is the outcome in a word, or as deep as it was tried.
func (o Outcome) State(depth string) string {
	switch {
	case o.Why == "":
		return depth + " pass"
	case o.Own:
		return "own fault"
	}
	return "FAIL"
}

// Outcomes are the results of the releases; neighbours with the same one are one.
func (r *StrangerRow) Outcomes() []Outcome {
	if r.Fault != nil {
		why := r.shorten(firstLine(r.Fault.Error()))
		return []Outcome{{Why: why, Own: r.owns(why)}}
	}
	if r.Releases == nil {
		return nil
	}
	var all []Outcome
	for _, row := range r.Releases.Rows {
		why := ""
		for _, c := range row.checks() {
			if c.State == report.Fail || c.State == report.Unsupported {
				why = r.shorten(c.Evidence)
				break
			}
		}
		if row.Skipped() {
			continue
		}
		if n := len(all); n > 0 && all[n-1].Why == why {
			all[n-1].To, all[n-1].Count = row.Release.Name, all[n-1].Count+1
			continue
		}
		all = append(all, Outcome{From: row.Release.Name, To: row.Release.Name, Count: 1, Why: why, Own: r.owns(why)})
	}
	return all
}

// shorten replaces the path of the provider's directory with its name.
func (r *StrangerRow) shorten(why string) string {
	return strings.ReplaceAll(why, r.Folder+string(filepath.Separator), r.Stranger.Name+"/")
}

var placed = regexp.MustCompile(`^(?:[a-z-]+: )*([^ :]+):\d+[: ]`)

// owns reports whether a fault is in a line of the provider's own files.
func (r *StrangerRow) owns(why string) bool {
	m := placed.FindStringSubmatch(why)
	if m == nil {
		return false
	}
	places := []string{r.Stranger.Name + "/"}
	if r.Provider != nil {
		places = append(places, r.Provider.Manifest.Folder()+"/")
	}
	for _, place := range places {
		if strings.HasPrefix(m[1], place) {
			return true
		}
	}
	return false
}

// Unexplained are what in the comparison with the vendor's own change has no reason.
func (r *StrangerRow) Unexplained() []string {
	if r.Compared == nil || !r.Compared.Failed() {
		return nil
	}
	var out []string
	for _, fault := range r.Compared.Faults {
		out = append(out, fault.Error())
	}
	if len(out) == 0 {
		out = append(out, r.Stranger.Name+": "+r.Compared.Why())
	}
	return out
}

func firstLine(text string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return first
}

// StrangerReport describes in Markdown every outcome, and every file that the vendors or verbsmith
// change.
func StrangerReport(rows []*StrangerRow, depth string) []byte {
	var out strings.Builder
	out.WriteString("# Strangers' providers\n\n| stranger | releases | result | why |\n|---|---|---|---|\n")
	for _, row := range rows {
		for _, o := range row.Outcomes() {
			fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", row.Stranger.Name, o.Releases(), o.State(depth), cell(o.Why))
		}
	}
	for _, row := range rows {
		if row.Compared == nil {
			continue
		}
		c := row.Stranger.Compare
		fmt.Fprintf(&out, "\n## %s\n\nThe change of %s after %s, beside verbsmith's.\n", row.Stranger.Name, row.Stranger.Repository, c.Before)
		reportCompared(&out, row.Compared, "vendor")
	}
	return []byte(out.String())
}

// cell is a text in a cell of a Markdown table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
