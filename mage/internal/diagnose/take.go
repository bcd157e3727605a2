// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// loaded are the providers that libibverbs loads, in the order in which it asks them.
func (a *asker) loaded() []*Provider { return a.report.loading() }

// take gives a device to the first provider that matches it and supports its kernel ABI.
func (a *asker) take(d *Device) bool {
	var taker *match
	for _, m := range matchAll(a.loaded(), d) {
		if !m.ops.takes(d) {
			continue
		}
		if taker == nil {
			taker = &m
			d.Provider, d.Rule = m.provider.Name, m.rule.String()
			if m.ops.function {
				text := "provider " + show(m.provider.Name) + " also asks a function of its own, which may refuse the device"
				d.Notes = append(d.Notes, *note(ReasonMatchUnknown, text, "run ibv_devices to see whether it does"))
			}
			continue
		}
		if m.provider == taker.provider {
			continue
		}
		d.Notes = append(d.Notes, *a.second(d, *taker, m))
	}
	return taker != nil
}

// second explains that a provider would take a device if another did not come first.
func (a *asker) second(d *Device, first, second match) *Finding {
	why := "it is loaded first"
	if first.ops.byDriverID(d) != nil && second.ops.byDriverID(d) == nil {
		why = "a driver id counts first"
	}
	one, other := show(first.provider.Name), show(second.provider.Name)
	return note(ReasonOtherFirst, fmt.Sprintf("%s would take it too, by %s; %s is asked before it: %s", other, second.rule, one, why),
		fmt.Sprintf("if %s should have it, remove the file that names %s in %s", other, one, show(a.config.dir)))
}

// untaken is the first reason why no provider takes a device.
func (a *asker) untaken(d *Device) *Finding {
	for _, m := range matchAll(a.loaded(), d) {
		return fault(ReasonKernelABI, fmt.Sprintf("%s matches by %s and supports kernel ABI %s; the kernel's driver has %d",
			show(m.provider.Name), m.rule, abiRange(m.ops.minABI, m.ops.maxABI), abiOrZero(d)),
			"use a kernel driver and a provider of "+show(m.provider.Name)+" that belong together")
	}
	idle := slices.DeleteFunc(slices.Clone(a.report.Providers), func(p *Provider) bool { return p.Loads })
	if f := idleMatch(idle, d); f != nil {
		return f
	}
	for _, p := range idle {
		if len(p.ops) == 0 && related(strings.TrimSpace(p.Name), d) && p.Why != nil {
			return p.Why
		}
	}
	if f := a.relatedFile(d); f != nil {
		return f
	}
	for _, p := range a.loaded() {
		if p.MatchFunction || len(p.ops) == 0 {
			text := "only " + show(p.Name) + " may take it: which devices it takes cannot be read from its file"
			return fault(ReasonMatchUnknown, text, "run ibv_devices to see whether it does")
		}
	}
	if f := a.configFinding(); f != nil && len(a.loaded()) == 0 {
		return f
	}
	return a.unmatched(d)
}

// idleMatch says why a provider does not load whose table matches a device, nil if there is none. Of several files of one driver,
// the one that libibverbs is told to load says more.
func idleMatch(idle []*Provider, d *Device) *Finding {
	var best *Provider
	for _, m := range matchAll(idle, d) {
		if p := m.provider; best == nil || p.Name == best.Name && len(p.NamedBy) > len(best.NamedBy) {
			best = p
		}
	}
	if best == nil {
		return nil
	}
	return best.Why
}

// relatedFile explains a file in the directory of drivers that is called after the device's driver and names none.
func (a *asker) relatedFile(d *Device) *Finding {
	for _, f := range a.config.files {
		name := strings.TrimSuffix(path.Base(f.path), ".driver")
		if related(name, d) && len(f.requests) == 0 {
			return nameless(f, name)
		}
	}
	return nil
}

func abiOrZero(d *Device) uint32 {
	if d.KernelABI == nil {
		return 0
	}
	return *d.KernelABI
}

// unmatched says what of a device no provider has.
func (a *asker) unmatched(d *Device) *Finding {
	id, also := pciID(d.Modalias), a.unreadable()
	install := fmt.Sprintf("install the provider that the vendor has for this device, for private ABI %d", a.lib.PrivateABI)
	renamed := a.renamed(d)
	switch {
	case renamed != nil:
		return renamed
	case d.DriverID != nil && *d.DriverID != 0:
		return unmatchedID(*d.DriverID, id, also, install)
	case a.netlinkErr != nil:
		text := "the kernel's netlink refuses to answer, so there is no driver id; no provider has " + nameOrPCI(d) + also
		return fault(ReasonNetlinkRefused, text,
			"allow NETLINK_RDMA (the seccomp profile of the container), or name the device as its provider expects")
	case a.live.Kernel == nil && a.onlyByID():
		return fault(ReasonDriverIDUnknown, "no provider has "+nameOrPCI(d)+", and a tree has no driver ids"+also,
			"ask the machine itself: its kernel says the driver id")
	case id != "":
		return fault(ReasonPCI, "no provider has PCI "+id+also, install)
	default:
		return fault(ReasonName, "no provider has the name "+show(d.Name)+", and the kernel reports no driver id"+also, install)
	}
}

// unmatchedID is unmatched for a driver id.
func unmatchedID(id uint32, pci, also, install string) *Finding {
	text := fmt.Sprintf("no provider has driver id %d", id)
	if name := upstreamName(id); name != "" {
		text += ", which is " + name + "'s"
		install = "install provider " + name + ": it is in libibverbs or rdma-core (Enterprise Linux, Fedora), ibverbs-providers (Debian)"
	}
	if pci != "" {
		text += ", nor PCI " + pci
	}
	return fault(ReasonDriverID, text+also, install)
}

func nameOrPCI(d *Device) string {
	if id := pciID(d.Modalias); id != "" {
		return "PCI " + id
	}
	return "the name " + show(d.Name)
}

// unreadable names the drivers that are to be loaded and whose tables nobody knows, as ", and X may have it".
func (a *asker) unreadable() string {
	for _, p := range a.report.Providers {
		if !p.Loads && len(p.NamedBy) > 0 && len(p.ops) == 0 {
			return fmt.Sprintf("; %s, which does not load, may", show(p.Name))
		}
	}
	return ""
}

// onlyByID says whether a provider knows its devices by driver ids alone.
func (a *asker) onlyByID() bool {
	return slices.ContainsFunc(a.loaded(), func(p *Provider) bool {
		return slices.ContainsFunc(p.ops, func(o driverOps) bool {
			return len(o.rules) > 0 && !slices.ContainsFunc(o.rules, func(r rule) bool { return r.kind != ruleDriverID })
		})
	})
}

// renamed explains a device that udev has renamed, if a provider knows its devices by name alone.
func (a *asker) renamed(d *Device) *Finding {
	if !udevName.MatchString(d.Name) {
		return nil
	}
	for _, p := range a.loaded() {
		if name := p.onlyName(); name != "" {
			text := fmt.Sprintf("udev has renamed it, and %s knows its devices by the name %s… alone", show(p.Name), show(name))
			return fault(ReasonRenamed, text,
				"have udev keep kernel names: NAME_KERNEL in 60-rdma-persistent-naming.rules, or a provider that matches a driver id")
		}
	}
	return nil
}

// onlyName is the name by which a provider knows its devices, "" if it knows any by a driver id.
func (q *Provider) onlyName() string {
	for i := range q.ops {
		if q.ops[i].anyID() {
			continue
		}
		for _, r := range q.ops[i].rules {
			if name, ok := r.name(); ok {
				return name
			}
		}
	}
	return ""
}

// anyID says whether a table has a driver id.
func (o *driverOps) anyID() bool {
	return slices.ContainsFunc(o.rules, func(r rule) bool { return r.kind == ruleDriverID })
}
