// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

// suiteScripts is the directory of rdma-core's suite in packages.
const suiteScripts = "/usr/share/doc/rdma-core*/tests/run_tests.py"

// event is a line of the recorder.
type event struct {
	Plan   []string  `json:"plan"`
	Start  string    `json:"start"`
	Test   string    `json:"test"`
	State  lab.State `json:"state"`
	Reason string    `json:"reason"`
}

// suiteRun is a suite on one device. It may need several interpreters: if a test hangs or kills
// one, the following tests still run.
type suiteRun struct {
	g       *guest
	device  lab.Device
	script  string
	plan    []string
	done    map[string]lab.Record
	running string
}

// suite runs rdma-core's own tests; each is a record of its own.
func suite(ctx context.Context, g *guest, d lab.Device) lab.Record {
	scripts, err := filepath.Glob(g.path(suiteScripts))
	if err != nil || len(scripts) == 0 {
		return g.absent(ctx, suiteScripts)
	}
	gid, err := g.gidIndex(d.Name)
	if err != nil {
		return failed("%v", err)
	}
	run := &suiteRun{g: g, device: d, script: scripts[0], done: map[string]lab.Record{}}
	rest := g.plan.Suite
	for first := true; first || len(rest) > 0; first = false {
		e := run.interpret(ctx, gid, rest)
		if run.plan == nil {
			return failed("the suite does not start: %s", e.evidence())
		}
		if ctx.Err() != nil {
			return failed("the suite ran out of time")
		}
		if run.running != "" {
			run.report(event{Test: run.running, State: lab.Fail, Reason: "ends or hangs the interpreter: " + e.evidence()})
		}
		if rest = run.left(); len(rest) > 0 && run.running == "" {
			return failed("the suite ended with %d tests left: %s", len(rest), e.evidence())
		}
	}
	return run.summary()
}

// interpret runs the given tests, or all if none are named, until they end, one hangs, or the
// interpreter dies.
func (s *suiteRun) interpret(ctx context.Context, gid int, tests []string) ended {
	out := s.g.path("/tmp/suite.json")
	s.running = ""
	_ = os.Remove(out)
	argv := []string{
		s.g.python(), s.g.path(lab.Recorder), out, s.script, "--dev", s.device.Name, "--gid", strconv.Itoa(gid), "-v",
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	p := launch(ctx, append(argv, tests...)...)
	ends := make(chan ended, 1)
	go func() { ends <- p.wait() }()
	e := s.follow(out, ends, stop)
	s.g.show(argv, e)
	return e
}

// platformPython is the Python of Enterprise Linux's own programs. EL 8 has no other one unless somebody installs it, and its
// packages, pyverbs among them, are compiled for this one.
const platformPython = "/usr/libexec/platform-python"

// python is the interpreter that the packages' modules are compiled for.
func (g *guest) python() string {
	file := g.path(platformPython)
	if _, err := os.Stat(file); err == nil {
		return file
	}
	return "python3"
}

// follow reads the recorder's lines while it runs.
func (s *suiteRun) follow(file string, ends chan ended, stop context.CancelCauseFunc) ended {
	const patience, pause = 90 * time.Second, 50 * time.Millisecond
	var read int64
	last := s.g.now()
	for {
		var e ended
		over := false
		select {
		case e = <-ends:
			over = true
		case <-s.g.after(pause):
		}
		n := s.take(file, read)
		if n > read {
			read, last = n, s.g.now()
		}
		if over {
			return e
		}
		if s.g.now().Sub(last) > patience {
			stop(fmt.Errorf("%s printed nothing for %v", s.running, patience))
		}
	}
}

// take reads the complete lines after an offset and returns the new offset.
func (s *suiteRun) take(file string, from int64) int64 {
	f, err := os.Open(file)
	if err != nil {
		return from // not there yet
	}
	defer f.Close()
	if _, err := f.Seek(from, 0); err != nil {
		return from
	}
	r := bufio.NewReader(f)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return from
		}
		from += int64(len(line))
		var ev event
		if json.Unmarshal(line, &ev) == nil {
			s.handle(ev)
		}
	}
}

func (s *suiteRun) handle(ev event) {
	switch {
	case ev.Plan != nil && s.plan == nil:
		s.plan = ev.Plan
	case ev.Start != "":
		s.running = ev.Start
	case ev.Test != "":
		s.report(ev)
		s.running = ""
	}
}

// report records a test; if it has several results, as with subtests, a failure takes
// precedence.
func (s *suiteRun) report(ev event) {
	if s.done[ev.Test].State == lab.Fail {
		return
	}
	r := lab.Record{
		Kind: lab.KindTest, Case: lab.CaseSuite, Test: ev.Test, Device: s.device.Name, State: ev.State, Evidence: ev.Reason,
	}
	s.done[ev.Test] = r
	s.g.record(r)
}

func (s *suiteRun) left() []string {
	var rest []string
	for _, name := range s.plan {
		if _, ok := s.done[name]; !ok {
			rest = append(rest, name)
		}
	}
	return rest
}

// summary counts the results. Failures are judged later, next to the other device's results.
func (s *suiteRun) summary() lab.Record {
	count := map[lab.State]int{}
	for _, r := range s.done {
		count[r.State]++
	}
	return passed("%d passed, %d failed, %d skipped", count[lab.Pass], count[lab.Fail], count[lab.Unsupported])
}
