// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Mark begins a record on the console; everything else there comes from programs and
// the kernel.
const Mark = "@@verbsmith "

// Kind is the kind of a record.
type Kind string

// The kinds of records, in the order in which they come.
const (
	KindBoot  Kind = "boot"  // the guest runs; Evidence is the kernel's version
	KindStart Kind = "start" // a case begins; Limit is its time limit
	KindTest  Kind = "test"  // one test of rdma-core's suite, on Device
	KindCase  Kind = "case"  // a case has ended on Device
	KindEnd   Kind = "end"   // all cases have run; without it nothing counts
)

// State is how a case or a test ended.
type State string

// The states.
const (
	Pass        State = "pass"
	Fail        State = "fail"
	Unsupported State = "unsupported" // the kernel or the distribution lacks what it needs
)

// Reason is why a case is unsupported. Without a reason of this list, it has failed.
type Reason string

// The reasons.
const (
	NoProgram Reason = "no-program" // no installed package has the program or the suite
	NoFeature Reason = "no-feature" // the kernel or the device refuses it, as the other device must show
)

// excuses says which devices must agree on a reason for it to count.
func excuses(r Reason) (known, byComparison bool) {
	switch r {
	case NoProgram:
		return true, false
	case NoFeature:
		return true, true
	}
	return false, false
}

// Record is one line of a guest.
type Record struct {
	Kind     Kind      `json:"kind"`
	Case     string    `json:"case,omitempty"`
	Test     string    `json:"test,omitempty"` // name in rdma-core's suite
	Device   string    `json:"device,omitempty"`
	State    State     `json:"state,omitempty"`
	Reason   Reason    `json:"reason,omitempty"` // of what is unsupported
	Evidence string    `json:"evidence,omitempty"`
	Values   []float64 `json:"values,omitempty"` // measured, round by round, in the case's unit
	Millis   int64     `json:"millis,omitempty"` // how long it took
	Limit    int64     `json:"limit,omitempty"`  // seconds after which it hangs
}

// Write puts the record on a console, on a line of its own even if a program
// has left one unfinished.
func (r Record) Write(w io.Writer) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write a record: %w", err)
	}
	if _, err = fmt.Fprintf(w, "\n%s%s\n", Mark, text); err != nil {
		return fmt.Errorf("write a record: %w", err)
	}
	return nil
}

// ParseRecord reads the record of a line; ok is false for a line without one.
// A record that is damaged is an error: it may have been a failure.
func ParseRecord(line string) (r Record, ok bool, err error) {
	_, text, ok := strings.Cut(line, Mark)
	if !ok {
		return r, false, nil
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, true, fmt.Errorf("damaged record %q: %w", text, err)
	}
	return r, true, nil
}
