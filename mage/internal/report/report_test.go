// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"slices"
	"testing"
	"time"
)

func TestJUnitCarriesFailuresAndHostileOutput(t *testing.T) {
	r := Suite{Name: "rocky9", Started: time.Unix(0, 0), Results: []Result{
		{Name: "listed", Title: "lists", State: Pass, Evidence: "rib0"},
		{Name: "loads", Title: "loads", Evidence: "]]> \x1b[31m<b>\x00", Output: "a\x07\xffb"},
	}}
	data, err := r.JUnit()
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Suites []struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Cases    []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(data, &back); err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
	s := back.Suites[0]
	if s.Tests != 2 || s.Failures != 1 || s.Cases[0].Failure != nil || s.Cases[1].Failure == nil {
		t.Errorf("wrong counts in\n%s", data)
	}
	if m := s.Cases[1].Failure.Message; m != "]]> [31m<b>" {
		t.Errorf("message %q", m)
	}
}

func TestErrorNamesEachFailure(t *testing.T) {
	s := Suite{Results: []Result{{Title: "one", State: Pass}, {Title: "two", Evidence: "why"}}}
	failed, ok := errors.AsType[*FailedError](s.Err())
	if !ok || failed.Error() != "1 failed: two: why" || len(s.Failed()) != 1 {
		t.Errorf("got %v", s.Err())
	}
	if s.Results[1].State = Pass; s.Err() != nil {
		t.Errorf("all passed: got %v", s.Err())
	}
}

// Only a pass passes: what was not tried proves nothing.
func TestRowsSayHowEachEnded(t *testing.T) {
	s := Suite{Results: []Result{
		{Name: "a", Title: "A", State: StateOf(true), Evidence: "seen"},
		{Title: "B", State: StateOf(false)},
		{Title: "C", State: NotTried},
		{Title: "D", State: Skipped},
		{Title: "E", State: Unsupported},
		{Title: "F", State: Unavailable},
		{Title: "G"},
	}}
	want := [][]string{
		{"A", "pass", "seen"}, {"B", "FAIL", ""}, {"C", "-", ""}, {"D", "skipped", ""}, {"E", "not supported", ""}, {"F", "unavailable", ""}, {"G", "", ""},
	}
	if got := s.Rows(); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := len(s.Failed()); n != 6 {
		t.Errorf("%d did not pass, want 6", n)
	}
}

// A report goes to others: no password of a URL is in it.
func TestJUnitHasNoSecrets(t *testing.T) {
	const url = "https://user:hunter2@host.example/x"
	s := Suite{Results: []Result{{Name: "a", Title: "A " + url, Evidence: "failed at " + url, Output: "asked " + url}}}
	data, err := s.JUnit()
	if err != nil || bytes.Contains(data, []byte("hunter2")) || !bytes.Contains(data, []byte("host.example/x")) {
		t.Errorf("%v in\n%s", err, data)
	}
}
