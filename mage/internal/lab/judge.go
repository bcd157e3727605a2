// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"slices"
	"strings"
)

// Row is one case's result with the provider under test, next to those on the devices it is
// compared with.
type Row struct {
	Case   Case
	Result Record   // on the provider's device
	Others []Record // on the other devices, in the plan's order
	Pass   bool
	Why    string // for people: evidence, or the reason of a failure
}

// Judge makes a row of each planned case. A case without a result has failed.
func Judge(plan Plan, o Outcome) []Row {
	results := map[string]map[string]Record{}
	for _, r := range o.Records {
		if r.Kind != KindCase {
			continue
		}
		if results[r.Case] == nil {
			results[r.Case] = map[string]Record{}
		}
		results[r.Case][r.Device] = r
	}
	suite := Compare(plan, o)
	var rows []Row
	for _, c := range Cases() {
		if !slices.Contains(plan.Cases, c.Name) {
			continue
		}
		row := Row{Case: c, Result: answer(results[c.Name], plan.Devices[0].Name)}
		if !c.Alone {
			for _, d := range plan.Devices[1:] {
				row.Others = append(row.Others, answer(results[c.Name], d.Name))
			}
		}
		row.judge()
		if c.Name == CaseSuite && row.Pass {
			row.Pass, row.Why = suite.Verdict()
		}
		rows = append(rows, row)
	}
	return rows
}

func answer(results map[string]Record, device string) Record {
	r, ok := results[device]
	if !ok {
		return Record{Device: device, State: Fail, Evidence: "no answer"}
	}
	return r
}

// judge decides on the provider's result.
func (r *Row) judge() {
	r.Pass, r.Why = r.Result.State == Pass, r.Result.Evidence
	if r.Result.State == Unsupported {
		r.excuse()
	}
	if r.Pass && len(r.Result.Values) > 0 {
		r.compare()
	}
}

// excuse decides on an unsupported result. Something that the kernel or the distribution lacks
// is unsupported on both devices; unsupported only on the provider's is a failure.
func (r *Row) excuse() {
	known, byComparison := excuses(r.Result.Reason)
	switch {
	case !known:
		r.Why = fmt.Sprintf("unsupported for the unknown reason %q: %s", r.Result.Reason, r.Result.Evidence)
		return
	case byComparison && r.Case.Alone:
		r.Why = "unsupported, and no other device shows that the kernel lacks it: " + r.Result.Evidence
		return
	}
	r.Pass = true
	for _, other := range r.Others {
		if other.State == Pass {
			r.Pass = false
			r.Why = fmt.Sprintf("%s supports it, %s does not: %s", other.Device, r.Result.Device, r.Result.Evidence)
		}
	}
}

// compare compares a measurement with the first other device's.
func (r *Row) compare() {
	var other []float64
	if len(r.Others) > 0 {
		other = r.Others[0].Values
	}
	m, err := Measure(r.Result.Values, other, r.Case.LessIsBetter)
	if err != nil {
		r.Pass, r.Why = false, err.Error()
		return
	}
	r.Pass, r.Why = !m.Slower(), m.String()
}

// Comparison is rdma-core's suite on the provider's device compared with the same suite on the
// stock one.
type Comparison struct {
	Ran     int
	Passed  int
	Worse   []string // pass with stock and not with the provider
	Skipped []string // by the suite on the provider's device, with its reason
	Fewer   int      // skipped with stock and not with the provider
	Failing []string // with both
}

// Compare compares test by test.
func Compare(plan Plan, o Outcome) *Comparison {
	c := &Comparison{}
	tests := map[string]map[string]Record{}
	var order []string
	for _, r := range o.Records {
		if r.Kind != KindTest {
			continue
		}
		if tests[r.Test] == nil {
			tests[r.Test] = map[string]Record{}
			order = append(order, r.Test)
		}
		tests[r.Test][r.Device] = r
	}
	mine := plan.Devices[0].Name
	for _, name := range order {
		c.add(name, tests[name][mine], tests[name][plan.Devices[len(plan.Devices)-1].Name])
	}
	return c
}

func (c *Comparison) add(name string, mine, stock Record) {
	c.Ran++
	if mine.State == "" {
		mine = Record{State: Fail, Evidence: "did not run"}
	}
	switch mine.State {
	case Pass:
		c.Passed++
	case Unsupported:
		c.Skipped = append(c.Skipped, name+": "+mine.Evidence)
	case Fail: // whether it counts, the stock device's result decides
	}
	if stock.State == Unsupported && mine.State == Pass {
		c.Fewer++
	}
	if stock.State == Fail && mine.State == Fail {
		c.Failing = append(c.Failing, name+": "+mine.Evidence)
	}
	if worse := stock.State == Pass && mine.State != Pass || stock.State == Unsupported && mine.State == Fail; worse {
		c.Worse = append(c.Worse, fmt.Sprintf("%s: %s (%s), with stock %s", name, mine.State, mine.Evidence, stock.State))
	}
}

// Verdict reports whether the provider is at least as good, with a summary.
func (c *Comparison) Verdict() (pass bool, why string) {
	if c.Ran == 0 {
		return false, "no test of the suite ran"
	}
	if len(c.Worse) > 0 {
		return false, fmt.Sprintf("%d worse than stock: %s", len(c.Worse), strings.Join(c.Worse, "; "))
	}
	if c.Passed == 0 {
		return false, fmt.Sprintf("none of %d tests passes", c.Ran)
	}
	if c.Passed <= len(c.Failing) {
		return false, fmt.Sprintf("%d fail with both, first %s: this environment lacks something", len(c.Failing), c.Failing[0])
	}
	return true, fmt.Sprintf("%d of %d pass, %d skipped by the suite, %d skips fewer than with stock, %d fail with both, none worse",
		c.Passed, c.Ran, len(c.Skipped), c.Fewer, len(c.Failing))
}

// GuestError says that a guest did not finish.
type GuestError struct{ Outcome Outcome }

// Error implements error.
func (e *GuestError) Error() string {
	what := "the guest stopped before its last record"
	if e.Outcome.Running.Case != "" {
		what += fmt.Sprintf(", in case %s on %s", e.Outcome.Running.Case, e.Outcome.Running.Device)
	} else if len(e.Outcome.Records) == 0 {
		what = "the guest did not boot"
	}
	if len(e.Outcome.Trouble) > 0 {
		what += ": " + strings.Join(e.Outcome.Trouble, "; ")
	}
	return what
}

// Tail returns the console's last lines, for the error display.
func (e *GuestError) Tail() []string { return e.Outcome.Tail }

// Sound returns nil if the guest finished and its kernel had no fault.
func (o Outcome) Sound() error {
	if o.Ended && len(o.Trouble) == 0 {
		return nil
	}
	return &GuestError{Outcome: o}
}
