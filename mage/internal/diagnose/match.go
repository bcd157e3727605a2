// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"regexp"
	"strings"
)

// match is the answer of a provider's match table about a device.
type match struct {
	provider *Provider
	ops      *driverOps
	rule     *rule
}

// byDriverID is the first rule with the device's driver id.
func (o *driverOps) byDriverID(d *Device) *rule {
	if d.DriverID == nil || *d.DriverID == 0 { // RDMA_DRIVER_UNKNOWN
		return nil
	}
	for i := range o.rules {
		if r := &o.rules[i]; r.kind == ruleDriverID && r.driverID == uint64(*d.DriverID) {
			return r
		}
	}
	return nil
}

func (o *driverOps) byText(text string) *rule {
	for i := range o.rules {
		if r := &o.rules[i]; r.matchesText(text) {
			return r
		}
	}
	return nil
}

// matches is the rule by which libibverbs would give the device to the provider, were it the only one: the driver id counts
// first, then the name, then the modalias.
func (o *driverOps) matches(d *Device) *rule {
	if r := o.byDriverID(d); r != nil {
		return r
	}
	if r := o.byText("rdma_device:N" + d.Name); r != nil {
		return r
	}
	if d.Modalias != "" {
		return o.byText(d.Modalias)
	}
	return nil
}

// takes says whether a provider supports the kernel's ABI of a device.
func (o *driverOps) takes(d *Device) bool {
	abi := uint32(0)
	if d.KernelABI != nil {
		abi = *d.KernelABI
	}
	return o.minABI <= abi && abi <= o.maxABI
}

// matchAll gives the providers whose tables match a device, in the order in which libibverbs asks them: those by driver id
// first, then all in the order of registration.
func matchAll(providers []*Provider, d *Device) []match {
	var first, then []match
	for _, p := range providers {
		for i := range p.ops {
			ops := &p.ops[i]
			if r := ops.byDriverID(d); r != nil {
				first = append(first, match{p, ops, r})
			} else if r := ops.matches(d); r != nil {
				then = append(then, match{p, ops, r})
			}
		}
	}
	return append(first, then...)
}

// upstreamNames are the drivers of rdma-core by the driver ids of the kernel (include/uapi/rdma/ib_user_ioctl_verbs.h).
func upstreamNames() []string {
	return strings.Fields("- mlx5 mlx4 cxgb3 cxgb4 mthca bnxt_re ocrdma nes irdma vmw_pvrdma qedr hns usnic rxe" +
		" hfi1verbs ipathverbs efa siw erdma mana ionic")
}

// upstreamName is the upstream driver with a driver id, "" if there is none.
func upstreamName(id uint32) string {
	if names := upstreamNames(); id > 0 && id < uint32(len(names)) {
		return names[id]
	}
	return ""
}

// related says whether a driver's name has to do with a device: with its name, its kernel driver or its driver id.
func related(driver string, d *Device) bool {
	if driver == "" {
		return false
	}
	return strings.HasPrefix(d.Name, driver) || strings.HasPrefix(d.KernelDriver, driver) ||
		d.DriverID != nil && upstreamName(*d.DriverID) == driver
}

// udevName is the form of names that udev's rdma_rename gives.
var udevName = regexp.MustCompile(`^(?:ib|roce|iw|opa|rdma|usnic)(?:P[0-9]+)?(?:p[0-9]+s[0-9]+|s[0-9]+|o[0-9]+$|x[0-9a-f]{12,16}$)`)

// pciID is VENDOR:DEVICE of a PCI device's modalias, "" if it is none.
func pciID(modalias string) string {
	m := pciModalias.FindStringSubmatch(modalias)
	if m == nil {
		return ""
	}
	return strings.ToLower(m[1] + ":" + m[2])
}

var pciModalias = regexp.MustCompile(`^pci:v0000([0-9A-F]{4})d0000([0-9A-F]{4})sv`)

// described are the facts by which providers know a device.
func (d *Device) described() string {
	var facts []string
	if d.DriverID != nil {
		text := fmt.Sprintf("driver id %d", *d.DriverID)
		if name := upstreamName(*d.DriverID); name != "" {
			text += " (" + name + ")"
		}
		facts = append(facts, text)
	}
	if id := pciID(d.Modalias); id != "" {
		facts = append(facts, "PCI "+id)
	}
	if d.KernelABI != nil {
		facts = append(facts, fmt.Sprintf("kernel ABI %d", *d.KernelABI))
	}
	if d.KernelDriver != "" {
		facts = append(facts, "kernel driver "+show(d.KernelDriver))
	}
	if d.Uverbs != "" {
		facts = append(facts, show(d.Uverbs))
	}
	return strings.Join(facts, ", ")
}
