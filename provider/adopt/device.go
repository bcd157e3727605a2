// SPDX-License-Identifier: Apache-2.0

package adopt

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/provider/skeleton"
)

// device makes the device of the proof: one that the match table matches, by its name, by its place on a bus, or by its driver id.
func (r *reader) device() {
	d := &r.p.Manifest.Device
	d.Name, _ = skeleton.Device(r.p.Manifest.Name)
	r.kernelABI()
	from := ""
	for _, e := range r.reg.Entries {
		if from != "" {
			break
		}
		switch e.Kind {
		case c.EntryName:
			if name := deviceName(e.Text); name != "" {
				d.Name, from = name, "the name in "+r.at(r.reg.Table.File, e.At)
			}
		case c.EntryPCI, c.EntryModalias:
			if alias := modalias(e.Text); alias != "" {
				d.Modalias, from = alias, r.at(r.reg.Table.File, e.At)
			}
		case c.EntryUnknown, c.EntryEnd, c.EntryID, c.EntryOther:
		}
	}
	switch {
	case from != "":
	case r.p.Manifest.DriverID.Policy != provider.PolicyNone:
		d.ByDriverID, from = true, "the driver id alone"
	default:
		r.ask(fieldDevice, "which device does the match table match? It could not be read without a compiler.",
			"name: of a device whose name it matches", "modalias: pci:v0000VVVVd0000DDDDsv0000VVVVsd0000DDDDbc02sc00i00 of one on a bus")
	}
	value := d.Name
	if d.Modalias != "" {
		value += ", " + d.Modalias
	}
	r.found(fieldDevice, fmt.Sprintf("%s, kernel ABI %d", value, d.KernelABI), from)
}

// kernelABI is one that the provider supports: 1, which most kernel drivers have, if it can be.
func (r *reader) kernelABI() {
	const most = 1 << 20 // INT_MAX and the like name no ABI
	low, high := int64(0), int64(most)
	if r.reg.MinABI != nil {
		low = *r.reg.MinABI
	}
	if r.reg.MaxABI != nil {
		high = *r.reg.MaxABI
	}
	abi := int64(1)
	if r.reg.MinABI == nil && r.reg.MaxABI != nil || high < abi {
		abi = high
	}
	abi = max(abi, low)
	r.p.Manifest.Device.KernelABI = int(min(abi, most))
	if r.reg.MinABI == nil && r.reg.MaxABI == nil {
		r.ask(fieldDevice, "which kernel ABIs does the provider support? kernelABI has to be one of them.")
	}
}

var deviceForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// deviceName is a device whose name begins with a prefix.
func deviceName(prefix string) string {
	prefix = strings.TrimRight(prefix, "*?")
	if !deviceForm.MatchString(prefix) {
		return ""
	}
	name, _ := skeleton.Device(prefix)
	return name
}

var (
	pciForm     = regexp.MustCompile(`^pci:v([0-9A-F]{8})d([0-9A-F]{8})sv\*$`)
	aliasLetter = regexp.MustCompile(`^[a-z0-9]+:[A-Za-z0-9_.,:+-]{1,200}$`)
)

// modalias is one that a pattern matches: for PCI an Ethernet controller whose subsystem is the device.
func modalias(pattern string) string {
	if m := pciForm.FindStringSubmatch(pattern); m != nil {
		return fmt.Sprintf("pci:v%sd%ssv%ssd%sbc02sc00i00", m[1], m[2], m[1], m[2])
	}
	alias := strings.NewReplacer("*", "0", "?", "0").Replace(pattern)
	ok, err := path.Match(pattern, alias)
	if err != nil || !ok || !aliasLetter.MatchString(alias) || strings.HasPrefix(alias, "rdma_device:") {
		return ""
	}
	return alias
}
