// SPDX-License-Identifier: Apache-2.0

package ci

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
)

// Finding is a remark on a line of the repository.
type Finding struct {
	File    string // below the repository, slash separated
	Line    int    // from 1
	Title   string
	Message string
	Minor   bool // it is a warning
}

// issue is a finding as GitLab reads it ("Code Quality", the report's format).
type issue struct {
	Description string   `json:"description"`
	Check       string   `json:"check_name"`
	Fingerprint string   `json:"fingerprint"`
	Severity    string   `json:"severity"`
	Location    location `json:"location"`
}

type location struct {
	Path  string `json:"path"`
	Lines struct {
		Begin int `json:"begin"`
	} `json:"lines"`
}

// mostIssues of a report; a compiler can print more than a reader wants.
const mostIssues = 200

// AddFinding adds a finding to a code quality report, which may be empty. The same finding of an earlier command is not added again.
func AddFinding(report []byte, f Finding) ([]byte, error) {
	issues := []issue{}
	if len(report) > 0 {
		if err := json.Unmarshal(report, &issues); err != nil {
			return nil, fmt.Errorf("read the code quality report: %w", err)
		}
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %q %q", f.File, f.Line, f.Title, f.Message))
	added := issue{
		Description: f.Message, Check: f.Title, Fingerprint: hex.EncodeToString(sum[:]), Severity: "major",
		Location: location{Path: f.File},
	}
	if f.Minor {
		added.Severity = "minor"
	}
	if added.Check == "" {
		added.Check = "verbsmith"
	}
	added.Location.Lines.Begin = max(f.Line, 1)
	same := func(i issue) bool { return i.Fingerprint == added.Fingerprint }
	if !slices.ContainsFunc(issues, same) && len(issues) < mostIssues {
		issues = append(issues, added)
	}
	data, err := json.MarshalIndent(issues, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the code quality report: %w", err)
	}
	return append(data, '\n'), nil
}
