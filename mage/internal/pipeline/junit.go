// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

// JUnit renders the report as JUnit XML, one test case a verdict.
func (r Report) JUnit() ([]byte, error) {
	suite := junit.Testsuite{Name: r.Suite}
	suite.SetTimestamp(r.Started)
	for _, v := range r.Verdicts {
		tc := junit.Testcase{
			Name: v.Name, Classname: "verbsmith.integration",
			Time:      fmt.Sprintf("%.3f", v.Elapsed.Seconds()),
			SystemOut: &junit.Output{Data: xmlText(v.Title + "\n" + v.Output)},
		}
		if !v.Pass {
			tc.Failure = &junit.Result{Message: xmlText(v.Evidence), Type: "verdict"}
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

// xmlText drops what XML 1.0 cannot carry, and what a reader of the report is not to know.
func xmlText(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '\t' || c == '\n' || c >= ' ' && c != 0xfffe && c != 0xffff {
			return c
		}
		return -1
	}, ui.Redact(strings.ToValidUTF8(s, "?")))
}
