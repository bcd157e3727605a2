// SPDX-License-Identifier: Apache-2.0

package ui_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

func TestTerminalShowsOneLiveLine(t *testing.T) {
	f := newTerminal(t, nil)
	s := f.Stage("build", 3, 9)
	same(t, f.term.screen(), "[3/9] build  0:00")

	f.clock.advance(42 * time.Second)
	s.Note("rocky9")
	f.clock.advance(time.Second)
	s.Step(120, 371, "ninja")
	same(t, f.term.screen(), "[3/9] build  rocky9  ninja  120/371  0:43")

	f.clock.advance(35 * time.Second)
	f.Tick()
	same(t, f.term.screen(), "[3/9] build  rocky9  ninja  120/371  1:18")

	s.Done()
	same(t, f.term.screen(), "[3/9] build  done  rocky9  1:18\n")
}

func TestTerminalRedrawsAtMostTenTimesASecond(t *testing.T) {
	f := newTerminal(t, nil)
	s := f.Stage("build", 3, 9)
	before := len(f.term.writes)
	for i := range 1000 {
		f.clock.advance(time.Millisecond)
		s.Step(i, 1000, "x")
	}
	if n := len(f.term.writes) - before; n < 9 || n > 10 {
		t.Errorf("%d redraws in a second, want about 10", n)
	}
	f.clock.advance(time.Second)
	f.Tick()
	same(t, f.term.screen(), "[3/9] build  x  999/1000  0:02")
}

func TestTerminalDrawsNothingThatStandsThereAlready(t *testing.T) {
	f := newTerminal(t, nil)
	f.Stage("build", 3, 9)
	before := len(f.term.writes)
	f.clock.advance(200 * time.Millisecond)
	f.Tick()
	if n := len(f.term.writes) - before; n != 0 {
		t.Errorf("%d writes for an unchanged line", n)
	}
}

func TestLiveLineFitsTheTerminal(t *testing.T) {
	long := "Building C object providers/rib/CMakeFiles/rib.dir/rib.c.o"
	tests := []struct {
		name, note, what string
		width            int
		want             string
	}{
		{
			"the text gives way, the count and the time stay", "rocky9", long, 60,
			"[3/9] build  rocky9  Building C object provider…  7/9  0:00",
		},
		{"wide runes are not halved", "", "编译编译编译", 31, "[3/9] build  编译…  7/9  0:00"},
		{"no room for any text", "rocky9", long, 32, "[3/9] build  rocky9  7/9  0:00"},
		{"hardly any room at all", "rocky9", long, 12, "[3/9] buil…"},
		{"one column", "", long, 1, ""},
		{"control characters of a file name", "", "a\x1b[31mb\nc\r\x07", 60, `[3/9] build  ab\nc\r\a  7/9  0:00`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newTerminal(t, func(o *ui.Options) { o.Width = tt.width })
			s := f.Stage("build", 3, 9)
			s.Note(tt.note)
			s.Step(7, 9, tt.what)
			f.clock.advance(time.Second - time.Nanosecond)
			f.Tick()
			same(t, f.term.screen(), tt.want)
			if n := text.StringWidth(f.term.screen()); n > max(tt.width-1, 0) {
				t.Errorf("%d columns of %d", n, tt.width)
			}
		})
	}
}

func TestLiveLineFollowsAResizedWindow(t *testing.T) {
	width := 80
	f := newTerminal(t, func(o *ui.Options) { o.Measure = func() int { return width } })
	s := f.Stage("build", 1, 2)
	width = 14
	f.clock.advance(time.Second)
	s.Step(1, 2, "x")
	same(t, f.term.screen(), "[1/2] build …")
	width = 0 // Not known: the width of the options counts.
	f.clock.advance(time.Second)
	f.Tick()
	same(t, f.term.screen(), "[1/2] build  x  1/2  0:02")
}

func TestOutputErasesTheLiveLine(t *testing.T) {
	f := newTerminal(t, nil)
	s := f.Stage("build", 1, 2)
	f.clock.advance(time.Second)
	fmt.Fprintln(f.Out(), "data")
	same(t, f.term.screen(), "data\n[1/2] build  0:01")

	f.clock.advance(time.Second)
	_, _ = io.WriteString(f.Err(), "half a ")
	f.clock.advance(time.Second)
	f.Tick()
	same(t, f.term.screen(), "data\nhalf a ")
	_, _ = io.WriteString(f.Err(), "line\n")
	same(t, f.term.screen(), "data\nhalf a line\n[1/2] build  0:03")

	_, _ = io.WriteString(f.Out(), "no end")
	s.Done()
	same(t, f.term.screen(), "data\nhalf a line\nno end\n[1/2] build  done  3.0 s\n")
}

func TestCloseErasesTheLiveLine(t *testing.T) {
	f := newTerminal(t, nil)
	f.Stage("build", 1, 2)
	f.Close()
	f.Close()
	f.clock.advance(time.Second)
	f.Tick()
	same(t, f.term.screen(), "")
}

func TestCloseStopsTheTimer(_ *testing.T) {
	u := ui.New(ui.Options{Terminal: true})
	u.Stage("a", 1, 1)
	u.Close()
	u.Close()
	u.Stage("b", 1, 1) // Starts none again.
	u.Close()
}

func TestSeveralStagesAtOnce(t *testing.T) {
	f := newTerminal(t, nil)
	a := f.Stage("rpm rocky8", 1, 2)
	b := f.Stage("rpm rocky9", 2, 2)
	same(t, f.term.screen(), "[1/2] rpm rocky8  0:00\n[2/2] rpm rocky9  0:00")
	f.clock.advance(time.Second)
	a.Live(3, 9, "patch")
	same(t, f.term.screen(), "[1/2] rpm rocky8  patch  3/9  0:01\n[2/2] rpm rocky9  0:01")
	fmt.Fprintln(f.Out(), "data")
	f.Tick()
	f.clock.advance(time.Second)
	b.Cached("7f3a")
	same(t, f.term.screen(), "data\n[2/2] rpm rocky9  cached  7f3a  2.0 s\n[1/2] rpm rocky8  patch  3/9  0:02")
	a.Done()
	same(t, f.term.screen(), "data\n[2/2] rpm rocky9  cached  7f3a  2.0 s\n[1/2] rpm rocky8  done  2.0 s\n")
}

// Of many, those that have been at work for the longest are shown, and how many others there are: as many as the window has lines for.
func TestManyStagesAtOnce(t *testing.T) {
	for _, tt := range []struct {
		rows int
		want string
	}{
		{0, "s0  0:00\ns1  0:00\ns2  0:00\ns3  0:00\ns4  0:00\ns5  0:00\ns6  0:00\ns7  0:00  (+2)"},
		{50, "s0  0:00\ns1  0:00\ns2  0:00\ns3  0:00\ns4  0:00\ns5  0:00\ns6  0:00\ns7  0:00  (+2)"},
		{4, "s0  0:00\ns1  0:00\ns2  0:00  (+7)"},
		{1, "s0  0:00  (+9)"},
	} {
		f := newTerminal(t, func(o *ui.Options) { o.Height = func() int { return tt.rows } })
		for i := range 10 {
			f.Stage(fmt.Sprintf("s%d", i), 0, 0)
		}
		same(t, f.term.screen(), tt.want)
		f.Close()
		same(t, f.term.screen(), "")
	}
}

// A text about all stages is above theirs.
func TestOverview(t *testing.T) {
	f := newTerminal(t, nil)
	f.Overview("matrix  0/2")
	same(t, f.term.screen(), "")
	f.clock.advance(time.Second)
	s := f.Stage("a", 0, 0)
	same(t, f.term.screen(), "matrix  0/2  0:01\na  0:00")
	f.clock.advance(time.Second)
	f.Overview("matrix  1/2  1 pass")
	same(t, f.term.screen(), "matrix  1/2  1 pass  0:02\na  0:01")
	f.clock.advance(time.Second)
	f.Overview("")
	same(t, f.term.screen(), "a  0:02")
	s.Done()
	f.clock.advance(time.Second)
	f.Overview("another")
	f.Stage("b", 0, 0)
	same(t, f.term.screen(), "a  done  2.0 s\nanother  0:00\nb  0:00")

	low := newTerminal(t, func(o *ui.Options) { o.Height = func() int { return 2 } })
	low.Overview("matrix")
	low.Stage("a", 0, 0)
	same(t, low.term.screen(), "a  0:00")

	p := newPlain(t, nil)
	p.Overview("matrix")
	p.Stage("a", 0, 0).Done()
	same(t, p.err.String(), "a  started\na  done  0.0 s\n")
}

// A terminal that becomes narrower wraps what is there: all of it is erased.
func TestLiveLinesOfANarrowerWindow(t *testing.T) {
	width := 30
	f := newTerminal(t, func(o *ui.Options) { o.Measure = func() int { return width } })
	f.Stage("a stage with a name of 29", 0, 0)
	f.Stage("b", 0, 0)
	width = 10
	f.Close()
	if last := f.term.writes[len(f.term.writes)-1]; strings.Count(last, "\x1b[A") != 3 {
		t.Errorf("a line of three rows and one of one are erased with %q", last)
	}
}

// What is only worth watching is not in a log.
func TestLiveIsNotInALog(t *testing.T) {
	f := newPlain(t, nil)
	s := f.Stage("cell", 0, 0)
	f.clock.advance(time.Minute - time.Second)
	s.Live(3, 9, "patch")
	f.Tick()
	s.Done()
	same(t, f.err.String(), "cell  started\ncell  done  59.0 s\n")
}

func TestAStageEndsOnce(t *testing.T) {
	f := newPlain(t, nil)
	s := f.Stage("patch", 0, 0)
	s.Fail(errors.New("no place\nfor the edit"))
	s.Done()
	s.Cached("x")
	s.Note("late")
	s.Step(1, 2, "late")
	f.clock.advance(time.Hour)
	f.Tick()
	same(t, f.err.String(), "patch  started\npatch  failed  no place  0.0 s\n")
	if got := f.StageTimes(); len(got) != 1 || got[0].State != ui.StateFailed {
		t.Errorf("stage times: %v", got)
	}
}

func TestPlainLinesAreFew(t *testing.T) {
	tests := []struct {
		name  string
		every time.Duration
		steps int
		total int
		want  []string
	}{
		{"a short stage has no progress", 7 * time.Millisecond, 371, 371, nil},
		{
			"ten percent and three seconds", 200 * time.Millisecond, 50, 50,
			[]string{"15/50  0:03", "30/50  0:06", "45/50  0:09"},
		},
		{
			"a slow stage has a line for each 10 percent", 4 * time.Second, 10, 10,
			[]string{
				"1/10  0:04", "2/10  0:08", "3/10  0:12", "4/10  0:16", "5/10  0:20", "6/10  0:24",
				"7/10  0:28", "8/10  0:32", "9/10  0:36", "10/10  0:40",
			},
		},
		{"or each 15 seconds", 5 * time.Second, 6, 600, []string{"3/600  0:15", "6/600  0:30"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newPlain(t, nil)
			s := f.Stage("build", 3, 9)
			for i := range tt.steps {
				f.clock.advance(tt.every)
				s.Step(i+1, tt.total, "")
				f.Tick()
			}
			var want strings.Builder
			want.WriteString("[3/9] build  started\n")
			for _, line := range tt.want {
				want.WriteString("[3/9] build  " + line + "\n")
			}
			same(t, f.err.String(), want.String())
		})
	}
}

func TestPlainSilentStageShowsThatItLives(t *testing.T) {
	f := newPlain(t, nil)
	s := f.Stage("toolchain", 7, 9)
	s.Note("waiting for pid 12")
	for range 130 {
		f.clock.advance(time.Second)
		f.Tick()
	}
	s.Cached("image abc")
	same(t, f.err.String(), `[7/9] toolchain  started
[7/9] toolchain  waiting for pid 12  0:15
[7/9] toolchain  waiting for pid 12  1:15
[7/9] toolchain  cached  waiting for pid 12  image abc  2:10
`)
}

func TestASecondCountStartsAgain(t *testing.T) {
	f := newPlain(t, nil)
	s := f.Stage("build", 1, 1)
	f.clock.advance(4 * time.Second)
	s.Step(9, 9, "cmake")
	f.clock.advance(4 * time.Second)
	s.Step(2, 10, "ninja")
	same(t, f.err.String(), `[1/1] build  started
[1/1] build  cmake  9/9  0:04
[1/1] build  ninja  2/10  0:08
`)
}

func TestBytes(t *testing.T) {
	tests := []struct {
		done, total int64
		want        string
	}{
		{0, 0, ""},
		{512, 0, "  512 B"},
		{1536, 2 << 20, "  1.5 KiB/2.0 MiB"},
		{1023 * 1024, 1 << 30, "  1023.0 KiB/1.0 GiB"},
		{1<<20 - 1, 5 << 40, "  1.0 MiB/5.0 TiB"},
	}
	for _, tt := range tests {
		f := newTerminal(t, nil)
		s := f.Stage("resolve", 1, 9)
		f.clock.advance(time.Second)
		s.Bytes(tt.done, tt.total, "x")
		same(t, f.term.screen(), "[1/9] resolve  x"+tt.want+"  0:01")
	}
}

func TestElapsed(t *testing.T) {
	tests := []struct {
		d          time.Duration
		live, last string
	}{
		{-time.Second, "0:00", "0.0 s"},
		{350 * time.Millisecond, "0:00", "0.3 s"},
		{59*time.Second + 990*time.Millisecond, "0:59", "59.9 s"},
		{time.Minute, "1:00", "1:00"},
		{time.Hour + 2*time.Minute + 3*time.Second, "1:02:03", "1:02:03"},
	}
	for _, tt := range tests {
		f := newTerminal(t, nil)
		s := f.Stage("x", 0, 0)
		f.clock.advance(tt.d)
		f.Tick()
		same(t, f.term.screen(), "x  "+tt.live)
		s.Done()
		same(t, f.term.screen(), "x  done  "+tt.last+"\n")
	}
}

func TestColoursOnlyWhereWanted(t *testing.T) {
	f := newTerminal(t, func(o *ui.Options) { o.NoColor = false })
	f.Stage("a", 0, 0).Done()
	if !strings.Contains(f.term.screen(), "\x1b[32mdone\x1b[0m") {
		t.Errorf("no colour on a terminal: %q", f.term.screen())
	}
	p := newPlain(t, func(o *ui.Options) { o.NoColor = false })
	p.Stage("a", 0, 0).Done()
	if strings.Contains(p.err.String(), "\x1b") {
		t.Errorf("colour in a file: %q", p.err.String())
	}
}

// A plain line does not show 600 columns of a RUN instruction.
func TestPlainLineCutsWhatIsAtWork(t *testing.T) {
	f := newPlain(t, nil)
	s := f.Stage("base", 1, 1)
	f.clock.advance(20 * time.Second)
	s.Step(1, 10, "RUN "+strings.Repeat("x", 600))
	same(t, f.err.String(), "[1/1] base  started\n[1/1] base  RUN "+strings.Repeat("x", 95)+"…  1/10  0:20\n")
}
