// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limit is a resource limit of one container. Limits are generous: they only stop what would exhaust the machine.
type Limit string

// The limits.
const (
	LimitMemory    Limit = "memory"    // bytes, swap included
	LimitProcesses Limit = "processes" // processes and threads at once
	LimitLog       Limit = "log"       // bytes of output
	LimitOutput    Limit = "output"    // bytes of files that are copied out
	LimitTime      Limit = "time"      // from the start of the command, or of a build
)

// Limits bounds each container and each build of an image. 0 means the default, a negative value means unlimited.
type Limits struct {
	Memory, Processes, Log, Output int64
	Time                           time.Duration
}

// The defaults. That of memory is three quarters of the engine's machine.
const (
	defaultProcesses = 16384
	defaultLog       = 512 << 20
	defaultOutput    = 8 << 30
	defaultTime      = 4 * time.Hour
	defaultMemory    = 16 << 30 // if the engine does not report its memory
	unlimited        = "unlimited"
)

// Setting is the environment variable that sets the limit.
func (l Limit) Setting() string { return "VERBSMITH_MAX_" + strings.ToUpper(string(l)) }

// Settings lists the variables that [ReadLimits] reads.
func Settings() []string {
	var names []string
	for _, l := range []Limit{LimitMemory, LimitProcesses, LimitLog, LimitOutput, LimitTime} {
		names = append(names, l.Setting())
	}
	return names
}

// ReadLimits reads the settings: sizes in bytes or with k, m, g or t for KiB and so on, a number of processes, a
// duration such as 90m, or "unlimited". What is not set is 0. The error names each invalid one.
func ReadLimits(setting func(name string) string) (Limits, error) {
	var limits Limits
	var errs []error
	read := func(l Limit, into *int64, parse func(string) (int64, error), want string) {
		text := setting(l.Setting())
		switch text {
		case "":
			return
		case unlimited:
			*into = -1
			return
		}
		n, err := parse(text)
		if err != nil || n <= 0 {
			errs = append(errs, fmt.Errorf("%s: want %s or %s, got %.200q", l.Setting(), want, unlimited, text))
			return
		}
		*into = n
	}
	const size = "a size such as 512m or 16g"
	read(LimitMemory, &limits.Memory, parseSize, size)
	read(LimitProcesses, &limits.Processes, func(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) }, "a number")
	read(LimitLog, &limits.Log, parseSize, size)
	read(LimitOutput, &limits.Output, parseSize, size)
	read(LimitTime, (*int64)(&limits.Time), func(text string) (int64, error) {
		d, err := time.ParseDuration(text)
		return int64(d), err
	}, "a duration such as 90m or 4h")
	return limits, errors.Join(errs...)
}

func parseSize(text string) (int64, error) {
	digits := strings.TrimRight(strings.ToLower(text), "kmgt")
	unit := strings.Index("kmgt", strings.ToLower(text)[len(digits):]) // -1: not a unit
	shift := 0
	switch {
	case len(text)-len(digits) > 1 || unit < 0:
		return 0, strconv.ErrSyntax
	case len(digits) < len(text):
		shift = 10 * (unit + 1)
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err == nil && n > math.MaxInt64>>shift {
		err = strconv.ErrRange
	}
	return n << shift, err
}

// or returns the limits with their defaults, on a machine with that much memory.
func (l Limits) or(machine int64) Limits {
	if machine <= 0 {
		machine = defaultMemory / 3 * 4
	}
	return l.over(Limits{
		Memory: machine / 4 * 3, Processes: defaultProcesses, Log: defaultLog, Output: defaultOutput, Time: defaultTime,
	})
}

// over returns these limits, with those of others where they are not set.
func (l Limits) over(others Limits) Limits {
	for _, set := range []struct {
		value *int64
		other int64
	}{
		{&l.Memory, others.Memory},
		{&l.Processes, others.Processes},
		{&l.Log, others.Log},
		{&l.Output, others.Output},
		{(*int64)(&l.Time), int64(others.Time)},
	} {
		if *set.value == 0 {
			*set.value = set.other
		}
		*set.value = max(0, *set.value)
	}
	return l
}

// clock returns a context that ends when the time is over, with a *LimitError as its cause. It has no deadline,
// because a connection that is being opened would report one as "i/o timeout" before the context has ended.
func (l Limits) clock(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if l.Time == 0 {
		return ctx, func() { cancel(nil) }
	}
	over := time.AfterFunc(l.Time, func() { cancel(l.met(LimitTime)) })
	return ctx, func() {
		over.Stop()
		cancel(nil)
	}
}

// value is a limit in readable form.
func (l Limits) value(limit Limit) string {
	switch limit {
	case LimitMemory:
		return sizeText(l.Memory)
	case LimitProcesses:
		return strconv.FormatInt(l.Processes, 10)
	case LimitLog:
		return sizeText(l.Log)
	case LimitOutput:
		return sizeText(l.Output)
	case LimitTime:
		return l.Time.String()
	}
	return ""
}

func sizeText(n int64) string {
	if n == 0 {
		return "" // the engine's machine is the limit
	}
	for shift, unit := range []string{"bytes", "KiB", "MiB", "GiB"} {
		if n < 10<<(10*(shift+1)) || unit == "GiB" {
			return fmt.Sprintf("%d %s", n>>(10*shift), unit)
		}
	}
	return ""
}

// LimitError says that a container, or a build of an image, reached one of its limits.
type LimitError struct {
	Limit Limit
	Value string // in readable form, e.g. "16 GiB"; "" if it is the machine's memory
}

// Error names the limit and its value.
func (e *LimitError) Error() string {
	met := map[Limit]string{
		LimitMemory:    "out of memory: the kernel killed a process in it",
		LimitProcesses: "it has reached its limit of processes",
		LimitLog:       "its output is too long",
		LimitOutput:    "its output files are too large",
		LimitTime:      "it ran out of time",
	}[e.Limit]
	if e.Value == "" {
		return met
	}
	return fmt.Sprintf("%s (limit: %s)", met, e.Value)
}

// Advice says how to raise the limit.
func (e *LimitError) Advice() string {
	raise := fmt.Sprintf("%s sets this limit (%s: no limit)", e.Limit.Setting(), unlimited)
	if e.Limit == LimitMemory {
		return "give the machine, or the engine's virtual machine, more memory, or build with fewer jobs; " + raise
	}
	return raise
}

// LimitMark begins the line that a container's main process prints last if the kernel's counters say that a limit was
// met, because an engine does not report all of them. The limit's name follows.
const LimitMark = "verbsmith: limit met: "

// markedLimit returns the limit that the last lines of output report, or "".
func markedLimit(lines []string) Limit {
	for _, line := range slices.Backward(lines) {
		if name, ok := strings.CutPrefix(line, LimitMark); ok {
			if limit := Limit(name); limit == LimitMemory || limit == LimitProcesses {
				return limit
			}
		}
	}
	return ""
}

// met returns the error for one of these limits.
func (l Limits) met(limit Limit) *LimitError {
	return &LimitError{Limit: limit, Value: l.value(limit)}
}

// logBudget counts output before it is written.
type logBudget struct {
	limits Limits
	left   int64
}

func (l Limits) logBudget() *logBudget { return &logBudget{l, l.Log} }

// Write implements io.Writer: it fails once the limit is met.
func (b *logBudget) Write(p []byte) (int, error) {
	if b.limits.Log == 0 {
		return len(p), nil
	}
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, b.limits.met(LimitLog)
	}
	return len(p), nil
}

// Limits on what a container may hand out. An archive of rdma-core has a few thousand files.
const (
	maxEntries = 200_000 // files, links and directories, including those that only occur in paths
	maxName    = 4096    // bytes of a name or a link's target
	maxDepth   = 64      // directories above a file
)

// outputBudget counts the files that a run copies out, over all its outputs.
type outputBudget struct {
	limits  Limits
	left    int64 // bytes
	entries int
}

func (l Limits) outputBudget() *outputBudget { return &outputBudget{l, l.Output, maxEntries} }

// take counts a file before any of it is written.
func (b *outputBudget) take(size int64) error {
	if b.limits.Output == 0 {
		return nil
	}
	if size > b.left {
		return b.limits.met(LimitOutput)
	}
	b.left -= size
	return nil
}
