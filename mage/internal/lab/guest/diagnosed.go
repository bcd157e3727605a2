// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/resnics/verbsmith/mage/internal/diagnose"
	"github.com/resnics/verbsmith/mage/internal/lab"
)

// diagnosed puts the device into states whose outcome is known, and wants diagnose to see each: what other cases
// want of libibverbs, or of this kernel.
func diagnosed(ctx context.Context, g *guest, d lab.Device) lab.Record {
	taken := func(name string) func() lab.Record {
		return func() lab.Record { return g.saysTaken(ctx, name, d) }
	}
	says := func(name string, reasons ...diagnose.Reason) func() lab.Record {
		return func() lab.Record { return g.saysWhy(ctx, name, reasons...) }
	}
	there := func(name string, id, abi int, f func() lab.Record) func() lab.Record {
		return func() (r lab.Record) {
			if err := g.whileThere(name, id, abi, func() { r = f() }); err != nil {
				return failed("%v", err)
			}
			return r
		}
	}
	abi := g.plan.KernelABI
	states := []func() lab.Record{
		taken(d.Name),
		func() lab.Record { return g.whileRenamed(d, taken(otherName)) },
		func() lab.Record {
			return g.whileDown(d, func() lab.Record { return g.notes(ctx, d.Name, diagnose.ReasonPortDown) })
		},
		func() lab.Record { return g.without(d.Provider, says(d.Name, diagnose.ReasonFileMissing)) },
		func() lab.Record { return g.withoutModules(says(d.Name, diagnose.ReasonModuleMissing)) },
		func() lab.Record { return g.withoutFile(ctx, d, says(d.Name, diagnose.ReasonNoDeviceFile)) },
		there(nobody, unmatchedID(d), abi, says(nobody, diagnose.ReasonDriverID, diagnose.ReasonMatchUnknown)),
		there(nobody, d.DriverID, abi, taken(nobody)),
		there(g.plan.Provider+"9", d.DriverID, foreign, says(g.plan.Provider+"9", diagnose.ReasonKernelABI)),
	}
	for _, state := range states {
		if r := state(); r.State != lab.Pass {
			return r
		}
	}
	return passed("%d states of the device, each with its reason", len(states))
}

// about is what diagnose says of a device.
func (m machine) about(ctx context.Context, name string) (*diagnose.Device, error) {
	report, err := m.diagnose(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(report.Devices, func(d *diagnose.Device) bool { return d.Name == name })
	if at < 0 {
		return nil, fmt.Errorf("diagnose does not name %s", name)
	}
	return report.Devices[at], nil
}

// saysTaken wants the device with that name to be the provider's, with the driver id and the kernel ABI that the kernel has. The ABI of
// a device for matching only is the plan's too.
func (g *guest) saysTaken(ctx context.Context, name string, d lab.Device) lab.Record {
	got, err := g.about(ctx, name)
	switch {
	case err != nil:
		return failed("%v", err)
	case got.Why != nil:
		return failed("diagnose says of %s: %s", name, got.Why.Text)
	case got.Provider != d.Provider:
		return failed("diagnose says that %s is %s's, not %s's", name, got.Provider, d.Provider)
	case got.DriverID == nil || int(*got.DriverID) != d.DriverID:
		return failed("diagnose says that the driver id of %s is %s, not %d", name, shown(got.DriverID), d.DriverID)
	case got.KernelABI == nil || int(*got.KernelABI) != g.plan.KernelABI:
		return failed("diagnose says that the kernel ABI of %s is %s, not %d", name, shown(got.KernelABI), g.plan.KernelABI)
	}
	return passed("%s is %s's by %s", name, got.Provider, got.Rule)
}

func shown(number *uint32) string {
	if number == nil {
		return "unknown"
	}
	return fmt.Sprint(*number)
}

// saysWhy wants one of several reasons why no program can use a device. Which devices a provider's own function takes, diagnose cannot
// know.
func (m machine) saysWhy(ctx context.Context, name string, reasons ...diagnose.Reason) lab.Record {
	got, err := m.about(ctx, name)
	switch {
	case err != nil:
		return failed("%v", err)
	case got.Why == nil:
		return failed("diagnose says that %s is %s's, and not %s", name, got.Provider, reasons[0])
	case !slices.Contains(reasons, got.Why.Reason):
		return failed("diagnose says of %s: %s (%s), and not %s", name, got.Why.Text, got.Why.Reason, reasons[0])
	}
	return passed("%s: %s", name, got.Why.Text)
}

// notes wants a note about a device that programs can use.
func (m machine) notes(ctx context.Context, name string, reason diagnose.Reason) lab.Record {
	got, err := m.about(ctx, name)
	switch {
	case err != nil:
		return failed("%v", err)
	case !slices.ContainsFunc(got.Notes, func(n diagnose.Finding) bool { return n.Reason == reason }):
		return failed("diagnose does not say of %s: %s", name, reason)
	}
	return passed("%s: %s", name, reason)
}

// whileDown has the device's link down while f runs.
func (g *guest) whileDown(d lab.Device, f func() lab.Record) lab.Record {
	if err := g.linkDown(netdev(d.Name)); err != nil {
		return failed("%v", err)
	}
	r := f()
	if err := g.linkBack(d); err != nil {
		return failed("%v", err)
	}
	return r
}

// withoutModules has an empty directory over that of the modules while f runs. They cannot be renamed: one of the tree is mounted there.
func (g *guest) withoutModules(f func() lab.Record) lab.Record {
	empty := mount{source: "empty", target: g.modulesFolder(), kind: "tmpfs"}
	if err := g.mount(empty); err != nil {
		return failed("cover %s: %v", empty.target, err)
	}
	r := f()
	if err := g.unmount(empty.target); err != nil {
		return failed("uncover %s: %v", empty.target, err)
	}
	return r
}

// withoutFile hides the device's file while f runs.
func (g *guest) withoutFile(ctx context.Context, d lab.Device, f func() lab.Record) lab.Record {
	got, err := g.about(ctx, d.Name)
	if err != nil {
		return failed("%v", err)
	}
	file := "/dev/infiniband/" + got.Uverbs
	return g.hide(file, file+".hidden", f)
}
