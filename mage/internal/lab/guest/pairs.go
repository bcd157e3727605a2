// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

// port is the default port of libibverbs' examples and perftest.
const port = 18515

// lacking matches programs' messages about unsupported features of a device.
var lacking = regexp.MustCompile(`(?i)not supported|doesn't support|open XRC|XRC domain|\bENOSYS\b|not implemented`)

// serve runs a server and a client that connect over TCP, and returns the client's end.
func (g *guest) serve(ctx context.Context, argv ...string) (ended, error) {
	if !present(argv[0]) {
		return ended{}, &absentError{program: argv[0]}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	server := launch(ctx, argv...)
	done := make(chan ended, 1)
	go func() { done <- server.wait() }()
	if e, over := g.listening(done); over {
		g.show(argv, e)
		return e, &pairError{"the server, before it listens", e}
	}
	client := g.run(ctx, append(argv, "127.0.0.1")...)
	if !client.ok() {
		stop()
	}
	e := <-done
	g.show(argv, e)
	switch {
	case !client.ok():
		return client, &pairError{"client", client}
	case !e.ok():
		return client, &pairError{"server", e}
	}
	return client, nil
}

// absentError says that the distribution lacks a program.
type absentError struct{ program string }

func (e *absentError) Error() string { return "no " + e.program + " in this distribution" }

// pairError says which of two programs failed.
type pairError struct {
	who string
	how ended
}

func (e *pairError) Error() string { return e.who + ": " + e.how.evidence() }

// listening waits until the port is open, or the server has ended.
func (m machine) listening(done chan ended) (ended, bool) {
	const pause = 10 * time.Millisecond
	for {
		select {
		case e := <-done:
			done <- e
			return e, true
		case <-m.after(pause):
		}
		for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
			if data, err := os.ReadFile(m.path(table)); err == nil && hasListener(string(data)) {
				return ended{}, false
			}
		}
	}
}

func hasListener(table string) bool {
	const local, state, listen = 1, 3, "0A"
	suffix := fmt.Sprintf(":%04X", port)
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) > state && strings.HasSuffix(f[local], suffix) && f[state] == listen {
			return true
		}
	}
	return false
}

// pingpong runs one of libibverbs' examples with the options in the case's name.
func pingpong(name string) single {
	program, way, _ := strings.Cut(name, "_pingpong")
	extra := map[string][]string{"": {"-c"}, "-events": {"-e"}, "-new-post": {"-c", "-N"}}[way]
	if program == "xsrq" {
		extra = []string{}
		if way != "" {
			extra = []string{"-e"}
		}
	}
	return func(ctx context.Context, g *guest, d lab.Device) lab.Record {
		gid, err := g.gidIndex(d.Name)
		if err != nil {
			return failed("%v", err)
		}
		argv := append([]string{"ibv_" + program + "_pingpong", "-d", d.Name, "-g", strconv.Itoa(gid), "-n", "60"}, extra...)
		client, err := g.serve(ctx, argv...)
		return g.outcome(ctx, client, err, firstMatch(client.out, "bytes in"))
	}
}

// outcome judges a pair of programs.
func (g *guest) outcome(ctx context.Context, client ended, err error, evidence string) lab.Record {
	absent, isAbsent := errors.AsType[*absentError](err)
	switch {
	case isAbsent:
		return g.absent(ctx, "/usr/*bin/"+absent.program)
	case err != nil && lacking.MatchString(client.out):
		return unsupported(lab.NoFeature, "%s", firstLike(client.out, lacking))
	case err != nil:
		return failed("%v", err)
	}
	return passed("%s", evidence)
}

func firstMatch(out, words string) string {
	for line := range strings.Lines(out) {
		if strings.Contains(line, words) {
			return strings.TrimSpace(line)
		}
	}
	return lastLine(out)
}

func firstLike(out string, want *regexp.Regexp) string {
	for line := range strings.Lines(out) {
		if want.MatchString(line) {
			return strings.TrimSpace(line)
		}
	}
	return lastLine(out)
}

// overCM runs a server and a client of librdmacm's examples. Both get the device's address as
// the last argument, and in place of an "@".
func overCM(program string, server, client []string) single {
	return func(ctx context.Context, g *guest, d lab.Device) lab.Record {
		if !present(program) {
			return g.absent(ctx, "/usr/*bin/"+program)
		}
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		argv := withAddress(program, server, d)
		p := launch(ctx, argv...)
		done := make(chan ended, 1)
		go func() { done <- p.wait() }()
		last := g.untilAccepted(ctx, withAddress(program, client, d))
		if !last.ok() {
			stop()
		}
		e := <-done
		g.show(argv, e)
		switch {
		case !last.ok():
			return failed("client: %s", last.evidence())
		case !e.ok():
			return failed("server: %s", e.evidence())
		}
		return passed("both ends exit with 0")
	}
}

// cmtime has had three sets of options. Since 57 it also measures connections
// with made-up queue pair numbers, which have to differ between two ends on one
// device; since 60 its ends find each other through a controller.
func cmtime(ctx context.Context, g *guest, d lab.Device) lab.Record {
	usage := launch(ctx, "cmtime", "-?").wait().out
	server, client := []string{"-c", "10"}, []string{"-c", "10"}
	if strings.Contains(usage, "base_qpn") {
		server, client = append(server, "-q", "2000"), append(client, "-q", "5000")
	}
	if strings.Contains(usage, "controller_address") {
		const controller = "127.0.0.1"
		server, client = append(server, "-L", "-C", controller), append(client, "-C", controller)
		return overCM("cmtime", append(server, "-b"), append(client, "-b"))(ctx, g, d)
	}
	return overCM("cmtime", append(server, "-b"), append(client, "-b", "@", "-s"))(ctx, g, d)
}

func withAddress(program string, args []string, d lab.Device) []string {
	argv := []string{program}
	for _, a := range append(args, "@") {
		argv = append(argv, strings.ReplaceAll(a, "@", address(d)))
	}
	return argv
}

// untilAccepted runs a client repeatedly until its server listens, which cannot be observed
// otherwise.
func (g *guest) untilAccepted(ctx context.Context, argv []string) ended {
	const tries, pause = 8, 250 * time.Millisecond
	var e ended
	for range tries {
		select {
		case <-ctx.Done():
			return e
		case <-g.after(pause):
		}
		if e = g.run(ctx, argv...); e.ok() {
			return e
		}
	}
	return e
}
