// SPDX-License-Identifier: Apache-2.0

package readout_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/matrix"
	"github.com/resnics/verbsmith/mage/internal/page"
	"github.com/resnics/verbsmith/mage/internal/page/pagetest"
	"github.com/resnics/verbsmith/mage/internal/readout"
	"github.com/resnics/verbsmith/specs"
)

// matrixOf are the results of cells for one distro, one for each release.
func matrixOf(verdicts map[string]matrix.Verdict) matrix.Results {
	var all matrix.Results
	for _, release := range []string{"55.0", "56.0", "56.1"} {
		c := matrix.Cell{Name: "rib", MatrixCell: specs.MatrixCell{
			Release: release, Distro: "rocky9", Processor: specs.X8664, Packages: specs.KindPatched, Depth: specs.DepthPackage,
		}}
		r := matrix.Of(c)
		if v, judged := verdicts[release]; judged {
			r = r.With(v, map[matrix.Verdict]string{matrix.Fail: "rib.c:1: <no>", matrix.Lost: "no engine"}[v])
		}
		all = append(all, r)
	}
	return all
}

func TestDirectoryOfMatrix(t *testing.T) {
	const pass, fail, lost = matrix.Pass, matrix.Fail, matrix.Lost
	for name, tt := range map[string]struct {
		verdicts map[string]matrix.Verdict
		state    page.State
		verdict  string
		first    string
	}{
		"pass": {map[string]matrix.Verdict{"55.0": pass, "56.0": pass, "56.1": pass}, page.Pass, "3 cells: 3 pass, 0 failed.", ""},
		"fail before lost": {
			map[string]matrix.Verdict{"55.0": lost, "56.0": fail, "56.1": pass},
			page.Fail, "3 cells: 1 pass, 1 failed, 1 lost.",
			"rib.c:1: <no>|56.0/rocky9/x86_64/rib/patched (package)",
		},
		"one cause": {
			map[string]matrix.Verdict{"55.0": fail, "56.0": pass, "56.1": fail},
			page.Fail, "3 cells: 1 pass, 2 failed.",
			"rib.c:1: <no>|55.0/rocky9/x86_64/rib/patched (package)|56.1/rocky9/x86_64/rib/patched (package)",
		},
		"interrupted": {map[string]matrix.Verdict{"55.0": pass}, page.Untested, "3 cells: 1 pass, 0 failed, 2 not run.", ""},
	} {
		dir := filepath.Join(t.TempDir(), readout.MatrixFolder)
		data, err := matrixOf(tt.verdicts).JSON()
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, readout.MatrixFile), data)
		part, err := readout.Directory(dir)
		if err != nil || part.State != tt.state || part.Verdict != tt.verdict {
			t.Errorf("%s: got %s, %q, %v", name, part.State, part.Verdict, err)
		}
		if first := strings.Join(firstSays(part), "|"); first != tt.first {
			t.Errorf("%s: the first failure is %q", name, first)
		}
		html, err := page.HTML(page.Page{Title: "x", Parts: []page.Part{part}}, func(s string) string { return s })
		if err != nil {
			t.Fatal(err)
		}
		if text := string(html); !strings.Contains(text, "rocky9 x86_64 rib patched") || !strings.Contains(text, ">Cells<") {
			t.Errorf("%s: the page lacks the row of the cells", name)
		}
		pagetest.Check(t, html)
	}
}

// However many cells a matrix has and whatever they say, there is a page: with fewer squares, and no failure is hidden by a pass.
func TestDirectoryOfALargeMatrix(t *testing.T) {
	for name, tt := range map[string]struct {
		providers, releases int
		note                string
	}{
		"many releases":  {40, 200, "A square stands for all releases with one first number"},
		"many providers": {2500, 2, "rows are not shown"},
		"a row for each": {1900, 1, "rows are not shown"},
	} {
		for _, verdict := range []matrix.Verdict{matrix.Pass, matrix.Fail} {
			var all matrix.Results
			for p := range tt.providers {
				for r := range tt.releases {
					c := matrix.Cell{Name: "rib" + strconv.Itoa(p), MatrixCell: specs.MatrixCell{
						Release: strconv.Itoa(40+r/10) + "." + strconv.Itoa(r%10), Distro: "rocky9", Processor: specs.X8664,
						Packages: specs.KindPatched, Depth: specs.DepthPackage,
					}}
					v := verdict
					if p == tt.providers-1 && r == tt.releases-1 {
						v = matrix.Fail
					}
					all = append(all, matrix.Of(c).With(v, strings.Repeat("cause ", 60)))
				}
			}
			dir := filepath.Join(t.TempDir(), readout.MatrixFolder)
			data, err := all.JSON()
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, readout.MatrixFile), data)
			part, err := readout.Directory(dir)
			if err != nil || !strings.Contains(strings.Join(part.Notes, " "), tt.note) {
				t.Errorf("%s, %s: %q, %v", name, verdict, part.Notes, err)
			}
			html, err := page.HTML(page.Page{Title: "x", Parts: []page.Part{part}}, func(s string) string { return s })
			if err != nil {
				t.Fatalf("%s, %s: %v", name, verdict, err)
			}
			last := "rocky9 x86_64 rib" + strconv.Itoa(tt.providers-1) + " patched"
			if verdict == matrix.Pass && !strings.Contains(string(html), last) {
				t.Errorf("%s: the page lacks the row with the failure", name)
			}
			pagetest.Check(t, html)
		}
	}
}

func firstSays(p page.Part) []string {
	if len(p.Failures) == 0 {
		return nil
	}
	return p.Failures[0].Says
}
