// SPDX-License-Identifier: Apache-2.0

package ci

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The formats of [Rows].
const (
	FormatGitHub = "github"
	FormatGitLab = "gitlab"
)

// The most jobs that one matrix may have: GitHub's documentation says 256, GitLab's 200.
const (
	mostGitHub = 256
	mostGitLab = 200
)

// CellsTemplate is the hidden job that GitLab's jobs extend.
const CellsTemplate = ".verbsmith-cells"

// FormatError says that a format is not known.
type FormatError struct{ Got string }

// Error names the known ones.
func (e *FormatError) Error() string {
	return fmt.Sprintf("unknown format %q: known are %s, %s", e.Got, FormatGitHub, FormatGitLab)
}

// row is one job: its name, and cells as -only takes them.
type row struct {
	Name  string `json:"name"`
	Cells string `json:"cells"`
}

// Rows writes the cells of a matrix as the rows of a service's own: for GitHub JSON for strategy.matrix, in one line, for GitLab YAML
// with a hidden job to extend. If there are more cells than a service takes jobs, each row has several, next to each other in order.
//
// Errors: *FormatError.
func Rows(format string, cells []string) ([]byte, error) {
	switch format {
	case FormatGitHub:
		data, err := json.Marshal(map[string][]row{"include": rows(cells, mostGitHub)})
		if err != nil {
			return nil, fmt.Errorf("write the rows for GitHub: %w", err)
		}
		return append(data, '\n'), nil
	case FormatGitLab:
		return gitlabRows(rows(cells, mostGitLab))
	}
	return nil, &FormatError{format}
}

func gitlabRows(all []row) ([]byte, error) {
	entries := make([]map[string]string, 0, len(all))
	for _, r := range all {
		entries = append(entries, map[string]string{"CELLS": r.Cells})
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	err := enc.Encode(map[string]any{CellsTemplate: map[string]any{"parallel": map[string]any{"matrix": entries}}})
	if err != nil {
		return nil, fmt.Errorf("write the rows for GitLab: %w", err)
	}
	return out.Bytes(), enc.Close()
}

// rows spreads cells over at most that many rows, as evenly as it goes.
func rows(cells []string, most int) []row {
	n := min(len(cells), most)
	out := make([]row, 0, n)
	for i := range n {
		part := cells[i*len(cells)/n : (i+1)*len(cells)/n]
		name := part[0]
		if more := len(part) - 1; more > 0 {
			name += fmt.Sprintf(" and %d more", more)
		}
		out = append(out, row{Name: name, Cells: strings.Join(part, ",")})
	}
	return out
}
