// SPDX-License-Identifier: Apache-2.0

package readout_test

import (
	"path/filepath"
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
			"56.0/rocky9/x86_64/rib/patched (package): rib.c:1: <no>",
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
		if first := strings.Join(firstSays(part), ""); first != tt.first {
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

func firstSays(p page.Part) []string {
	if len(p.Failures) == 0 {
		return nil
	}
	return p.Failures[0].Says
}
