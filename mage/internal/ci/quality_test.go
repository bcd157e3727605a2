// SPDX-License-Identifier: Apache-2.0

package ci

import (
	"strconv"
	"strings"
	"testing"
)

func TestAddFinding(t *testing.T) {
	var report []byte
	for _, f := range []Finding{
		{File: "user/fly/fly.c", Line: 41, Title: "compile", Message: `‘foo’ undeclared "here"`},
		{File: "user/fly/provider.yaml", Message: "no number", Minor: true},
		{File: "user/fly/fly.c", Line: 41, Title: "compile", Message: `‘foo’ undeclared "here"`},
	} {
		var err error
		if report, err = AddFinding(report, f); err != nil {
			t.Fatal(err)
		}
	}
	const want = `[
  {
    "description": "‘foo’ undeclared \"here\"",
    "check_name": "compile",
    "fingerprint": "F",
    "severity": "major",
    "location": {
      "path": "user/fly/fly.c",
      "lines": {
        "begin": 41
      }
    }
  },
  {
    "description": "no number",
    "check_name": "verbsmith",
    "fingerprint": "F",
    "severity": "minor",
    "location": {
      "path": "user/fly/provider.yaml",
      "lines": {
        "begin": 1
      }
    }
  }
]
`
	var got strings.Builder
	prints := map[string]bool{}
	for line := range strings.Lines(string(report)) {
		if before, sum, ok := strings.Cut(line, `"fingerprint": "`); ok {
			prints[sum] = true
			line = before + `"fingerprint": "F",` + "\n"
		}
		got.WriteString(line)
	}
	if got.String() != want || len(prints) != 2 {
		t.Errorf("%d fingerprints in\n%s", len(prints), report)
	}
	if _, err := AddFinding([]byte("{"), Finding{}); err == nil {
		t.Error("a file that is no report is replaced")
	}
	for i := range mostIssues + 10 {
		report, _ = AddFinding(report, Finding{File: strconv.Itoa(i)})
	}
	if n := strings.Count(string(report), "check_name"); n != mostIssues {
		t.Errorf("%d findings", n)
	}
}
