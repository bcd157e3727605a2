// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
)

// feed writes text to a console in pieces of n bytes.
func feed(t *testing.T, c *Console, text string, n int) {
	t.Helper()
	for text != "" {
		k := min(n, len(text))
		if _, err := io.WriteString(c, text[:k]); err != nil {
			t.Fatal(err)
		}
		text = text[k:]
	}
}

func line(t *testing.T, r Record) string {
	t.Helper()
	var out strings.Builder
	if err := r.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestConsoleReadsRecordsAmongNoise(t *testing.T) {
	want := Record{Kind: KindCase, Case: "flush", Device: "rib0", State: Fail, Evidence: `said "no"` + "\n" + `and left`}
	text := "SeaBIOS\r\nhalf a line" + line(t, Record{Kind: KindBoot, Evidence: "6.12"}) +
		strings.ReplaceAll(line(t, want), "\n", "\r\n") + line(t, Record{Kind: KindEnd}) + "reboot: Power down\r\n"
	for _, n := range []int{1, 7, 4096} {
		c := NewConsole(nil)
		feed(t, c, text, n)
		o := c.Outcome()
		if len(o.Records) != 3 || !reflect.DeepEqual(o.Records[1], want) {
			t.Errorf("in pieces of %d: got %+v", n, o.Records)
		}
		if err := o.Sound(); err != nil {
			t.Errorf("in pieces of %d: %v", n, err)
		}
	}
}

func TestConsoleWithoutAnEndHasFailed(t *testing.T) {
	start := Record{Kind: KindStart, Case: "soak", Device: "rib0", Limit: 10}
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"nothing":      {"", []string{"did not boot"}},
		"power cut":    {line(t, Record{Kind: KindBoot}) + line(t, start), []string{"in case soak on rib0"}},
		"panic":        {line(t, start) + "Kernel panic - not syncing: Fatal exception\n", []string{"soak", "Kernel panic"}},
		"oops, an end": {line(t, Record{Kind: KindEnd}) + "BUG: unable to handle page fault\n", []string{"unable to handle"}},
		"damaged":      {Mark + `{"kind":"ca` + "\n" + line(t, Record{Kind: KindEnd}), []string{"damaged record"}},
	} {
		c := NewConsole(nil)
		feed(t, c, test.text, 16)
		err := c.Outcome().Sound()
		if _, ok := errors.AsType[*GuestError](err); !ok {
			t.Errorf("%s: got %v, want a *GuestError", name, err)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", name, err, want)
			}
		}
	}
}

func TestConsoleKeepsTheTailAndBoundsALine(t *testing.T) {
	c := NewConsole(nil)
	feed(t, c, strings.Repeat("x", 2*lineLength)+"\n", 1<<16)
	for i := range 2 * tailLines {
		feed(t, c, "line "+strings.Repeat("i", i)+"\n", 64)
	}
	o := c.Outcome()
	if len(o.Tail) != tailLines || !strings.HasSuffix(o.Tail[tailLines-1], strings.Repeat("i", 2*tailLines-1)) {
		t.Errorf("got %d lines, last %q", len(o.Tail), o.Tail[len(o.Tail)-1])
	}
}

func TestSilenceIsMeasuredByTheRunningCase(t *testing.T) {
	c := NewConsole(nil)
	now := time.Now()
	if c.Overdue(now.Add(bootLimit-time.Second)) > 0 || c.Overdue(now.Add(bootLimit+time.Minute)) <= 0 {
		t.Error("before the first case the limit of a boot counts")
	}
	feed(t, c, line(t, Record{Kind: KindStart, Case: "rping", Device: "rib0", Limit: 60}), 64)
	now = time.Now()
	if c.Overdue(now.Add(80*time.Second)) > 0 || c.Overdue(now.Add(95*time.Second)) <= 0 {
		t.Error("a case may take its limit and a little more")
	}
	feed(t, c, "watchdog: BUG: soft lockup - CPU#0 stuck\n", 64)
	if c.Overdue(now.Add(95*time.Second)) <= 0 {
		t.Error("what a kernel in trouble says is no sign of life")
	}
	feed(t, c, line(t, Record{Kind: KindCase, Case: "rping", Device: "rib0", State: Pass}), 64)
	if c.Outcome().Running.Case != "" {
		t.Error("a case that has ended does not run")
	}
}

func TestConsoleTellsProgress(t *testing.T) {
	var seen []string
	c := NewConsole(func(r Record) { seen = append(seen, r.Case) })
	feed(t, c, line(t, Record{Kind: KindStart, Case: "a"})+line(t, Record{Kind: KindCase, Case: "a"}), 64)
	if len(seen) != 1 || seen[0] != "a" {
		t.Errorf("got %q", seen)
	}
}

// Of a line that does not end no more than a part is kept, however it comes, and the next record is read.
func TestConsoleKeepsAPartOfALongLine(t *testing.T) {
	c := NewConsole(nil)
	for range 4 {
		feed(t, c, strings.Repeat("x", lineLength/2), lineLength/8)
	}
	if len(c.line) > lineLength {
		t.Errorf("%d bytes of a line are kept", len(c.line))
	}
	feed(t, c, "\n"+line(t, Record{Kind: KindEnd}), 7)
	if o := c.Outcome(); !o.Ended {
		t.Errorf("the record behind it is lost: %+v", o.Records)
	}
}
