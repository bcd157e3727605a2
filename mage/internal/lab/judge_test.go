// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func planOf(names ...string) Plan {
	return Plan{Provider: "rib", Devices: Devices("rib", 21), Cases: names}
}

func answered(name string, mine, stock State) Outcome {
	return Outcome{Ended: true, Records: []Record{
		{Kind: KindCase, Case: name, Device: "rib0", State: mine, Reason: NoFeature, Evidence: "mine"},
		{Kind: KindCase, Case: name, Device: "rxe0", State: stock, Reason: NoFeature, Evidence: "stock"},
	}}
}

// What is unsupported passes for a known reason alone, and for what the other device has to show only where there is one.
func TestUnsupportedNeedsAReason(t *testing.T) {
	for _, test := range []struct {
		name   string
		reason Reason
		pass   bool
	}{
		{"rping", NoProgram, true},
		{"rping", NoFeature, true},
		{"rping", "", false},
		{"rping", "tired", false},
		{"valgrind", NoProgram, true},
		{"valgrind", NoFeature, false},
	} {
		o := answered(test.name, Unsupported, Unsupported)
		o.Records[0].Reason = test.reason
		if rows := Judge(planOf(test.name), o); rows[0].Pass != test.pass {
			t.Errorf("%s, %q: got %+v, want pass %v", test.name, test.reason, rows[0], test.pass)
		}
	}
}

func TestJudge(t *testing.T) {
	for _, test := range []struct {
		mine, stock State
		pass        bool
	}{
		{Pass, Pass, true},
		{Pass, Fail, true}, // better than stock
		{Fail, Pass, false},
		{Fail, Fail, false}, // as bad as stock is still bad
		{Fail, Unsupported, false},
		{Unsupported, Unsupported, true},
		{Unsupported, Pass, false},
	} {
		rows := Judge(planOf("rping"), answered("rping", test.mine, test.stock))
		if len(rows) != 1 || rows[0].Pass != test.pass {
			t.Errorf("%s next to %s: got %+v, want pass %v", test.mine, test.stock, rows, test.pass)
		}
	}
}

func TestACaseWithoutAnswerHasFailed(t *testing.T) {
	rows := Judge(planOf("claimed", "renamed"), answered("claimed", Pass, Pass))
	if len(rows) != 2 || !rows[0].Pass || rows[1].Pass || rows[1].Why != "no answer" {
		t.Errorf("got %+v", rows)
	}
}

func measured(name string, mine, stock float64) Outcome {
	const many = 20
	o := answered(name, Pass, Pass)
	o.Records[0].Values = slices.Repeat([]float64{mine}, many)
	o.Records[1].Values = slices.Repeat([]float64{stock}, many)
	return o
}

func TestMeasurementsAreRatios(t *testing.T) {
	for _, test := range []struct {
		name        string
		mine, stock float64
		pass        bool
	}{
		{CaseRate, 110, 100, true},
		{CaseRate, 91, 100, true},
		{CaseRate, 89, 100, false},
		{CaseLatency, 10, 11, true},
		{CaseLatency, 11.2, 10, false},
		{CaseRate, 100, 0, false}, // nothing to compare with
	} {
		rows := Judge(planOf(test.name), measured(test.name, test.mine, test.stock))
		if rows[0].Pass != test.pass {
			t.Errorf("%s %v against %v: %+v", test.name, test.mine, test.stock, rows[0])
		}
	}
	alone := measured(CaseRate, 100, 100)
	alone.Records = alone.Records[:1]
	if rows := Judge(planOf(CaseRate), alone); rows[0].Pass {
		t.Errorf("the other device gave no answer: %+v", rows[0])
	}
}

func tested(name string, mine, stock State) []Record {
	var out []Record
	if mine != "" {
		out = append(out, Record{Kind: KindTest, Test: name, Device: "rib0", State: mine, Evidence: "why"})
	}
	return append(out, Record{Kind: KindTest, Test: name, Device: "rxe0", State: stock})
}

func TestSuiteIsComparedTestByTest(t *testing.T) {
	o := answered(CaseSuite, Pass, Pass)
	o.Records = append(o.Records, tested("both", Pass, Pass)...)
	o.Records = append(o.Records, tested("neither", Fail, Fail)...)
	o.Records = append(o.Records, tested("skip", Unsupported, Unsupported)...)
	o.Records = append(o.Records, tested("more", Pass, Unsupported)...)
	rows := Judge(planOf(CaseSuite), o)
	if !rows[0].Pass {
		t.Errorf("none is worse: %s", rows[0].Why)
	}
	if c := Compare(planOf(CaseSuite), o); c.Ran != 4 || c.Passed != 2 || c.Fewer != 1 || len(c.Skipped) != 1 {
		t.Errorf("got %+v", c)
	}
	for _, name := range []string{"a", "b", "c"} {
		o.Records = append(o.Records, tested(name, Fail, Fail)...)
	}
	if rows := Judge(planOf(CaseSuite), o); rows[0].Pass || !strings.Contains(rows[0].Why, "4 fail with both") {
		t.Errorf("where most tests fail with both, the suite has not shown anything: %+v", rows[0])
	}
	o.Records = o.Records[:len(o.Records)-6]
	for name, mine := range map[string]State{"fails": Fail, "skips": Unsupported, "is missing": ""} {
		bad := o
		bad.Records = append(slices.Clone(o.Records), tested(name, mine, Pass)...)
		if rows := Judge(planOf(CaseSuite), bad); rows[0].Pass || !strings.Contains(rows[0].Why, name) {
			t.Errorf("%s: got %+v", name, rows[0])
		}
	}
}

func TestASuiteWithoutTestsHasFailed(t *testing.T) {
	skipped := answered(CaseSuite, Pass, Pass)
	skipped.Records = append(skipped.Records, tested("skip", Unsupported, Unsupported)...)
	if rows := Judge(planOf(CaseSuite), skipped); rows[0].Pass || rows[0].Why != "none of 1 tests passes" {
		t.Errorf("got %+v", rows[0])
	}
	if rows := Judge(planOf(CaseSuite), answered(CaseSuite, Pass, Pass)); rows[0].Pass {
		t.Errorf("got %+v", rows[0])
	}
}

func TestSelect(t *testing.T) {
	fast, err := Select(SelectFast)
	if err != nil {
		t.Fatal(err)
	}
	all, err := Select(SelectAll)
	if err != nil || len(all) != len(Cases()) || len(fast) >= len(all) {
		t.Errorf("fast %d, all %d of %d: %v", len(fast), len(all), len(Cases()), err)
	}
	two, err := Select("soak, length")
	if err != nil || len(two) != 2 || two[0].Name != "length" {
		t.Errorf("got %+v, %v: want both in the order in which they run", two, err)
	}
	_, err = Select("length,nonsense")
	if unknown := (*UnknownCaseError)(nil); !errors.As(err, &unknown) || unknown.Name != "nonsense" {
		t.Errorf("got %v", err)
	}
}

func TestCasesHaveNamesOfTheirOwnAndLimits(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Cases() {
		if seen[c.Name] || c.Limit <= 0 || c.Title == "" {
			t.Errorf("%+v", c)
		}
		seen[c.Name] = true
	}
}
