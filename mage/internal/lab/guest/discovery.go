// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

const driversFolder = "/etc/libibverbs.d"

// What no provider has.
const (
	otherName = "nobody7"      // that a device is renamed to
	nobody    = "nobody1"      // of a device for matching only
	foreign   = math.MaxUint32 // a kernel ABI, beyond a range that ends at INT_MAX
)

func checkDriverID(_ context.Context, g *guest, d lab.Device) lab.Record {
	id, err := g.driverID(d.Name)
	switch {
	case err != nil:
		return failed("%v", err)
	case id != d.DriverID:
		return failed("netlink reports %d for %s, want %d", id, d.Name, d.DriverID)
	}
	return passed("netlink reports %d", id)
}

// devices runs ibv_devices and reports whether a name is in its list.
func (g *guest) devices(ctx context.Context, name string) (listed bool, e ended) {
	e = g.run(ctx, "ibv_devices")
	for line := range strings.Lines(e.out) {
		fields := strings.Fields(line)
		if len(fields) > 0 && fields[0] == name {
			listed = true
		}
	}
	return listed, e
}

func listDevices(ctx context.Context, g *guest, d lab.Device) lab.Record {
	listed, e := g.devices(ctx, d.Name)
	switch {
	case !e.ok():
		return failed("ibv_devices: %s", e.evidence())
	case !listed:
		return failed("ibv_devices does not list %s: %s", d.Name, reason(e.out, d.Name))
	}
	return passed("ibv_devices lists %s", d.Name)
}

// reason finds libibverbs' message about a device.
func reason(out, device string) string {
	for line := range strings.Lines(out) {
		if strings.Contains(line, "libibverbs:") && strings.Contains(line, device) {
			return strings.TrimSpace(line)
		}
	}
	return lastLine(out)
}

func deviceInfo(ctx context.Context, g *guest, d lab.Device) lab.Record {
	e := g.run(ctx, "ibv_devinfo", "-v", "-d", d.Name)
	if !e.ok() {
		return failed("ibv_devinfo: %s", e.evidence())
	}
	for _, want := range []string{"PORT_ACTIVE", "InfiniBand", "Ethernet", "RoCE v2", "max_qp:"} {
		if want == "InfiniBand" {
			want = "transport:"
		}
		if !strings.Contains(e.out, want) {
			return failed("ibv_devinfo -v does not say %q", want)
		}
	}
	return passed("port active, GID table with RoCE v2")
}

// claimed checks which module serves the device's calls.
func claimed(ctx context.Context, g *guest, d lab.Device) lab.Record {
	e := g.run(ctx, g.path(lab.Exercise), d.Name, "claimed", "expect=lib"+d.Provider+"-rdmav")
	return exercised(e)
}

// renamed gives the device a name that no provider matches.
func renamed(ctx context.Context, g *guest, d lab.Device) lab.Record {
	other := d
	other.Name = otherName
	return g.whileRenamed(d, func() lab.Record { return claimed(ctx, g, other) })
}

// whileRenamed gives a device that name while f runs.
func (m machine) whileRenamed(d lab.Device, f func() lab.Record) lab.Record {
	if err := m.rename(d.Name, otherName); err != nil {
		return failed("%v", err)
	}
	r := f()
	if err := m.rename(otherName, d.Name); err != nil {
		return failed("%v", err)
	}
	return r
}

// withDevice shows libibverbs a device for matching only.
func (g *guest) withDevice(ctx context.Context, name string, id, abi int) (listed bool, e ended, err error) {
	err = g.whileThere(name, id, abi, func() { listed, e = g.devices(ctx, name) })
	return listed, e, err
}

// whileThere has the kernel have a device for matching only while f runs.
func (g *guest) whileThere(name string, id, abi int, f func()) error {
	err := g.insertFixture(lab.DeviceModule, "name="+name, fmt.Sprintf("driver_id=%d", id), fmt.Sprintf("uverbs_abi_ver=%d", abi))
	if err != nil {
		return err
	}
	f()
	return g.removeSoon(lab.DeviceModule)
}

// removeSoon unloads a module that a program may have used a moment ago.
func (m machine) removeSoon(module string) error {
	const patience = 5 * time.Second
	var err error
	m.until(patience, func() bool { err = m.remove(module); return err == nil })
	return err
}

// unmatchedID is a driver id that neither of the two providers has.
func unmatchedID(d lab.Device) int {
	id := d.DriverID + 1
	if id == lab.SoftRoCE {
		id++
	}
	return id
}

func otherID(ctx context.Context, g *guest, d lab.Device) lab.Record {
	id := unmatchedID(d)
	listed, e, err := g.withDevice(ctx, nobody, id, g.plan.KernelABI)
	switch {
	case err != nil:
		return failed("%v", err)
	case listed:
		return failed("a device with driver id %d is claimed: is the id off by one?", id)
	}
	return passed("driver id %d: %s", id, reason(e.out, nobody))
}

func idOnly(ctx context.Context, g *guest, d lab.Device) lab.Record {
	listed, e, err := g.withDevice(ctx, nobody, d.DriverID, g.plan.KernelABI)
	switch {
	case err != nil:
		return failed("%v", err)
	case !listed:
		return failed("a device %s with driver id %d is not claimed: is the id off? %s", nobody, d.DriverID, reason(e.out, nobody))
	}
	return passed("%s with driver id %d is listed", nobody, d.DriverID)
}

func nameOnly(ctx context.Context, g *guest, _ lab.Device) lab.Record {
	name := g.plan.Provider + "9"
	listed, e, err := g.withDevice(ctx, name, 0, g.plan.KernelABI)
	switch {
	case err != nil:
		return failed("%v", err)
	case !listed:
		return failed("a device %s without a driver id is not claimed: %s", name, reason(e.out, name))
	}
	return passed("%s without a driver id is listed", name)
}

func foreignABI(ctx context.Context, g *guest, d lab.Device) lab.Record {
	name := g.plan.Provider + "9"
	listed, e, err := g.withDevice(ctx, name, d.DriverID, foreign)
	words := fmt.Sprintf("does not support the kernel ABI of %d", foreign)
	switch {
	case err != nil:
		return failed("%v", err)
	case listed:
		return failed("a device with kernel ABI %d is claimed", foreign)
	case !strings.Contains(e.out, words):
		return failed("not claimed, but libibverbs did not say %q: %s", words, reason(e.out, name))
	}
	return passed("%s", reason(e.out, name))
}

// without hides a provider's .driver file while f runs.
func (m machine) without(provider string, f func() lab.Record) lab.Record {
	// Of the same file system, and not searched.
	return m.hide(filepath.Join(driversFolder, provider+".driver"), "/"+provider+".hidden", f)
}

// hide gives a file another name while f runs.
func (m machine) hide(name, as string, f func() lab.Record) lab.Record {
	file, hidden := m.path(name), m.path(as)
	if err := os.Rename(file, hidden); err != nil {
		return failed("%v", err)
	}
	r := f()
	if err := os.Rename(hidden, file); err != nil {
		return failed("%v", err)
	}
	return r
}

func withoutStock(ctx context.Context, g *guest, d lab.Device) lab.Record {
	return g.without(lab.StockName, func() lab.Record {
		if r := claimed(ctx, g, d); r.State != lab.Pass {
			return r
		}
		return pingpong("rc_pingpong")(ctx, g, d)
	})
}

func withoutDriver(ctx context.Context, g *guest, d lab.Device) lab.Record {
	return g.without(d.Provider, func() lab.Record {
		listed, e := g.devices(ctx, d.Name)
		const words = "no userspace device-specific driver found for"
		switch {
		case listed:
			return failed("%s is claimed by another provider", d.Name)
		case !strings.Contains(e.out, words):
			return failed("not listed, but libibverbs did not say %q: %s", words, reason(e.out, d.Name))
		}
		return passed("%s", reason(e.out, d.Name))
	})
}

// asyncWatch sets the netdev down and up and expects both events.
func asyncWatch(ctx context.Context, g *guest, d lab.Device) lab.Record {
	argv := []string{"stdbuf", "-oL", "ibv_asyncwatch", "-d", d.Name}
	watch := launch(ctx, argv...)
	r := func() lab.Record {
		if !g.saw(watch, "async event FD") {
			return failed("ibv_asyncwatch does not start: %s", lastLine(watch.out.String()))
		}
		// Later releases print the constants' names, earlier ones words.
		for _, step := range []struct {
			do   func(string) error
			want []string
		}{
			{g.linkDown, []string{"IBV_EVENT_PORT_ERR", "port error"}},
			{g.linkUp, []string{"IBV_EVENT_PORT_ACTIVE", "port active"}},
		} {
			if err := step.do(netdev(d.Name)); err != nil {
				return failed("%v", err)
			}
			if !g.saw(watch, step.want...) {
				return failed("no event %s", step.want[0])
			}
		}
		return passed("port error, port active")
	}()
	g.show(argv, watch.stop())
	if err := g.linkBack(d); err != nil {
		return failed("%v", err)
	}
	return r
}

// linkBack sets the device's link up and waits until others can reach it.
func (g *guest) linkBack(d lab.Device) error {
	if err := g.linkUp(netdev(d.Name)); err != nil {
		return err
	}
	_, err := g.gidIndex(d.Name)
	return err
}

// saw waits until a running program has printed one of several texts.
func (m machine) saw(p *process, words ...string) bool {
	const patience = 15 * time.Second
	return m.until(patience, func() bool {
		out := p.out.String()
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(out, w) })
	})
}
