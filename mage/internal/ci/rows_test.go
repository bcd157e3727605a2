// SPDX-License-Identifier: Apache-2.0

package ci

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// Each cell is in one row, in order, and no service gets more rows than it takes.
func TestRows(t *testing.T) {
	for _, n := range []int{1, 14, 200, 201, 256, 257, 3000} {
		var cells []string
		for i := range n {
			cells = append(cells, fmt.Sprintf("%d.0/rocky9/x86_64/rib/patched", i))
		}
		var got []string
		data, err := Rows(FormatGitHub, cells)
		var github struct{ Include []row }
		if err != nil || json.Unmarshal(data, &github) != nil || strings.Count(string(data), "\n") != 1 {
			t.Fatalf("%v: %s", err, data)
		}
		for _, r := range github.Include {
			got = append(got, strings.Split(r.Cells, ",")...)
		}
		if !slices.Equal(got, cells) || len(github.Include) != min(n, 256) {
			t.Errorf("GitHub, %d cells: %d rows with %d", n, len(github.Include), len(got))
		}
		data, err = Rows(FormatGitLab, cells)
		var gitlab map[string]struct {
			Parallel struct{ Matrix []map[string]string }
		}
		if err != nil || yaml.Unmarshal(data, &gitlab) != nil {
			t.Fatalf("%v: %s", err, data)
		}
		got = nil
		entries := gitlab[CellsTemplate].Parallel.Matrix
		for _, e := range entries {
			got = append(got, strings.Split(e["CELLS"], ",")...)
		}
		if !slices.Equal(got, cells) || len(entries) != min(n, 200) {
			t.Errorf("GitLab, %d cells: %d rows with %d", n, len(entries), len(got))
		}
	}
	_, err := Rows("jenkins", nil)
	if _, ok := errors.AsType[*FormatError](err); !ok {
		t.Errorf("got %v", err)
	}
}
