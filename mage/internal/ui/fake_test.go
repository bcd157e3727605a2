// SPDX-License-Identifier: Apache-2.0

package ui_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

// fakeClock is a clock that moves when told.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// fakeTerminal understands what the UI needs of a terminal: line feed, carriage return, erase to the end of the line,
// cursor up from an empty last line.
// Each write is recorded with the screen after it.
type fakeTerminal struct {
	mu     sync.Mutex
	lines  []string
	column int
	writes []string
}

func (f *fakeTerminal) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writes = append(f.writes, string(p))
	if len(f.lines) == 0 {
		f.lines = []string{""}
	}
	for rest := string(p); rest != ""; {
		last := &f.lines[len(f.lines)-1]
		switch {
		case rest[0] == '\r':
			f.column, rest = 0, rest[1:]
		case rest[0] == '\n':
			f.lines = append(f.lines, "")
			f.column, rest = 0, rest[1:]
		case strings.HasPrefix(rest, "\x1b[K"):
			*last, rest = (*last)[:f.column], rest[3:]
		case strings.HasPrefix(rest, "\x1b[A"):
			if rest = rest[3:]; *last == "" && len(f.lines) > 1 { // nothing is above the first line
				f.lines = f.lines[:len(f.lines)-1]
			}
		default:
			end := strings.IndexAny(rest, "\r\n")
			if end < 0 {
				end = len(rest)
			}
			if i := strings.Index(rest[:end], "\x1b[K"); i > 0 {
				end = i
			}
			*last = (*last)[:f.column] + rest[:end]
			f.column += end
			rest = rest[end:]
		}
	}
	return len(p), nil
}

func (f *fakeTerminal) screen() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.lines, "\n")
}

type fixture struct {
	*ui.UI

	clock *fakeClock
	term  *fakeTerminal
}

// newTerminal is a UI on a fake terminal that takes results too, without colours unless edit asks for them.
func newTerminal(t *testing.T, edit func(*ui.Options)) fixture {
	t.Helper()
	f := fixture{clock: &fakeClock{now: time.Unix(1700000000, 0)}, term: &fakeTerminal{}}
	opts := ui.Options{Out: f.term, Err: f.term, Terminal: true, OutTerminal: true, NoColor: true, Width: 60, Now: f.clock.Now}
	if edit != nil {
		edit(&opts)
	}
	f.UI = ui.New(opts)
	t.Cleanup(f.Close)
	return f
}

type plainFixture struct {
	*ui.UI

	clock    *fakeClock
	out, err *bytes.Buffer
}

// newPlain is a UI as a pipe or a CI log gets it.
func newPlain(t *testing.T, edit func(*ui.Options)) plainFixture {
	t.Helper()
	f := plainFixture{
		clock: &fakeClock{now: time.Unix(1700000000, 0)}, out: &bytes.Buffer{}, err: &bytes.Buffer{},
	}
	opts := ui.Options{Out: f.out, Err: f.err, Now: f.clock.Now}
	if edit != nil {
		edit(&opts)
	}
	f.UI = ui.New(opts)
	t.Cleanup(f.Close)
	return f
}

// same compares and shows both texts whole.
func same(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s\n(got %q)", got, want, got)
	}
}
