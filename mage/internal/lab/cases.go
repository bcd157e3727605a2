// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Case is one test that a guest runs.
type Case struct {
	Name  string
	Title string // for display
	// Full marks a slow case: it only runs with "all" or by its name.
	Full bool
	// Alone marks a case of the provider under test only, without a comparison.
	Alone bool
	// Debug marks a case that needs the provider's module built for debugging.
	Debug bool
	// LessIsBetter applies to a measured value.
	LessIsBetter bool
	Limit        time.Duration // after which it hangs
}

const (
	short = 60 * time.Second
	long  = 10 * time.Minute
)

// Cases lists all cases in the order in which they run: first those that others depend on, then
// those that change the guest, slow ones last.
func Cases() []Case {
	return slices.Concat(discovery(), pingpongs(), connections(), exercises(), perftests(), fullCases())
}

// CaseOf finds a case by its name.
func CaseOf(name string) (Case, bool) {
	for _, c := range Cases() {
		if c.Name == name {
			return c, true
		}
	}
	return Case{}, false
}

func discovery() []Case {
	return []Case{
		{Name: "driver-id", Title: "netlink reports the driver id", Limit: short},
		{Name: "ibv_devices", Title: "ibv_devices lists the device", Limit: short},
		{Name: "ibv_devinfo", Title: "ibv_devinfo -v shows an active port", Limit: short},
		{Name: "claimed", Title: "the calls go to the provider's own module", Limit: short},
		{Name: "renamed", Title: "a renamed device is matched by its id", Alone: true, Limit: short},
		{Name: "other-id", Title: "another driver's id is left alone", Alone: true, Limit: short},
		{Name: "id-only", Title: "the id alone is enough", Alone: true, Limit: short},
		{Name: "name-only", Title: "the name is enough for a driver without an id", Alone: true, Limit: short},
		{Name: "foreign-abi", Title: "a foreign kernel ABI is refused", Alone: true, Limit: short},
		{Name: "without-stock", Title: "works without the stock provider", Alone: true, Limit: short},
		{Name: "without-driver", Title: "without its .driver file the device is not claimed", Alone: true, Limit: short},
		{Name: "diagnose", Title: "diagnose says what libibverbs does with it, and why", Alone: true, Limit: 2 * short},
		{Name: "asyncwatch", Title: "ibv_asyncwatch sees the link go down and up", Limit: short},
	}
}

// pingpongs are libibverbs' examples: plain, with events (-e), and with the new post-send API
// (-N) if the example has it.
func pingpongs() []Case {
	const plain, events = "", "-events"
	var cases []Case
	for _, kind := range []struct {
		name string
		ways []string
	}{
		{"rc", []string{plain, events, "-new-post"}},
		{"uc", []string{plain, events}},
		{"ud", []string{plain, events}},
		{"srq", []string{plain, events}},
		{"xsrq", []string{plain, events}},
	} {
		for _, way := range kind.ways {
			cases = append(cases, Case{
				Name: kind.name + "_pingpong" + way, Limit: short,
				Title: "ibv_" + kind.name + "_pingpong" + strings.ReplaceAll(way, "-", " "),
			})
		}
	}
	return cases
}

func connections() []Case {
	return titled("%s over the connection manager", "rping", "ucmatose", "udaddy", "cmtime")
}

func exercises() []Case {
	const limit = 2 * time.Minute
	return []Case{
		{Name: "opcodes", Title: "every opcode on RC, UC and UD, data checked", Limit: limit},
		{Name: "length", Title: "completions report the right length", Limit: limit},
		{Name: "wrap", Title: "queues of every size wrap", Limit: limit},
		{Name: "doorbell", Title: "a posted request is picked up", Limit: limit},
		{Name: "flush", Title: "outstanding work is flushed with an error", Limit: limit},
		{Name: "rnr", Title: "a receiver that is not ready", Limit: limit},
		{Name: "remote-errors", Title: "access, protection and length errors report the right status", Limit: limit},
		{Name: "bad-input", Title: "invalid calls return the man page's errno", Limit: limit},
		{Name: "cq", Title: "completion events, resize", Limit: limit},
		{Name: "cqex", Title: "extended completion queues", Limit: limit},
		{Name: "srq", Title: "shared receive queues", Limit: limit},
		{Name: "multicast", Title: "multicast datagrams", Limit: limit},
		{Name: "async", Title: "asynchronous events", Limit: limit},
		{Name: "fork", Title: "the parent keeps working after a fork", Limit: limit},
		{Name: "threads", Title: "threads share a queue", Limit: limit},
		{Name: "kernel-error", Title: "requests posted to a QP that the kernel moved to error are flushed", Limit: limit},
		{Name: "reset-race", Title: "a reset wins over a flush under way", Limit: limit},
		{Name: "lost-doorbell", Title: "requests are sent once, even if the doorbell fails", Limit: limit},
		{Name: "lost-ring", Title: "a resized queue that cannot be mapped", Limit: limit},
		{Name: "slow-path", Title: "no thread spins while another is in the kernel", Limit: limit},
	}
}

func perftests() []Case {
	return titled("perftest's %s",
		"ib_send_bw", "ib_send_lat", "ib_write_bw", "ib_write_lat",
		"ib_read_bw", "ib_read_lat", "ib_atomic_bw", "ib_atomic_lat")
}

func titled(format string, names ...string) []Case {
	cases := make([]Case, 0, len(names))
	for _, name := range names {
		cases = append(cases, Case{Name: name, Title: fmt.Sprintf(format, name), Limit: short})
	}
	return cases
}

// The cases whose results are compared between devices.
const (
	CaseSuite   = "suite"
	CaseRate    = "message-rate"
	CaseLatency = "latency"
)

func fullCases() []Case {
	return []Case{
		{Name: CaseRate, Title: "perftest's message rate, 64 bytes", Full: true, Limit: long},
		{Name: CaseLatency, Title: "perftest's latency, 64 bytes", Full: true, LessIsBetter: true, Limit: long},
		{Name: "valgrind", Title: "valgrind finds nothing in a debug build", Full: true, Debug: true, Alone: true, Limit: long},
		{Name: "resources", Title: "creating and destroying objects leaks nothing", Full: true, Alone: true, Limit: long},
		{Name: CaseSuite, Title: "rdma-core's own suite", Full: true, Limit: long},
		{Name: "soak", Title: "the soak: every opcode, random sizes", Full: true, Alone: true, Limit: 3 * long},
	}
}

// The selections that are not names of cases.
const (
	SelectFast = "fast"
	SelectAll  = "all"
)

// UnknownCaseError says that no case has the name.
type UnknownCaseError struct{ Name string }

// Error implements error.
func (e *UnknownCaseError) Error() string {
	names := []string{SelectFast, SelectAll}
	for _, c := range Cases() {
		names = append(names, c.Name)
	}
	return fmt.Sprintf("unknown case %q: known are %s", e.Name, strings.Join(names, ", "))
}

// NeedDebug reports whether one of the cases needs the provider's module compiled without
// optimisation.
func NeedDebug(cases []Case) bool {
	return slices.ContainsFunc(cases, func(c Case) bool { return c.Debug })
}

// Select returns the cases of a selection: fast, all, or names of cases
// separated by commas, in the order in which they run.
//
// Errors: *UnknownCaseError.
func Select(selection string) ([]Case, error) {
	want := map[string]bool{}
	for name := range strings.SplitSeq(selection, ",") {
		want[strings.TrimSpace(name)] = true
	}
	var chosen []Case
	for _, c := range Cases() {
		if want[c.Name] || want[SelectAll] || want[SelectFast] && !c.Full {
			chosen = append(chosen, c)
		}
		delete(want, c.Name)
	}
	delete(want, SelectAll)
	delete(want, SelectFast)
	for name := range want {
		return nil, &UnknownCaseError{Name: name}
	}
	return chosen, nil
}
