// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/transplant"
)

// TransplantCount is a row in numbers. The provider's own files, which are
// copied unchanged, are not counted.
type TransplantCount struct {
	Files, SameFiles int // that upstream or verbsmith changes
	Lines, SameLines int // that upstream adds or removes
	Other            int // lines that differ
	Unexplained      int // of those, lines without a reason
}

// Count counts the results of the comparison.
func (r *TransplantRow) Count() TransplantCount {
	var c TransplantCount
	for _, f := range r.Files {
		if f.Own {
			continue
		}
		c.Files++
		if f.Same() {
			c.SameFiles++
		}
		c.Lines += f.Theirs.Added + f.Theirs.Removed
		c.SameLines += f.Common
		for _, d := range f.Differences {
			c.Other += len(d.Lines)
		}
	}
	for _, fault := range r.Faults {
		if un, ok := errors.AsType[*transplant.UnexplainedError](fault); ok {
			c.Unexplained += len(un.Lines)
		}
	}
	return c
}

// TransplantReport describes in Markdown every file of every row, and each
// difference with its reason.
func TransplantReport(rows []*TransplantRow) []byte {
	var out strings.Builder
	out.WriteString("# What verbsmith and upstream do to each file\n")
	for _, row := range rows {
		reportRow(&out, row)
	}
	return []byte(out.String())
}

func reportRow(out *strings.Builder, row *TransplantRow) {
	t := row.Transplant
	fmt.Fprintf(out, "\n## %s in %s\n\n", t.Name, t.Host)
	if len(t.Commits) > 0 {
		fmt.Fprintf(out, "Upstream's commits %s, applied to %s.\n", strings.Join(t.Commits, ", "), t.Host)
	} else {
		fmt.Fprintf(out, "%s without %s, compared with %s itself.\n", t.Host, strings.Join(t.Without, ", "), t.Host)
	}
	reportCompared(out, row, "upstream", math.MaxInt)
}

// reportCompared describes the comparison, with up to most lines of each difference; whose names the
// other side.
func reportCompared(out *strings.Builder, row *TransplantRow, whose string, most int) {
	fmt.Fprintf(out, "Driver id %d, private ABI %d. Edit %s, patch %s, compiles %s, ibv_devices %s.\n",
		row.DriverID, row.PrivateABI, row.Edit.State, row.Patch.State, row.Compile.State, row.Devices.State)
	for _, c := range []report.Result{row.Edit, row.Patch, row.Compile, row.Devices} {
		if c.Evidence != "" {
			fmt.Fprintf(out, "\n%s: %s\n", c.State, c.Evidence)
		}
	}
	reportAdopted(out, row.Adopted)
	own, ownSame := 0, 0
	fmt.Fprintf(out, "\n| file | %s | verbsmith | result |\n|---|---|---|---|\n", whose)
	for _, f := range row.Files {
		if f.Own {
			own++
			if f.Same() {
				ownSame++
				continue
			}
		}
		fmt.Fprintf(out, "| %s | +%d -%d | +%d -%d | %s |\n",
			f.Name, f.Theirs.Added, f.Theirs.Removed, f.Ours.Added, f.Ours.Removed, fileResult(&f))
	}
	if own > 0 {
		fmt.Fprintf(out, "\nOf the provider's %d files, %d are the same.\n", own, ownSame)
	}
	for _, f := range row.Files {
		for _, d := range f.Differences {
			reportDifference(out, &d, most)
		}
	}
	for _, fault := range row.Faults {
		fmt.Fprintf(out, "\n**%s**\n", fault)
	}
}

// reportAdopted is about what provider:adopt wrote.
func reportAdopted(out *strings.Builder, a *Adopted) {
	if a == nil {
		return
	}
	fmt.Fprintf(out, "\nThe manifest is that of provider:adopt, with %d open questions. Adopted from its directory alone: %s.\n",
		a.Questions, a.Alone.State)
	if !a.ByHand {
		return
	}
	out.WriteString("\n| field | by hand | adopted | why |\n|---|---|---|---|\n")
	for _, f := range a.Fields {
		fmt.Fprintf(out, "| %s | %s | %s | %s |\n", f.Field, f.ByHand, f.Adopted, f.Why)
	}
	fmt.Fprintf(out, "\n%d lines of the patch differ from the one by hand (<):\n\n", len(a.Lines))
	for _, l := range a.Lines {
		fmt.Fprintf(out, "    %s\n", l)
	}
}

func fileResult(f *transplant.File) string {
	if f.Same() {
		return "same"
	}
	parts := make([]string, 0, len(f.Differences))
	for _, d := range f.Differences {
		parts = append(parts, fmt.Sprintf("%d %s", len(d.Lines), d.Kind))
	}
	return strings.Join(parts, ", ")
}

func reportDifference(out *strings.Builder, d *transplant.Difference, most int) {
	fmt.Fprintf(out, "\n%s, %s:\n\n", d.File, d.Kind)
	shown := d.Lines[:min(most, len(d.Lines))]
	for _, l := range shown {
		fmt.Fprintf(out, "    %d: %s\n", l.Number, l.Text)
	}
	if rest := len(d.Lines) - len(shown); rest > 0 {
		fmt.Fprintf(out, "    and %d more\n", rest)
	}
	for _, why := range d.Why {
		fmt.Fprintf(out, "\nWhy: %s\n", why)
	}
}
