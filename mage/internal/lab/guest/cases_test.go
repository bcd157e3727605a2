// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

func TestDriverID(t *testing.T) {
	b := newBed(t)
	b.runs("driver-id", lab.Pass, "reports 21", "reports 14")
	b.ids["rib0"], b.ids["rxe0"] = 20, 20
	b.runs("driver-id", lab.Fail, "reports 20 for rib0, want 21", "reports 20 for rxe0, want 14")
	b.fails["driver id of rib0"], b.fails["driver id of rxe0"] = errors.New("no answer"), errors.New("no answer")
	b.runs("driver-id", lab.Fail, "no answer")
}

// unclaimed is what libibverbs says of a device that it has no provider for.
const unclaimed = "libibverbs: Warning: no userspace device-specific driver found for "

func TestDevicesAreListed(t *testing.T) {
	b := newBed(t)
	b.program("ibv_devices", `echo "    device"; echo "    rib0	0a"; echo "    rxe0	0b"`)
	b.runs("ibv_devices", lab.Pass, "lists rib0", "lists rxe0")
	b.program("ibv_devices", `echo "    rib01	0a"; echo "`+unclaimed+`rib0" >&2; echo "`+unclaimed+`rxe0" >&2`)
	b.runs("ibv_devices", lab.Fail, unclaimed+"rib0", unclaimed+"rxe0")
	b.program("ibv_devices", `echo rib0; echo rxe0; exit 3`)
	b.runs("ibv_devices", lab.Fail, "exit status 3")
	b.runs("ibv_devices", lab.Fail, "exit status 3: rxe0; diagnose: the kernel module ib_uverbs is not loaded")
}

func TestDeviceInfo(t *testing.T) {
	b := newBed(t)
	const all = "PORT_ACTIVE; transport: InfiniBand; Ethernet; RoCE v2; max_qp: 1"
	b.program("ibv_devinfo", "echo '"+all+"'")
	b.runs("ibv_devinfo", lab.Pass, "port active")
	for _, word := range []string{"PORT_ACTIVE", "transport:", "Ethernet", "RoCE v2", "max_qp:"} {
		b.program("ibv_devinfo", "echo '"+strings.ReplaceAll(all, word, "")+"'")
		b.runs("ibv_devinfo", lab.Fail, word)
	}
	b.program("ibv_devinfo", "exit 1")
	b.runs("ibv_devinfo", lab.Fail, "exit status 1")
}

func TestClaimed(t *testing.T) {
	b := newBed(t)
	b.exercise(`echo "evidence: $*"`)
	b.runs("claimed", lab.Pass, "rib0 claimed expect=librib-rdmav", "rxe0 claimed expect=librxe-rdmav")
	b.runs("renamed", lab.Pass, "nobody7 claimed expect=librib-rdmav")
	if want := []string{"rename rib0 to nobody7", "rename nobody7 to rib0"}; !slices.Equal(b.calls, want) {
		t.Errorf("got %q, want %q", b.calls, want)
	}
	for _, call := range b.calls {
		b.fails = map[string]error{call: errors.New("busy")}
		b.runs("renamed", lab.Fail, "busy")
	}
}

// A device is shown for matching only, with an id or a name that a provider knows or not.
func TestMatching(t *testing.T) {
	const listed, not = `echo "nobody1 0"; echo "rib9 0"`, `echo "` + unclaimed + `nobody1"`
	const abi = `echo "libibverbs: Warning: Driver rib does not support the kernel ABI of 4294967295 (supports 1 to 1) for device rib9"`
	for _, tt := range []struct {
		name, script string
		state        lab.State
		evidence     string
		device       string // the parameters of its module
	}{
		{"other-id", not, lab.Pass, unclaimed, "name=nobody1 driver_id=22 uverbs_abi_ver=1"},
		{"other-id", listed, lab.Fail, "driver id 22 is claimed", "name=nobody1 driver_id=22 uverbs_abi_ver=1"},
		{"id-only", listed, lab.Pass, "nobody1 with driver id 21", "name=nobody1 driver_id=21 uverbs_abi_ver=1"},
		{"id-only", not, lab.Fail, unclaimed, "name=nobody1 driver_id=21 uverbs_abi_ver=1"},
		{"name-only", listed, lab.Pass, "rib9", "name=rib9 driver_id=0 uverbs_abi_ver=1"},
		{"name-only", not, lab.Fail, "rib9 without a driver id is not claimed", "name=rib9 driver_id=0 uverbs_abi_ver=1"},
		{"foreign-abi", abi, lab.Pass, "kernel ABI of 4294967295", "name=rib9 driver_id=21 uverbs_abi_ver=4294967295"},
		{"foreign-abi", listed, lab.Fail, "kernel ABI 4294967295 is claimed", "name=rib9 driver_id=21 uverbs_abi_ver=4294967295"},
		{"foreign-abi", not, lab.Fail, "did not say", "name=rib9 driver_id=21 uverbs_abi_ver=4294967295"},
	} {
		b := newBed(t)
		b.program("ibv_devices", tt.script)
		b.runs(tt.name, tt.state, tt.evidence)
		insert := "insert /lab/fixture/rib_lab_dev.ko " + tt.device
		if want := []string{insert, "remove rib_lab_dev"}; !slices.Equal(b.calls, want) {
			t.Errorf("%s: got %q, want %q", tt.name, b.calls, want)
		}
		for _, call := range []string{insert, "remove rib_lab_dev"} {
			b.fails, b.step = map[string]error{call: errors.New("module in use")}, time.Minute
			b.runs(tt.name, lab.Fail, "module in use")
		}
	}
	// The id behind the provider's is soft-RoCE's own: the one behind that is nobody's.
	b := newBed(t)
	b.plan.Devices[0].DriverID = lab.SoftRoCE - 1
	b.program("ibv_devices", not)
	b.runs("other-id", lab.Pass, "driver id 15")
}

// A provider's .driver file is away while it is tried without, and then back.
func TestWithoutADriverFile(t *testing.T) {
	b := newBed(t)
	stock, mine := b.path(driversFolder+"/rxe.driver"), b.path(driversFolder+"/rib.driver")
	b.exercise("test ! -e " + stock + " && test -e " + mine + " && echo evidence: mine")
	b.pair("ibv_rc_pingpong", "exit 0", `echo "8 bytes in 1 second"`)
	b.runs("without-stock", lab.Pass, "8 bytes in 1 second")
	b.program("ibv_devices", "test -e "+mine+" && echo rib0; echo '"+unclaimed+"rib0'")
	b.runs("without-driver", lab.Pass, unclaimed)
	b.program("ibv_devices", "echo rib0")
	b.runs("without-driver", lab.Fail, "claimed by another provider")
	b.program("ibv_devices", "echo nothing")
	b.runs("without-driver", lab.Fail, "did not say")
	b.exercise("echo evidence: of stock; exit 1")
	b.runs("without-stock", lab.Fail, "of stock")
	for _, file := range []string{stock, mine} {
		if _, err := os.Stat(file); err != nil {
			t.Errorf("it is not back: %v", err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	b.runs("without-stock", lab.Fail, "rxe.driver")
	// What took its place meanwhile is in the way.
	b.file(driversFolder+"/rib.driver", "")
	r := b.without("rib", func() lab.Record {
		b.file(driversFolder+"/rib.driver/x", "")
		return passed("")
	})
	if r.State != lab.Fail {
		t.Errorf("got %+v", r)
	}
}

// Both events have to come, in order, each after what the guest did to the netdev.
func TestAsyncWatch(t *testing.T) {
	b := newBed(t)
	b.program("stdbuf", `echo "rib0: async event FD 4"; echo "  event_type port error"; echo "  event_type port active"; exec sleep 60`)
	b.runs("asyncwatch", lab.Pass, "port error, port active")
	want := []string{
		"down net-rib0", "up net-rib0", "up net-rib0", "down net-rxe0", "up net-rxe0", "up net-rxe0",
	}
	if !slices.Equal(b.calls, want) {
		t.Errorf("got %q, want %q", b.calls, want)
	}
	b.fails["down net-rib0"], b.fails["down net-rxe0"] = errors.New("no netdev"), errors.New("no netdev")
	b.runs("asyncwatch", lab.Fail, "no netdev")
	b.fails = map[string]error{"up net-rib0": errors.New("stays down"), "up net-rxe0": errors.New("stays down")}
	b.runs("asyncwatch", lab.Fail, "stays down")
	b.fails, b.step = nil, time.Minute
	b.program("stdbuf", "exec sleep 60")
	b.runs("asyncwatch", lab.Fail, "does not start")
	b.gids("rib0", "IB/RoCE v1\n")
	b.gids("rxe0", "IB/RoCE v1\n")
	b.runs("asyncwatch", lab.Fail, "GID table")
}

func TestWatchThatMissesAnEvent(t *testing.T) {
	b := newBed(t)
	b.program("p", "echo one; exec sleep 60")
	p := launch(t.Context(), "p")
	defer p.stop()
	if !b.saw(p, "none", "one") {
		t.Error("what was said is not seen")
	}
	if b.step = time.Second; b.saw(p, "two") {
		t.Error("what was not said is seen")
	}
}

func TestExercise(t *testing.T) {
	b := newBed(t)
	b.exercise(`echo "evidence: $*"`)
	b.runs("flush", lab.Pass, "rib0 flush timeout=115", "rxe0 flush timeout=115")
	b.runs("soak", lab.Pass, "rib0 soak ops=7 timeout=1795")
	b.exercise("echo evidence: no memory windows; exit 77")
	b.runs("flush", lab.Unsupported, "no memory windows")
	b.exercise("echo evidence: one; kill -SEGV $$")
	b.runs("flush", lab.Fail, "signal: segmentation fault")
	if err := os.Remove(b.path(lab.Exercise)); err != nil {
		t.Fatal(err)
	}
	b.runs("flush", lab.Fail, "no such file")
}

// The module built for debugging covers the packaged one for the time of the case.
func TestValgrind(t *testing.T) {
	b := newBed(t)
	b.runs("valgrind", lab.Unsupported, "no installed package has /usr/*bin/valgrind")
	b.program("valgrind", `echo "evidence: $*"`)
	b.runs("valgrind", lab.Fail, "list /lab/debug")
	for _, name := range []string{"a.so", "b.so"} {
		b.file(lab.DebugFolder+"/"+name, "")
	}
	b.runs("valgrind", lab.Pass, b.path(lab.Exercise)+" rib0 control")
	want := []string{
		"mount /lab/debug/a.so on /usr/lib64/libibverbs/a.so  4096", "mount /lab/debug/b.so on /usr/lib64/libibverbs/b.so  4096",
		"unmount /usr/lib64/libibverbs/a.so", "unmount /usr/lib64/libibverbs/b.so",
	}
	if !slices.Equal(b.calls, want) {
		t.Errorf("got %q, want %q", b.calls, want)
	}
	b.program("valgrind", `echo "evidence: fine"; echo "==1== Invalid read"; exit 99`)
	b.runs("valgrind", lab.Fail, "valgrind: ==1== Invalid read")
	b.fails["unmount /usr/lib64/libibverbs/a.so"] = errors.New("busy")
	b.runs("valgrind", lab.Fail, "uncover /usr/lib64/libibverbs/a.so: busy")
	// What is covered when the next fails is uncovered.
	b.calls, b.fails = nil, map[string]error{want[1]: errors.New("none")}
	b.runs("valgrind", lab.Fail, "cover /usr/lib64/libibverbs/b.so: none")
	if !slices.Equal(b.calls, want[:3]) {
		t.Errorf("got %q, want %q", b.calls, want[:3])
	}
}

func TestCaseThatIsNone(t *testing.T) {
	newBed(t).runs("none", lab.Fail, "no such case")
}

// A program that does not end by itself is killed, and has not passed, whatever it would have ended with.
func TestProgramIsKilled(t *testing.T) {
	b := newBed(t)
	b.program("p", "echo begun; sleep 60; exit 0")
	ctx, stop := context.WithCancelCause(t.Context())
	p := launch(ctx, "p")
	if !b.saw(p, "begun") {
		t.Fatal("it does not begin")
	}
	stop(errors.New("the case is over"))
	if e := p.wait(); e.ok() || e.code != -1 || e.why != "p had to be killed: the case is over" || !strings.Contains(e.evidence(), "begun") {
		t.Errorf("got %+v", e)
	}
	if e := launch(t.Context(), "none").wait(); e.ok() || e.code != notStarted || e.why == "" {
		t.Errorf("a program that is not there: got %+v", e)
	}
	if e := launch(t.Context(), "none").stop(); e.ok() {
		t.Errorf("a program that is not there: got %+v", e)
	}
}

// Of much output the end is kept.
func TestLimited(t *testing.T) {
	l := limited{keep: 64 << 10}
	for range 40 {
		if n, err := l.Write([]byte(strings.Repeat("x", 8<<10))); n != 8<<10 || err != nil {
			t.Fatal(n, err)
		}
		if n := len(l.String()); n > 128<<10 {
			t.Fatalf("%d bytes are kept", n)
		}
	}
	_, _ = l.Write([]byte("end"))
	if text := l.String(); len(text) < 64<<10 || !strings.HasSuffix(text, "xend") {
		t.Errorf("%d bytes are kept, at the end %q", len(text), text[len(text)-4:])
	}
}
