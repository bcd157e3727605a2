// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

// suiteBed has the suite's script, one device, and an interpreter that is a script: $out is where the recorder writes.
func suiteBed(t *testing.T, script string) *bed {
	t.Helper()
	b := newBed(t)
	b.plan.Devices = b.plan.Devices[:1]
	b.file("/usr/share/doc/rdma-core-56.1/tests/run_tests.py", "")
	b.file("/tmp/suite.json", "left by an earlier run\n")
	b.program("python3", "out=$2; say() { echo \"$1\" >>$out; }\n"+script)
	return b
}

// states are the states of the suite's tests and, last, of the case.
func (b *bed) states() string {
	b.t.Helper()
	b.console()
	b.runCase(b.t.Context(), lab.CaseSuite)
	var all []string
	for _, r := range b.records("/console") {
		if r.Kind == lab.KindTest {
			all = append(all, r.Test+" "+string(r.State))
			continue
		}
		all = append(all, string(r.State)+": "+r.Evidence)
	}
	return strings.Join(all, ", ")
}

// EL 8 has no python3, or one that pyverbs is not compiled for.
func TestSuiteOfTheDistributionsPython(t *testing.T) {
	const passes = `say '{"plan":["a"]}'; say '{"test":"a","state":"pass"}'`
	for _, other := range []string{"", "exit 1"} {
		b := suiteBed(t, other)
		if other == "" {
			if err := os.Remove(b.path("/bin/python3")); err != nil {
				t.Fatal(err)
			}
		}
		b.file(platformPython, "#!/bin/sh\nout=$2; say() { echo \"$1\" >>$out; }\n"+passes+"\n")
		if got, want := b.states(), "a pass, pass: 1 passed, 0 failed, 0 skipped"; got != want {
			t.Errorf("python3 %q: got %q, want %q", other, got, want)
		}
	}
	b := suiteBed(t, "")
	if err := os.Remove(b.path("/bin/python3")); err != nil {
		t.Fatal(err)
	}
	if got := b.states(); !strings.HasPrefix(got, "fail: the suite does not start: ") || !strings.Contains(got, "python3") {
		t.Errorf("without any: got %q", got)
	}
}

func TestSuite(t *testing.T) {
	const plan = `say '{"plan":["a","b","c"]}'` + "\n"
	for _, tt := range []struct{ name, script, want string }{
		{
			"all", plan + `say '{"start":"a"}'; say '{"test":"a","state":"pass"}'; say '{"test":"b","state":"unsupported","reason":"no XRC"}'
say 'no JSON'; say '{"test":"c","state":"fail","reason":"r"}'; printf '{"test":"a","state":"fa'`,
			"a pass, b unsupported, c fail, pass: 1 passed, 1 failed, 1 skipped",
		},
		{
			// The second interpreter is given the tests that are left.
			"an interpreter dies", `case "$*" in *" -v b c") say '{"plan":["b","c"]}'; say '{"test":"b","state":"pass"}'; say '{"test":"c","state":"pass"}'; exit 0 ;; esac
` + plan + `say '{"start":"a"}'; kill -9 $$`,
			"a fail, b pass, c pass, pass: 2 passed, 1 failed, 0 skipped",
		},
		{"it stops in between", plan + `say '{"test":"a","state":"pass"}'; echo tired; exit 1`, "a pass, fail: the suite ended with 2 tests left: exit status 1: tired"},
		{"it does not start", "echo no module; exit 1", "fail: the suite does not start: exit status 1: no module"},
	} {
		if got := suiteBed(t, tt.script).states(); got != tt.want {
			t.Errorf("%s: got  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// What the plan names is asked for, on the device and its entry.
func TestSuiteArguments(t *testing.T) {
	b := suiteBed(t, `say '{"plan":["x"]}'; say "{\"test\":\"x\",\"state\":\"pass\",\"reason\":\"$*\"}"`)
	b.plan.Suite = []string{"x", "y"}
	b.states()
	want := b.path(lab.Recorder) + " " + b.path("/tmp/suite.json") + " " + b.path("/usr/share/doc/rdma-core-56.1/tests/run_tests.py") + " --dev rib0 --gid 2 -v x y"
	if all := b.records("/console"); all[0].Evidence != want {
		t.Errorf("got %q, want %q", all[0].Evidence, want)
	}
}

// A test that says nothing for too long costs itself, and the others run.
func TestWatchdogOfTheSuite(t *testing.T) {
	b := suiteBed(t, `case "$*" in *" -v b") say '{"plan":["b"]}'; say '{"test":"b","state":"pass"}'; touch "$out.well"; exit 0 ;; esac
say '{"plan":["a","b"]}'; say '{"start":"a"}'; touch "$out.hangs"; exec sleep 60`)
	after := b.after
	b.after = func(d time.Duration) <-chan time.Time {
		hangs, well := b.path("/tmp/suite.json.hangs"), b.path("/tmp/suite.json.well")
		b.step = 0
		if _, err := os.Stat(hangs); err == nil {
			b.step = time.Second
			if b.clock.Sub(time.Time{}) > 91*time.Second {
				_ = os.Remove(hangs)
			}
		}
		if _, err := os.Stat(well); err == nil {
			b.step = 0
		}
		return after(d)
	}
	got := b.states()
	if !strings.HasPrefix(got, "a fail, b pass, pass: 1 passed, 1 failed") {
		t.Errorf("got %s", got)
	}
	if r := b.records("/console")[0]; !strings.Contains(r.Evidence, "had to be killed: a printed nothing for 1m30s") {
		t.Errorf("got %+v", r)
	}
}

func TestSuiteThatCannotRun(t *testing.T) {
	b := newBed(t)
	b.runs(lab.CaseSuite, lab.Unsupported, "no installed package has "+suiteScripts)
	b.packaged("/usr/share/doc/rdma-core/README.md", "/usr/share/doc/rdma-core/tests/run_tests.py")
	b.runs(lab.CaseSuite, lab.Fail, "/usr/share/doc/rdma-core/tests/run_tests.py belongs to an installed package, and is not on the disk")
	b.program("rpm", "echo no database; exit 1")
	b.runs(lab.CaseSuite, lab.Fail, "rpm does not list the packages' files: exit status 1: no database")
	b = suiteBed(t, "exit 0")
	b.gids("rib0", "IB/RoCE v1\n")
	b.step = time.Minute
	if got := b.states(); !strings.HasPrefix(got, "fail: rib0 has no RoCE v2 entry") {
		t.Errorf("got %s", got)
	}
	b = suiteBed(t, `say '{"plan":["a"]}'; touch "$out.hangs"; exec sleep 60`)
	ctx, stop := context.WithCancelCause(t.Context())
	after := b.after
	b.after = func(d time.Duration) <-chan time.Time {
		if _, err := os.Stat(b.path("/tmp/suite.json.hangs")); err == nil {
			stop(errors.New("no time left"))
		}
		return after(d)
	}
	if r := suite(ctx, b.guest, b.plan.Devices[0]); r.State != lab.Fail || r.Evidence != "the suite ran out of time" {
		t.Errorf("got %+v", r)
	}
}

// A line that is still being written is read once it is whole.
func TestTakeReadsWholeLines(t *testing.T) {
	s := &suiteRun{g: &guest{}, done: map[string]lab.Record{}}
	const one, two = `{"test":"a","state":"pass"}` + "\n", `{"test":"b","state":"fail"}` + "\n"
	file := filepath.Join(t.TempDir(), "out")
	var read int64
	for _, step := range []struct {
		have string
		read int
		done int
	}{{one[:9], 0, 0}, {one, len(one), 1}, {one + two[:20], len(one), 1}, {one + two, len(one + two), 2}} {
		if err := os.WriteFile(file, []byte(step.have), 0o600); err != nil {
			t.Fatal(err)
		}
		if read = s.take(file, read); read != int64(step.read) || len(s.done) != step.done {
			t.Errorf("%q: read %d, want %d, %d results, want %d", step.have, read, step.read, len(s.done), step.done)
		}
	}
	if got := s.take(filepath.Join(t.TempDir(), "none"), 7); got != 7 {
		t.Errorf("a file that is not there yet: read %d", got)
	}
}

// A list of dpkg's that cannot be read may have what is looked for, whatever the others have.
func TestPackagedFilesOfDpkg(t *testing.T) {
	b := newBed(t)
	if err := os.Remove(b.path("/bin/rpm")); err != nil {
		t.Fatal(err)
	}
	b.runs("valgrind", lab.Fail, "neither rpm nor dpkg lists")
	b.file("/var/lib/dpkg/info/a.list", "/usr/bin/a\n")
	b.file("/var/lib/dpkg/info/c.list", "/usr/bin/c\n")
	b.runs("valgrind", lab.Unsupported, "no installed package has /usr/*bin/valgrind")
	b.file("/var/lib/dpkg/info/b.list/directory", "")
	b.runs("valgrind", lab.Fail, "b.list")
	b.file("/var/lib/dpkg/info/d.list", "/usr/bin/valgrind\n")
	b.runs("valgrind", lab.Fail, "b.list")
}
