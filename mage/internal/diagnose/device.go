// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

const maxDevices = 1 << 10

// Device is a verbs device of the kernel and the answer about it.
type Device struct {
	Name   string `json:"name"`
	Uverbs string `json:"uverbs,omitempty"` // such as uverbs0
	// DriverID is what the kernel reports over netlink, nil if it was not asked or does not say.
	DriverID  *uint32 `json:"driverId,omitempty"`
	KernelABI *uint32 `json:"kernelAbi,omitempty"` // of the kernel driver for user space
	Modalias  string  `json:"modalias,omitempty"`
	NodeGUID  string  `json:"nodeGuid,omitempty"` // as 0011:2233:4455:6677
	// KernelDriver is the kernel driver of the bus device below, such as mlx5_core.
	KernelDriver string `json:"kernelDriver,omitempty"`
	Ports        []Port `json:"ports,omitempty"`

	// Provider takes the device by Rule; both are empty if none does.
	Provider string `json:"provider,omitempty"`
	Rule     string `json:"rule,omitempty"`
	// Why is the first reason for which programs cannot use the device, nil if they can.
	Why *Finding `json:"why,omitempty"`
	// Notes are further findings about it.
	Notes []Finding `json:"notes,omitempty"`

	kernel   *KernelDevice // what netlink says
	hidden   bool          // netlink does not list it
	declared bool          // has an entry in class/infiniband_verbs
}

// Port is a port of a device.
type Port struct {
	Number int    `json:"number"`
	State  string `json:"state"` // as the kernel has it, such as ACTIVE
}

// attr is an attribute of sysfs without its line end. As libibverbs, it takes nothing that does not fit into a buffer of so many bytes.
func (t *Tree) attr(name string, size int) string {
	data, err := t.ReadFile(name, maxAttr)
	if err != nil {
		return ""
	}
	text := strings.TrimSuffix(string(data), "\n")
	if text == string(data) && len(data) >= size || len(data) > size {
		return ""
	}
	text, _, _ = strings.Cut(text, "\x00")
	return text
}

// Sizes of libibverbs's buffers for attributes.
const (
	nameSize     = 64
	valueSize    = 32
	modaliasSize = 512
)

// sysfsDir is where libibverbs takes sysfs to be: in the root if SYSFS_PATH is set and empty.
func (a *asker) sysfsDir() string {
	if dir, ok := a.live.Env["SYSFS_PATH"]; ok {
		return path.Join("/", dir)
	}
	return "/sys"
}

// readDevices finds the kernel's devices, sorted by name: those of sysfs and those of netlink.
func (a *asker) readDevices(ctx context.Context) error {
	class := path.Join(a.sysfsDir(), "class")
	names, err := a.tree.Names(path.Join(class, "infiniband"))
	if err != nil {
		a.noRDMA, a.refusedClass = true, errors.Is(err, fs.ErrPermission) // this is what is to be found out
		return nil
	}
	a.hasUverbs = a.tree.Has(path.Join(class, "infiniband_verbs"))
	a.uverbsABI = a.tree.attr(path.Join(class, "infiniband_verbs", "abi_version"), 8)
	uverbs := a.readUverbs(path.Join(class, "infiniband_verbs"))
	byName := map[string]*Device{}
	for _, name := range names {
		if !strings.HasPrefix(name, ".") && len(byName) < maxDevices {
			byName[name] = a.readDevice(path.Join(class, "infiniband", name), uverbs[name])
		}
	}
	if err := a.askNetlink(ctx, byName); err != nil {
		return err
	}
	for _, d := range byName {
		a.report.Devices = append(a.report.Devices, d)
	}
	slices.SortFunc(a.report.Devices, func(x, y *Device) int { return strings.Compare(x.Name, y.Name) })
	return nil
}

// uverbsEntry is an entry of class/infiniband_verbs.
type uverbsEntry struct{ name, abi string }

// readUverbs gives the uverbs device of each verbs device.
func (a *asker) readUverbs(class string) map[string]uverbsEntry {
	names, _ := a.tree.Names(class)
	slices.Sort(names)
	found := map[string]uverbsEntry{}
	for _, name := range names {
		if of := a.tree.attr(path.Join(class, name, "ibdev"), nameSize); of != "" {
			found[of] = uverbsEntry{name, a.tree.attr(path.Join(class, name, "abi_version"), valueSize)}
		}
	}
	return found
}

func (a *asker) readDevice(dir string, uverbs uverbsEntry) *Device {
	d := &Device{
		Name: path.Base(dir), Uverbs: uverbs.name, declared: uverbs.name != "",
		Modalias:     a.tree.attr(path.Join(dir, "device", "modalias"), modaliasSize),
		NodeGUID:     a.tree.attr(path.Join(dir, "node_guid"), valueSize),
		KernelDriver: a.tree.Base(path.Join(dir, "device", "driver")),
	}
	if n, err := strconv.ParseUint(strings.TrimSpace(uverbs.abi), 10, 32); err == nil {
		abi := uint32(n)
		d.KernelABI = &abi
	} else if d.declared {
		d.KernelABI = new(uint32) // libibverbs takes a missing one for 0
	}
	ports, _ := a.tree.Names(path.Join(dir, "ports"))
	for _, name := range ports {
		number, err := strconv.Atoi(name)
		state := a.tree.attr(path.Join(dir, "ports", name, "state"), valueSize)
		if err == nil && state != "" && len(d.Ports) < 256 {
			_, word, _ := strings.Cut(state, ": ")
			d.Ports = append(d.Ports, Port{Number: number, State: word})
		}
	}
	slices.SortFunc(d.Ports, func(x, y Port) int { return x.Number - y.Number })
	return d
}

// askNetlink adds what the kernel says. As for libibverbs, an answer counts more than sysfs.
func (a *asker) askNetlink(ctx context.Context, devices map[string]*Device) error {
	if a.live.Kernel == nil {
		a.skip("the kernel's netlink, which alone has driver ids: only the machine itself can be asked")
		return nil
	}
	answers, err := a.live.Kernel(ctx, a.hasUverbs)
	if ctx.Err() != nil {
		return fmt.Errorf("ask the kernel: %w", ctx.Err())
	}
	if err != nil {
		a.netlinkErr = err
		return nil //nolint:nilerr // libibverbs reads sysfs then
	}
	a.netlink = true
	for _, d := range devices {
		d.hidden = true
	}
	for i := range answers {
		k := &answers[i]
		d := devices[k.Name]
		if d == nil {
			if len(devices) >= maxDevices {
				continue
			}
			d = &Device{Name: k.Name}
			devices[k.Name] = d
		}
		d.hidden, d.kernel = false, k
		if d.NodeGUID == "" && k.NodeGUID != 0 {
			d.NodeGUID = guid(k.NodeGUID)
		}
		if k.Chardev {
			d.Uverbs, d.KernelABI, d.DriverID, d.declared = k.Uverbs, &k.ABI, k.DriverID, true
		}
	}
	return nil
}

// guid formats a node's GUID as sysfs does.
func guid(n uint64) string {
	return fmt.Sprintf("%04x:%04x:%04x:%04x", n>>48&0xffff, n>>32&0xffff, n>>16&0xffff, n&0xffff)
}
