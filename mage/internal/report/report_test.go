// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"reflect"
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

// What is rendered is read again, with what JUnit's own elements do not have; a file without that is read as far as it goes.
func TestReadJUnit(t *testing.T) {
	s := Suite{Name: "rocky9", Started: time.Unix(0, 0), Results: []Result{
		{Name: "listed", Title: "lists", State: Pass, Evidence: "rib0", Output: "a\nb", Facts: []Fact{{"stock", "pass"}, {"ratios", "1.02 0.98"}}},
		{Name: "loads", Title: "loads", State: Unsupported, Evidence: "why"},
	}}
	data, err := s.JUnit()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadJUnit(data)
	s.Started = time.Time{}
	if err != nil || !reflect.DeepEqual(back, s) {
		t.Errorf("%v, got\n%+v, want\n%+v", err, back, s)
	}
	if back.Results[0].Fact("stock") != "pass" || back.Results[0].Fact("none") != "" {
		t.Errorf("got %+v", back.Results[0].Facts)
	}
	older := `<testsuites><testsuite name="x"><testcase name="n"><failure message="bad"></failure><system-out>T` + "\nout" + `</system-out></testcase>` +
		`<testcase name="m"><system-out>M` + "\na\nevidence: b\n" + `</system-out></testcase></testsuite></testsuites>`
	back, err = ReadJUnit([]byte(older))
	want := []Result{{Name: "n", Title: "T", State: Fail, Evidence: "bad", Output: "out"}, {Name: "m", Title: "M", State: Pass, Evidence: "b", Output: "a\nevidence: b\n"}}
	if err != nil || !reflect.DeepEqual(back.Results, want) {
		t.Errorf("%v, got %+v", err, back.Results)
	}
	for _, text := range []string{"<", "<html/>", "<testsuite/>"} {
		if _, err := ReadJUnit([]byte(text)); err == nil {
			t.Errorf("%s is read", text)
		}
	}
}
