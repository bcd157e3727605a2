// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"
)

// ReadJUnit reads what JUnit wrote: names, titles, states, and the evidence of what did not pass.
func ReadJUnit(data []byte) ([]Suite, error) {
	var file junit.Testsuites
	if err := xml.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("read a JUnit report: %w", err)
	}
	suites := make([]Suite, 0, len(file.Suites))
	for _, s := range file.Suites {
		suite := Suite{Name: s.Name}
		for _, tc := range s.Testcases {
			r := Result{Name: tc.Name, Title: tc.Name, State: StateOf(tc.Failure == nil && tc.Error == nil)}
			if tc.SystemOut != nil {
				r.Title, r.Output, _ = strings.Cut(tc.SystemOut.Data, "\n")
			}
			for _, why := range []*junit.Result{tc.Failure, tc.Error} {
				if why != nil {
					r.Evidence = why.Message
				}
			}
			suite.Results = append(suite.Results, r)
		}
		suites = append(suites, suite)
	}
	return suites, nil
}
