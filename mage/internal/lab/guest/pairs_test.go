// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

func TestPingpong(t *testing.T) {
	b := newBed(t)
	const arguments = `echo "8 bytes in 1 second: $*"`
	for name, want := range map[string]string{
		"rc_pingpong": "-d rib0 -g 2 -n 60 -c 127.0.0.1", "rc_pingpong-events": "-n 60 -e 127.0.0.1", "rc_pingpong-new-post": "-n 60 -c -N 127.0.0.1",
		"xsrq_pingpong": "-n 60 127.0.0.1", "xsrq_pingpong-events": "-n 60 -e 127.0.0.1",
	} {
		program, _, _ := strings.Cut(name, "-")
		b.pair("ibv_"+program, "exit 0", arguments)
		b.plan.Devices = b.plan.Devices[:1]
		b.runCaseOn(name, lab.Pass, want)
	}
	b.plan.Devices = lab.Devices("rib", 21)
	b.runs("ud_pingpong", lab.Unsupported, "no installed package has /usr/*bin/ibv_ud_pingpong")
	b.pair("ibv_ud_pingpong", "exit 0", "echo 'Failed status'; exit 1")
	b.runs("ud_pingpong", lab.Fail, "client: exit status 1: Failed status")
	b.pair("ibv_ud_pingpong", "exit 0", "echo ' Operation not supported '; exit 1")
	b.runs("ud_pingpong", lab.Unsupported, "Operation not supported")
	b.pair("ibv_ud_pingpong", "echo lost; exit 4", arguments)
	b.runs("ud_pingpong", lab.Fail, "server: exit status 4: lost")
	b.gids("rib0", "IB/RoCE v1\n")
	b.gids("rxe0", "IB/RoCE v1\n")
	b.step = time.Minute
	b.runs("ud_pingpong", lab.Fail, "GID table")
}

// runCaseOn runs a case on the only device.
func (b *bed) runCaseOn(name string, state lab.State, evidence string) {
	b.t.Helper()
	b.console()
	b.runCase(b.t.Context(), name)
	if all := b.records("/console"); len(all) != 1 || all[0].State != state || !strings.Contains(all[0].Evidence, evidence) {
		b.t.Errorf("%s: got %+v, want %s, %q", name, all, state, evidence)
	}
}

// A server that ends before anybody listens has failed, and no client waits for it.
func TestServerThatDoesNotListen(t *testing.T) {
	b := newBed(t)
	if err := os.Remove(b.path("/proc/net/tcp")); err != nil {
		t.Fatal(err)
	}
	b.program("ibv_uc_pingpong", "echo no memory; exit 1")
	b.runs("uc_pingpong", lab.Fail, "the server, before it listens: exit status 1: no memory")
}

func TestOverCM(t *testing.T) {
	b := newBed(t)
	b.plan.Devices = b.plan.Devices[:1]
	b.runCaseOn("rping", lab.Unsupported, "no installed package has /usr/*bin/rping")
	first := b.path("/first")
	// The client that comes too early fails, and is tried again.
	b.program("rping", "case $1 in\n-s) test \"$*\" = '-s -V -C 20 -a 10.44.0.1'; code=$?; while ! test -e "+first+"; do sleep 0.01; done; exit $code ;;\n"+
		"-c) test \"$*\" = '-c -V -C 20 -a 10.44.0.1' && if test -e "+first+".early; then touch "+first+"; else touch "+first+".early; exit 1; fi ;;\nesac")
	b.runCaseOn("rping", lab.Pass, "both ends exit with 0")
	b.program("udaddy", "test \"$*\" = '-b 10.44.0.1' && exec sleep 60; exit 5")
	b.runCaseOn("udaddy", lab.Fail, "client: exit status 5")
	b.program("ucmatose", "test \"$*\" = '-b 10.44.0.1' && exit 6; exit 0")
	b.runCaseOn("ucmatose", lab.Fail, "server: exit status 6")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(errors.New("over"))
	if e := b.untilAccepted(ctx, []string{"none"}); e.out != "" {
		t.Errorf("a client runs after the end: %+v", e)
	}
}

// The options of cmtime are those of its release.
func TestCmtime(t *testing.T) {
	for usage, want := range map[string][]string{
		"usage":                       {"-c 10 -b 10.44.0.1", "-c 10 -b 10.44.0.1 -s 10.44.0.1"},
		"base_qpn":                    {"-c 10 -q 2000 -b 10.44.0.1", "-c 10 -q 5000 -b 10.44.0.1 -s 10.44.0.1"},
		"base_qpn controller_address": {"-c 10 -q 2000 -L -C 127.0.0.1 -b 10.44.0.1", "-c 10 -q 5000 -C 127.0.0.1 -b 10.44.0.1"},
	} {
		b := newBed(t)
		b.plan.Devices = b.plan.Devices[:1]
		b.program("cmtime", fmt.Sprintf("case \"$*\" in\n-?) echo %q ;;\n%q) ;;\n%q) ;;\n*) exit 9 ;;\nesac", usage, want[0], want[1]))
		b.runCaseOn("cmtime", lab.Pass, "both ends")
	}
}

// result is what perftest prints, with a value in the fifth column.
func result(value string) string {
	return "printf ' #bytes #iterations\\n 64 100 5.2 5.0 " + value + "\\n'"
}

func TestPerftest(t *testing.T) {
	b := newBed(t)
	b.pair("ib_send_bw", "exit 0", result("0.08"))
	b.runs("ib_send_bw", lab.Pass, "0.08 Mpps")
	b.pair("ib_send_lat", "exit 0", result("12.5"))
	b.runs("ib_send_lat", lab.Pass, "12.5 us typical")
	b.pair("ib_atomic_bw", "exit 0", `case "$*" in *" -s "*) exit 1 ;; esac; `+result("0.01"))
	b.runs("ib_atomic_bw", lab.Pass, "0.01 Mpps")
	b.pair("ib_write_bw", "exit 0", "echo nothing")
	b.runs("ib_write_bw", lab.Fail, "ib_write_bw succeeded without a result")
	b.runs("ib_read_bw", lab.Unsupported, "no installed package has /usr/*bin/ib_read_bw")
}

func TestMeasuredValues(t *testing.T) {
	b := newBed(t)
	mine := b.plan.Devices[0]
	b.pair("ib_send_bw", "exit 0", result("0.5"))
	if v, err := messageRate(t.Context(), b.guest, mine); v != 5e5 || err != nil {
		t.Errorf("the rate is %v, %v", v, err)
	}
	b.pair("ib_send_lat", "exit 0", result("inf"))
	if _, err := latency(t.Context(), b.guest, mine); err == nil || !strings.Contains(err.Error(), "not a measured value, 3 times over") {
		t.Errorf("got %v", err)
	}
	// What was measured nothing of is measured again.
	again := "if test -e " + b.path("/once") + "; then " + result("7.5") + "; else touch " + b.path("/once") + "; " + result("0.000000") + "; fi"
	b.pair("ib_send_lat", "exit 0", again)
	if v, err := latency(t.Context(), b.guest, mine); v != 7.5 || err != nil {
		t.Errorf("the latency is %v, %v", v, err)
	}
}

// rounds measures with given values on the bed's two devices, and gives the calls and the records.
func (b *bed) rounds(c lab.Case, values func(n int, d lab.Device) (float64, error)) (order []string, all []lab.Record) {
	b.t.Helper()
	b.console()
	side := sideBySide(func(_ context.Context, _ *guest, d lab.Device) (float64, error) {
		order = append(order, d.Name)
		return values(len(order), d)
	})
	side.run(b.t.Context(), b.guest, c, b.plan.Devices)
	return order, b.records("/console")
}

// The devices are measured in turn, each round beginning with the other, and again while it speaks against the first.
func TestRounds(t *testing.T) {
	b := newBed(t)
	b.plan.Rounds = 2
	c := lab.Case{Name: lab.CaseRate, Limit: time.Minute}
	order, all := b.rounds(c, func(int, lab.Device) (float64, error) { return 1, nil })
	if want := []string{"rib0", "rxe0", "rxe0", "rib0"}; !slices.Equal(order, want) {
		t.Errorf("got %q, want %q", order, want)
	}
	for _, r := range all {
		if r.State != lab.Pass || r.Evidence != "measured 2 times" || !slices.Equal(r.Values, []float64{1, 1}) {
			t.Errorf("got %+v", r)
		}
	}
	slower := func(_ int, d lab.Device) (float64, error) { return float64(len(d.Provider) + len(d.Address)), nil }
	b.plan.Devices[1].Address += "longer"
	if order, _ := b.rounds(c, slower); len(order) != 8*2*2 {
		t.Errorf("%d values of a slower device, want %d", len(order), 8*2*2)
	}
	// Half of the case's time is over.
	order, _ = b.rounds(c, func(n int, d lab.Device) (float64, error) {
		b.clock = b.clock.Add(10 * time.Second)
		return slower(n, d)
	})
	if len(order) != 4 {
		t.Errorf("%d values after half of the time, want 4", len(order))
	}
}

func TestRoundsThatFail(t *testing.T) {
	b := newBed(t)
	_, all := b.rounds(lab.Case{Name: lab.CaseRate, Limit: time.Minute}, func(_ int, d lab.Device) (float64, error) {
		if d.Name == "rib0" {
			return 0, errors.New("no result")
		}
		return 1, nil
	})
	if len(all) != 2 || all[0].State != lab.Fail || all[0].Evidence != "no result" || all[1].State != lab.Pass || len(all[0].Values) > 0 {
		t.Errorf("got %+v", all)
	}
}
