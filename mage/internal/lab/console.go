// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Console reads a guest's serial console. It is an io.Writer; its methods may be called
// concurrently.
type Console struct {
	// Progress, if set, is called at the start of each case.
	Progress func(Record)

	mu      sync.Mutex
	line    []byte
	records []Record
	trouble []string // the kernel's messages about its own faults, and damaged records
	tail    []string
	running Record
	heard   time.Time // time of the last record; a failing kernel may print messages forever
}

// NewConsole returns a console that has just been opened.
func NewConsole(progress func(Record)) *Console {
	return &Console{Progress: progress, heard: time.Now()}
}

// fault matches a kernel's messages about its own faults.
var fault = regexp.MustCompile(`Kernel panic|\bOops\b|\bBUG:|general protection fault|unable to handle|` +
	`watchdog: BUG|rcu.*detected stalls|hung_task|blocked for more than|Out of memory`)

const (
	tailLines  = 25
	lineLength = 1 << 20 // the rest of a longer line is dropped
)

// Write implements io.Writer.
func (c *Console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rest := p
	for {
		part, behind, ended := bytes.Cut(rest, []byte{'\n'})
		if len(c.line)+len(part) <= lineLength {
			c.line = append(c.line, part...)
		}
		if !ended {
			return len(p), nil
		}
		c.take(strings.TrimRight(string(c.line), "\r"))
		c.line, rest = c.line[:0], behind
	}
}

func (c *Console) take(line string) {
	r, ok, err := ParseRecord(line)
	switch {
	case err != nil:
		c.trouble = append(c.trouble, err.Error())
	case ok:
		c.heard = time.Now()
		c.records = append(c.records, r)
		if r.Kind == KindStart {
			c.running = r
			if c.Progress != nil {
				c.Progress(r)
			}
		}
		if r.Kind == KindCase {
			c.running = Record{}
		}
		return
	case fault.MatchString(line):
		c.trouble = append(c.trouble, strings.TrimSpace(line))
	}
	if strings.TrimSpace(line) == "" {
		return
	}
	c.tail = append(c.tail, line)
	if len(c.tail) > tailLines {
		c.tail = c.tail[1:]
	}
}

// bootLimit applies until the first case; grace is added to a case's own limit, which the guest
// normally enforces itself.
const (
	bootLimit = 3 * time.Minute
	grace     = 30 * time.Second
)

// Overdue returns by how much a guest without a new record exceeds its limit; it is at most 0
// in time.
func (c *Console) Overdue(now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	limit := bootLimit
	if c.running.Limit > 0 {
		limit = time.Duration(c.running.Limit)*time.Second + grace
	}
	return now.Sub(c.heard) - limit
}

// Outcome is the result of a guest.
type Outcome struct {
	Records []Record
	Ended   bool     // the last record was received
	Running Record   // the case that ran when the guest stopped, if any
	Trouble []string // faults of the kernel and damaged records
	Tail    []string // the console's last lines
}

// Answered reports whether any case has a result: otherwise a table adds nothing to the error.
func (o Outcome) Answered() bool {
	return slices.ContainsFunc(o.Records, func(r Record) bool { return r.Kind == KindCase })
}

// Outcome returns the outcome so far.
func (c *Console) Outcome() Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := Outcome{
		Records: append([]Record(nil), c.records...), Running: c.running,
		Trouble: append([]string(nil), c.trouble...), Tail: append([]string(nil), c.tail...),
	}
	for _, r := range o.Records {
		o.Ended = o.Ended || r.Kind == KindEnd
	}
	return o
}
