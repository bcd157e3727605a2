// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// Outcome is the result of a stranger in neighbouring releases.
type Outcome struct {
	From, To string // releases
	Count    int
	Why      string // "" if it passed
	Own      bool   // the fault is the provider's own, and Why begins with its file and line
	Skipped  bool   // not tried, for that reason
}

// Releases names them.
func (o Outcome) Releases() string {
	switch o.Count {
	case 0:
		return "all"
	case 1:
		return o.From
	}
	return fmt.Sprintf("%s to %s (%d)", o.From, o.To, o.Count)
}

// State is the outcome in a word, or as deep as it was tried.
func (o Outcome) State(depth string) string {
	switch {
	case o.Skipped:
		return "not tried"
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
		why, name := r.shorten(row.Why()), row.Release.Name
		last := len(all) - 1
		if last >= 0 && all[last].Why == why {
			all[last].To, all[last].Count = name, all[last].Count+1
			continue
		}
		all = append(all, Outcome{From: name, To: name, Count: 1, Why: why, Own: r.owns(why), Skipped: row.Skipped()})
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

// firstLine is the first of a list of mistakes, and how many more there are.
func firstLine(text string) string {
	first, rest, more := strings.Cut(strings.TrimSpace(text), "\n")
	if !more {
		return first
	}
	return fmt.Sprintf("%s (and %d more)", first, strings.Count(rest, "\n")+1)
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
	out.WriteString("\n| stranger | driver id | files | identical | lines | same | other |\n|---|---|---|---|---|---|---|\n")
	for _, row := range rows {
		if row.Compared == nil {
			continue
		}
		c := row.Compared.Count()
		fmt.Fprintf(&out, "| %s | %d | %d | %d | %d | %d | %d |\n",
			row.Stranger.Name, row.Compared.DriverID, c.Files, c.SameFiles, c.Lines, c.SameLines, c.Other)
	}
	for _, row := range rows {
		if row.Compared == nil {
			continue
		}
		const most = 12 // lines of a difference
		s, c := row.Stranger, row.Stranger.Compare
		fmt.Fprintf(&out, "\n## %s\n\nWhat %s changed from %s to %s in files that are not the provider's, and what verbsmith does to %s.\n",
			s.Name, s.Repository, c.Before, cmp.Or(c.After, s.Commit), cmp.Or(c.Host, "the same"))
		if c.Host != "" {
			out.WriteString("Only added lines are compared, because verbsmith does not know releases as old as the change.\n")
		}
		reportCompared(&out, row.Compared, "vendor", most)
	}
	return []byte(out.String())
}

// cell is a text in a cell of a Markdown table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
