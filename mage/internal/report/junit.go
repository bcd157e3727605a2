// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

// The properties of the suite that hold what a test case of JUnit cannot: each begins with the case's number, as in "3.evidence".
const (
	propTitle    = "title"
	propState    = "state"
	propEvidence = "evidence"
)

// JUnit renders the suite as JUnit XML, one test case a result. The
// suite's properties have what ReadJUnit needs besides.
func (s Suite) JUnit() ([]byte, error) {
	suite := junit.Testsuite{Name: s.Name}
	suite.SetTimestamp(s.Started)
	for i, r := range s.Results {
		for _, f := range properties(r) {
			suite.AddProperty(fmt.Sprintf("%d.%s", i, f.Name), xmlText(f.Value))
		}
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

func properties(r Result) []Fact {
	return append([]Fact{{propTitle, r.Title}, {propState, string(r.State)}, {propEvidence, r.Evidence}}, r.Facts...)
}

// ReadJUnit reads what JUnit has rendered. Times are left out, and so is where logs are.
func ReadJUnit(data []byte) (Suite, error) {
	var root struct {
		XMLName xml.Name `xml:"testsuites"`
	}
	var suites junit.Testsuites
	if err := errors.Join(xml.Unmarshal(data, &root), xml.Unmarshal(data, &suites)); err != nil {
		return Suite{}, fmt.Errorf("read the JUnit report: %w", err)
	}
	var suite Suite
	for _, s := range suites.Suites {
		suite.Name = s.Name
		begin := len(suite.Results)
		for _, tc := range s.Testcases {
			suite.Results = append(suite.Results, readCase(tc))
		}
		if s.Properties != nil {
			for _, p := range *s.Properties {
				readProperty(suite.Results[begin:], p)
			}
		}
	}
	return suite, nil
}

// readCase reads a test case without properties, as earlier versions wrote it.
func readCase(tc junit.Testcase) Result {
	r := Result{Name: tc.Name, Title: tc.Name, State: StateOf(tc.Failure == nil && tc.Error == nil)}
	if tc.SystemOut != nil {
		r.Title, r.Output, _ = strings.Cut(tc.SystemOut.Data, "\n")
	}
	for _, why := range []*junit.Result{tc.Failure, tc.Error, tc.Skipped} {
		if why == nil {
			continue
		}
		if r.Evidence = why.Message; why == tc.Skipped {
			r.State = Skipped
		}
		return r
	}
	last := strings.TrimSpace(r.Output)
	r.Evidence = strings.TrimPrefix(last[strings.LastIndexByte(last, '\n')+1:], "evidence: ")
	return r
}

// readProperty completes the result that a property is about.
func readProperty(results []Result, p junit.Property) {
	number, name, _ := strings.Cut(p.Name, ".")
	i, err := strconv.Atoi(number)
	if err != nil || i < 0 || i >= len(results) {
		return
	}
	switch r := &results[i]; name {
	case propTitle:
		r.Title = p.Value
	case propState:
		r.State = State(p.Value)
	case propEvidence:
		r.Evidence = p.Value
	default:
		r.Facts = append(r.Facts, Fact{Name: name, Value: p.Value})
	}
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
