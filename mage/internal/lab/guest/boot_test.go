// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

// bootable is a bed with all that a guest needs for its boot.
func bootable(t *testing.T) *bed {
	t.Helper()
	b := newBed(t)
	b.file(lab.Disk, "")
	b.file("/dev/null", "")
	if err := unix.Mkfifo(b.path(console), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{lab.DiskModules, lab.CoreModules, lab.VerbsModules} {
		b.file(folder+"/"+lab.OrderFile, "first.ko\nsecond.ko\n")
	}
	return b
}

// live is a whole life, and what it has said on its console.
func (b *bed) live() string {
	b.t.Helper()
	out, err := os.OpenFile(b.path(console), os.O_RDWR, 0) // so that nobody waits for the other end
	if err != nil {
		b.t.Fatal(err)
	}
	defer out.Close()
	b.machine.live(b.t.Context())
	text := make([]byte, 1<<16) // as much as a pipe takes
	_, _ = out.WriteString("\n")
	n, err := out.Read(text)
	if err != nil {
		b.t.Fatal(err)
	}
	b.file(heard, string(text[:n]))
	return string(text[:n])
}

// heard is a file with what a guest has said on its console.
const heard = "/heard"

// From the boot to the last record, in the order that the kernel needs.
func TestLive(t *testing.T) {
	b := bootable(t)
	b.plan.Cases = []string{"driver-id", "none"}
	b.planned()
	text := b.live()
	var got []string
	for _, r := range b.records(heard) {
		got = append(got, strings.TrimSpace(string(r.Kind)+" "+r.Case+" "+r.Device+" "+string(r.State)))
	}
	if want := []string{"boot", "case driver-id rib0 pass", "case driver-id rxe0 pass", "case none  fail", "end"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q in\n%s", got, want, text)
	}
	if !strings.Contains(text, "| said by the kernel") {
		t.Errorf("the kernel's own words are missing in\n%s", text)
	}
	want := []string{
		"mount proc on /proc proc 0", "mount sysfs on /sys sysfs 0", "mount devtmpfs on /dev devtmpfs 0",
		"insert /lab/modules/disk/first.ko", "insert /lab/modules/disk/second.ko",
		"mount /dev/vda on /disk ext4 0", "mount proc on /disk/proc proc 0", "mount sysfs on /disk/sys sysfs 0",
		"mount devtmpfs on /disk/dev devtmpfs 0", "mount shm on /disk/dev/shm tmpfs 0", "mount pts on /disk/dev/pts devpts 0",
		"mount run on /disk/run tmpfs 0", "mount tmp on /disk/tmp tmpfs 0", "mount /lab on /disk/lab  4096",
		"enter /disk", "unlimit",
		"insert /lab/modules/core/first.ko", "insert /lab/modules/core/second.ko",
		"insert /lab/fixture/rib_stamp.ko driver_id=21 prefix=rib",
		"insert /lab/modules/verbs/first.ko", "insert /lab/modules/verbs/second.ko",
		"up lo", "add rib0", "add rxe0", "driver id of rib0", "driver id of rxe0",
	}
	if !slices.Equal(b.calls, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(b.calls, "\n"), strings.Join(want, "\n"))
	}
	if path := os.Getenv("PATH"); path != programs {
		t.Errorf("PATH is %s", path)
	}
}

// A guest without a plan says so: the disk's own kernel has no other way to tell.
func TestNoPlan(t *testing.T) {
	b := bootable(t)
	if text := b.live(); !strings.HasPrefix(text, lab.NoPlan+"\nguest: read the plan: ") || len(b.records(heard)) > 0 {
		t.Errorf("got %q", text)
	}
	b = bootable(t)
	b.file(lab.PlanFile, "{")
	if text := b.live(); !strings.HasPrefix(text, "guest: read the plan /lab/plan.json") {
		t.Errorf("a plan that is none: got %q", text)
	}
}

// What is mounted already is fine; whatever else fails ends the guest before its first case, without a last record.
func TestBootThatFails(t *testing.T) {
	const cover = "mount /lab/debug/librib.so on /usr/lib64/libibverbs/librib.so  4096"
	for _, tt := range [][2]string{
		{"mount sysfs on /sys sysfs 0", "mount /sys: no"},
		{"insert /lab/modules/disk/first.ko", "no"},
		{"mount /dev/vda on /disk ext4 0", "mount /disk: no"},
		{"enter /disk", "enter the disk: no"},
		{"unlimit", "no"},
		{"insert /lab/modules/core/second.ko", "no"},
		{"insert /lab/fixture/rib_stamp.ko driver_id=21 prefix=rib", "no"},
		{"insert /lab/modules/verbs/first.ko", "no"},
		{"up lo", "no"},
		{"add rxe0", "make device rxe0: no"},
		{cover, "cover /usr/lib64/libibverbs/librib.so: no"},
	} {
		call, want := tt[0], tt[1]
		b := bootable(t)
		b.plan.Cases, b.plan.DebugModule = []string{"driver-id"}, true
		b.file(lab.DebugFolder+"/librib.so", "")
		b.planned()
		b.fails["mount devtmpfs on /dev devtmpfs 0"] = unix.EBUSY
		b.fails[call] = errors.New("no")
		text := b.live()
		if got := b.calls[len(b.calls)-1]; got != call {
			t.Errorf("%s: the guest went on to %s", call, got)
		}
		begun := slices.ContainsFunc(b.records(heard), func(r lab.Record) bool { return r.Kind != lab.KindBoot })
		if begun || !strings.Contains(text, "guest: "+want+"\n") {
			t.Errorf("%s: got %q, want %q", call, text, want)
		}
	}
}

// What never comes is waited for no longer than it may.
func TestWaitsEnd(t *testing.T) {
	b := newBed(t)
	b.step = time.Second
	if err := b.waitFor(lab.Disk); !errors.Is(err, os.ErrNotExist) || b.clock.Sub(time.Time{}) < 20*time.Second {
		t.Errorf("after %s: %v", b.clock.Sub(time.Time{}), err)
	}
	b.gids("rib0", "IB/RoCE v1\n")
	if i, err := b.gidIndex("rib0"); err == nil {
		t.Errorf("got the entry %d", i)
	}
	if i, err := b.gidIndex("rxe0"); i != 2 || err != nil {
		t.Errorf("got the entry %d, %v", i, err)
	}
	b.fails["remove m"] = unix.EAGAIN
	if err := b.removeSoon("m"); !errors.Is(err, unix.EAGAIN) || len(b.calls) < 5 {
		t.Errorf("after %d tries: %v", len(b.calls), err)
	}
}

// A directory of modules without its list is an error: none of them would be loaded.
func TestModulesWithoutAnOrder(t *testing.T) {
	if err := newBed(t).insertAll(lab.CoreModules); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
