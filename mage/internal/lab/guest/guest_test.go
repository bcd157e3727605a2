// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

func TestEveryCaseHasARunner(t *testing.T) {
	all := runners()
	for _, c := range lab.Cases() {
		switch all[c.Name].(type) {
		case single, sideBySide:
		default:
			t.Errorf("%s has no runner", c.Name)
		}
	}
	if len(all) != len(lab.Cases()) {
		t.Errorf("%d runners for %d cases", len(all), len(lab.Cases()))
	}
}

func TestExerciseHasTheCasesThatAreLeftToIt(t *testing.T) {
	text, err := os.ReadFile("../exercise/main.c")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range lab.Cases() {
		_, listed := ownRunners()[c.Name]
		if !listed && !strings.Contains(c.Name, "_pingpong") && !strings.HasPrefix(c.Name, "ib_") &&
			!strings.Contains(string(text), `{ "`+c.Name+`",`) {
			t.Errorf("neither the guest nor exercise knows %s", c.Name)
		}
	}
}

func TestResultLine(t *testing.T) {
	out := ` local address: LID 0000 QPN 0x0012
 #bytes     #iterations    BW peak[MB/sec]    BW average[MB/sec]   MsgRate[Mpps]
 64         8000             5.21               5.05		     0.082712
---------------------------------------------------------------------------------------
`
	if got := resultLine(out); len(got) != 5 || got[columnMessages] != "0.082712" {
		t.Errorf("got %q", got)
	}
	if got := resultLine("64 8000 5.21 5.05 0.08\n"); got != nil {
		t.Errorf("a line above the header is not a result: %q", got)
	}
}

func TestEvidenceIsTheLastOneSaid(t *testing.T) {
	for _, test := range []struct {
		code  int
		out   string
		state lab.State
		want  string
	}{
		{0, "evidence: one\nevidence: two\n", lab.Pass, "two"},
		{77, "evidence: no MW\n", lab.Unsupported, "no MW"},
		{1, "evidence: 3 instead of 4\n", lab.Fail, "3 instead of 4"},
		{139, "Segmentation fault\n", lab.Fail, "exit status 139: Segmentation fault"},
	} {
		r := exercised(ended{code: test.code, out: test.out})
		if r.State != test.state || r.Evidence != test.want {
			t.Errorf("%d %q: got %s %q", test.code, test.out, r.State, r.Evidence)
		}
	}
}

func TestOutcomeOfAPair(t *testing.T) {
	b := newBed(t)
	b.packaged("/usr/bin/ib_read_bw")
	lacks := ended{code: 1, out: "Couldn't open XRC Domain\n"}
	for name, test := range map[string]struct {
		client ended
		err    error
		want   lab.State
	}{
		"well":   {ended{}, nil, lab.Pass},
		"absent": {ended{}, &absentError{program: "ib_send_bw"}, lab.Unsupported},
		"lost":   {ended{}, &absentError{program: "ib_read_bw"}, lab.Fail},
		"lacks":  {lacks, &pairError{"client", lacks}, lab.Unsupported},
		"fails":  {ended{code: 1, out: "Failed status"}, &pairError{"client", ended{code: 1}}, lab.Fail},
	} {
		if r := b.outcome(t.Context(), test.client, test.err, "200 bytes"); r.State != test.want {
			t.Errorf("%s: got %+v", name, r)
		}
	}
}

func TestListener(t *testing.T) {
	head := "  sl  local_address rem_address   st tx_queue rx_queue\n"
	if hasListener(head + "   0: 00000000:4853 0100007F:1F90 01 0:0\n") {
		t.Error("an established connection is not a listener")
	}
	if !hasListener(head + "   0: 00000000:4853 00000000:0000 0A 0:0\n") {
		t.Error("port 18515 is 4853, and 0A is listening")
	}
}

func TestSuiteKeepsAFailureOfSubtests(t *testing.T) {
	s := &suiteRun{g: &guest{}, done: map[string]lab.Record{}}
	for _, state := range []lab.State{lab.Fail, lab.Pass} {
		s.handle(event{Test: "t", State: state})
	}
	if s.done["t"].State != lab.Fail {
		t.Errorf("got %+v", s.done["t"])
	}
	s.handle(event{Plan: []string{"t", "u", "v"}})
	s.handle(event{Start: "u"})
	if rest := s.left(); !slices.Equal(rest, []string{"u", "v"}) || s.running != "u" {
		t.Errorf("left %q, running %q", rest, s.running)
	}
}

func TestMoreRoundsAreAskedForOnlyAgainstTheFirstDevice(t *testing.T) {
	none := make([]error, 2)
	for _, test := range []struct {
		mine, other  float64
		lessIsBetter bool
		want         bool
	}{{10, 9, false, true}, {9, 10, false, false}, {9, 10, true, true}, {10, 9, true, false}, {9, 9, false, true}} {
		got := settled([][]float64{{test.mine, test.mine, 99}, {test.other, test.other, 1}}, none, test.lessIsBetter)
		if got != test.want {
			t.Errorf("%+v: got %v", test, got)
		}
	}
	if !settled([][]float64{{1}, {2}}, []error{nil, errors.New("no result")}, false) {
		t.Error("after a failure there is nothing to wait for")
	}
}

func TestReasonIsLibibverbsOwn(t *testing.T) {
	out := "libibverbs: Warning: no userspace device-specific driver found for nobody1\n    device\n"
	if got := reason(out, "nobody1"); !strings.HasPrefix(got, "libibverbs: Warning: no userspace") {
		t.Errorf("got %q", got)
	}
}

func TestMeasured(t *testing.T) {
	for text, want := range map[string]bool{"95.7": true, "0": false, "-1": false, "inf": false, "nan": false, "x": false} {
		if _, got := measured(text); got != want {
			t.Errorf("%q is measured: %t, want %t", text, got, want)
		}
	}
}
