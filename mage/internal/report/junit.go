// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

// JUnit renders the suite as JUnit XML, one test case a result.
func (s Suite) JUnit() ([]byte, error) {
	suite := junit.Testsuite{Name: s.Name}
	suite.SetTimestamp(s.Started)
	for _, r := range s.Results {
		tc := junit.Testcase{
			Name: r.Name, Classname: "verbsmith.integration",
			Time:      fmt.Sprintf("%.3f", r.Elapsed.Seconds()),
			SystemOut: &junit.Output{Data: xmlText(r.Title + "\n" + r.Output)},
		}
		if !r.Passed() {
			if s.Diagnosis != "" {
				tc.SystemOut.Data += xmlText("\ndiagnose:\n" + s.Diagnosis)
			}
			tc.Failure = &junit.Result{Message: xmlText(r.Evidence), Type: "verdict"}
		}
		suite.AddTestcase(tc)
	}
	var suites junit.Testsuites
	suites.AddSuite(suite)
	var out bytes.Buffer
	out.WriteString(xml.Header)
	enc := xml.NewEncoder(&out)
	enc.Indent("", "  ")
	if err := enc.Encode(suites); err != nil {
		return nil, fmt.Errorf("write the JUnit report: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// xmlText drops what XML 1.0 cannot carry, and secrets that a reader of the report must not see.
func xmlText(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '\t' || c == '\n' || c >= ' ' && c != 0xfffe && c != 0xffff {
			return c
		}
		return -1
	}, ui.Redact(strings.ToValidUTF8(s, "?")))
}
