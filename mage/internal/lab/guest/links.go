// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

// netdev names the netdev of a device.
func netdev(device string) string { return "net-" + device }

// mtu carries RoCE's largest path MTU, 4096 bytes, with its headers.
const mtu = 4200

// makeDevices makes the plan's soft-RoCE devices, each on a dummy netdev.
func (g *guest) makeDevices() error {
	if err := g.linkUp("lo"); err != nil {
		return err
	}
	for _, d := range g.plan.Devices {
		err := g.addDevice(d)
		if err == nil {
			_, err = g.gidIndex(d.Name)
		}
		if err != nil {
			return fmt.Errorf("make device %s: %w", d.Name, err)
		}
	}
	return nil
}

func addDevice(d lab.Device) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU = netdev(d.Name), mtu
	link := &netlink.Dummy{LinkAttrs: attrs}
	if err := netlink.LinkAdd(link); err != nil {
		return fmt.Errorf("add netdev %s: %w", attrs.Name, err)
	}
	addr, err := netlink.ParseAddr(d.Address)
	if err != nil {
		return fmt.Errorf("address %q: %w", d.Address, err)
	}
	if err := netlink.AddrAdd(link, addr); err != nil {
		return fmt.Errorf("give %s to %s: %w", d.Address, attrs.Name, err)
	}
	if err := linkUp(attrs.Name); err != nil {
		return err
	}
	if err := netlink.RdmaLinkAdd(d.Name, lab.StockName, attrs.Name); err != nil {
		return fmt.Errorf("add soft-RoCE device: %w", err)
	}
	return nil
}

func linkUp(name string) error {
	link, err := netlink.LinkByName(name)
	if err == nil {
		err = netlink.LinkSetUp(link)
	}
	if err != nil {
		return fmt.Errorf("set netdev %s up: %w", name, err)
	}
	return nil
}

func linkDown(name string) error {
	link, err := netlink.LinkByName(name)
	if err == nil {
		err = netlink.LinkSetDown(link)
	}
	if err != nil {
		return fmt.Errorf("set netdev %s down: %w", name, err)
	}
	return nil
}

func rename(from, to string) error {
	link, err := netlink.RdmaLinkByName(from)
	if err == nil {
		err = netlink.RdmaLinkSetName(link, to)
	}
	if err != nil {
		return fmt.Errorf("rename %s to %s: %w", from, to, err)
	}
	return nil
}

// From include/uapi/rdma/rdma_netlink.h, because package nl lacks them.
const (
	cmdGetChardev  = 15     // RDMA_NLDEV_CMD_GET_CHARDEV
	attrChardev    = 69     // RDMA_NLDEV_ATTR_CHARDEV_TYPE
	attrChardevABI = 71     // RDMA_NLDEV_ATTR_CHARDEV_ABI
	attrDriverID   = 73     // RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID
	typeMask       = 0x3fff // NLA_TYPE_MASK of include/uapi/linux/netlink.h
)

// driverID queries the driver id of a device like libibverbs.
func driverID(device string) (int, error) {
	link, err := netlink.RdmaLinkByName(device)
	if err != nil {
		return 0, fmt.Errorf("find device %s: %w", device, err)
	}
	req := nl.NewNetlinkRequest(nl.RDMA_NL_NLDEV<<nl.RDMA_NL_GET_CLIENT_SHIFT|cmdGetChardev, unix.NLM_F_ACK)
	index := make([]byte, 4)
	binary.NativeEndian.PutUint32(index, link.Attrs.Index)
	req.AddData(nl.NewRtAttr(nl.RDMA_NLDEV_ATTR_DEV_INDEX, index))
	req.AddData(nl.NewRtAttr(attrChardev, nl.ZeroTerminated("uverbs")))
	answers, err := req.Execute(unix.NETLINK_RDMA, 0)
	if err != nil {
		return 0, fmt.Errorf("query the uverbs device of %s: %w", device, err)
	}
	for _, answer := range answers {
		attrs, err := nl.ParseRouteAttr(answer)
		if err != nil {
			return 0, fmt.Errorf("read the answer about %s: %w", device, err)
		}
		for _, a := range attrs {
			if a.Attr.Type&typeMask == attrDriverID && len(a.Value) >= 4 {
				return int(binary.NativeEndian.Uint32(a.Value)), nil
			}
		}
	}
	return 0, fmt.Errorf("the kernel names no driver id for %s", device)
}

// gidIndex finds the RoCE v2 entry of the device's IPv4 address.
func (m machine) gidIndex(device string) (index int, err error) {
	const patience = 5 * time.Second
	if m.until(patience, func() (found bool) { index, found = m.findGID(device); return found }) {
		return index, nil
	}
	return 0, fmt.Errorf("%s has no RoCE v2 entry for an IPv4 address in its GID table", device)
}

func (m machine) findGID(device string) (int, bool) {
	port := m.root + filepath.Join("/sys/class/infiniband", device, "ports/1")
	for i := range 16 {
		n := strconv.Itoa(i)
		gid, err := os.ReadFile(filepath.Join(port, "gids", n))
		if err != nil {
			return 0, false
		}
		kind, err := os.ReadFile(filepath.Join(port, "gid_attrs/types", n))
		if err != nil {
			continue // an unused entry
		}
		mapped := strings.HasPrefix(string(gid), "0000:0000:0000:0000:0000:ffff:")
		if mapped && bytes.HasPrefix(kind, []byte("RoCE v2")) {
			return i, true
		}
	}
	return 0, false
}

// address is the device's IPv4 address without its prefix length.
func address(d lab.Device) string {
	text, _, _ := strings.Cut(d.Address, "/")
	return text
}
