// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/diagnose"
	"github.com/resnics/verbsmith/mage/internal/lab"
)

// bed is a machine of files and scripts, with a kernel that does as it is told and records what was asked of it.
type bed struct {
	*guest

	t     *testing.T
	bin   string
	calls []string
	fails map[string]error // by the call
	ids   map[string]int   // driver ids, by device
	clock time.Time
	step  time.Duration // by which a wait moves the clock
}

// newBed has two devices with an entry for RoCE v2 each, somebody who listens, and no program but exercise and rpm, which lists no file.
func newBed(t *testing.T) *bed {
	t.Helper()
	root := t.TempDir()
	b := &bed{t: t, bin: filepath.Join(root, "bin"), fails: map[string]error{}, ids: map[string]int{"rib0": 21, "rxe0": lab.SoftRoCE}}
	b.guest = &guest{plan: lab.Plan{
		Provider: "rib", DriverID: 21, KernelABI: 1, Devices: lab.Devices("rib", 21), SoakOps: 7, Rounds: 1,
	}}
	b.machine = machine{
		root: root, now: func() time.Time { return b.clock }, after: b.wait,
		mount: func(m mount) error {
			return b.called(strings.TrimSpace(fmt.Sprintf("mount %s on %s %s %d", m.source, m.target, m.kind, m.flags)))
		},
		unmount:   func(target string) error { return b.called("unmount " + target) },
		enter:     func(dir string) error { return b.called("enter " + dir) },
		unlimit:   func() error { return b.called("unlimit") },
		insert:    func(file, params string) error { return b.called(strings.TrimSpace("insert " + file + " " + params)) },
		remove:    func(module string) error { return b.called("remove " + module) },
		kernelLog: func() string { return "said by the kernel\n" },
		addDevice: func(d lab.Device) error { return b.called("add " + d.Name) },
		driverID:  func(device string) (int, error) { return b.ids[device], b.called("driver id of " + device) },
		rename:    func(from, to string) error { return b.called("rename " + from + " to " + to) },
		linkUp:    func(netdev string) error { return b.called("up " + netdev) },
		linkDown:  func(netdev string) error { return b.called("down " + netdev) },
		diagnose: func(ctx context.Context) (*diagnose.Report, error) { // of files without a kernel
			return diagnose.Ask(ctx, diagnose.Options{Tree: diagnose.NewTree(os.DirFS(root))})
		},
	}
	for _, d := range b.plan.Devices {
		b.gids(d.Name, "RoCE v2\n")
		b.file(driversFolder+"/"+d.Provider+".driver", "driver "+d.Provider+"\n")
	}
	b.file("/proc/net/tcp", "head\n   0: 00000000:4853 00000000:0000 0A 0:0\n")
	t.Setenv("PATH", b.bin) // a program gets the usual one
	b.packaged()
	b.console()
	return b
}

// wait ends at once, or nearly: a program needs some time of its own.
func (b *bed) wait(time.Duration) <-chan time.Time {
	b.clock = b.clock.Add(b.step)
	return time.After(time.Millisecond)
}

func (b *bed) called(what string) error {
	b.calls = append(b.calls, what)
	return b.fails[what]
}

func (b *bed) file(name, text string) string {
	b.t.Helper()
	file := b.path(name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		b.t.Fatal(err)
	}
	return file
}

// gids gives a device an unused entry, one for IPv6, and one for IPv4 of a kind.
func (b *bed) gids(device, kind string) {
	b.t.Helper()
	for i, gid := range []string{
		"0000:0000:0000:0000:0000:0000:0000:0000", "fe80:0000:0000:0000:0000:0000:0000:0001", "0000:0000:0000:0000:0000:ffff:0a2c:0001",
	} {
		b.file(fmt.Sprintf("/sys/class/infiniband/%s/ports/1/gids/%d", device, i), gid+"\n")
		if i > 0 {
			text := "RoCE v2\n"
			if i == 2 {
				text = kind
			}
			b.file(fmt.Sprintf("/sys/class/infiniband/%s/ports/1/gid_attrs/types/%d", device, i), text)
		}
	}
}

// program is a script of the distribution.
func (b *bed) program(name, script string) {
	b.t.Helper()
	b.file("/bin/"+name, "#!/bin/sh\n"+script+"\n")
}

// packaged are the files that the installed packages list.
func (b *bed) packaged(files ...string) {
	b.t.Helper()
	b.program("rpm", "[ \"$*\" = '--query --all --list' ] && echo '"+strings.Join(files, "\n")+"'")
}

// pair is a program that is a server, which ends after a client that has ended well, and with an address in its
// arguments a client.
func (b *bed) pair(name, server, client string) {
	b.t.Helper()
	over := b.path("/over")
	b.program(name, "case \" $* \" in\n*\" 127.0.0.1 \"*) if ("+client+"); then touch "+over+"; else exit $?; fi ;;\n*)\n"+
		"while ! test -e "+over+"; do sleep 0.01; done; rm "+over+"; "+server+" ;;\nesac")
}

// exercise is the program that exercises verbs.
func (b *bed) exercise(script string) {
	b.t.Helper()
	b.file(lab.Exercise, "#!/bin/sh\n"+script+"\n")
}

// console begins an empty one.
func (b *bed) console() {
	b.t.Helper()
	out, err := os.Create(b.path("/console"))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = out.Close() })
	b.out = out
}

// records are those on a console, without the beginnings of cases.
func (b *bed) records(console string) []lab.Record {
	b.t.Helper()
	text, err := os.ReadFile(b.path(console))
	if err != nil {
		b.t.Fatal(err)
	}
	var all []lab.Record
	for line := range strings.Lines(string(text)) {
		r, ok, err := lab.ParseRecord(line)
		if err != nil {
			b.t.Error(err)
		}
		if ok && r.Kind != lab.KindStart {
			all = append(all, r)
		}
	}
	return all
}

// runs runs a case, and wants a state and words of evidence on each device that it is for.
func (b *bed) runs(name string, state lab.State, evidence ...string) {
	b.t.Helper()
	b.console()
	b.runCase(b.t.Context(), name)
	all := slices.DeleteFunc(b.records("/console"), func(r lab.Record) bool { return r.Kind != lab.KindCase })
	if c, _ := lab.CaseOf(name); c.Alone == (len(all) != 1) && name != "none" {
		b.t.Errorf("%s: %d records", name, len(all))
	}
	for i, r := range all {
		want := evidence[min(i, len(evidence)-1)]
		if r.State != state || !strings.Contains(r.Evidence, want) || r.Case != name {
			b.t.Errorf("%s on %s: got %s, %q, want %s, %q", name, r.Device, r.State, r.Evidence, state, want)
		}
	}
}

// planned puts the plan where the guest looks for it.
func (b *bed) planned() {
	b.t.Helper()
	data, err := json.Marshal(b.plan)
	if err != nil {
		b.t.Fatal(err)
	}
	b.file(lab.PlanFile, string(data))
}
