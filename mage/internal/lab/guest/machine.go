// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"time"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

// machine has the functions of the machine that the guest uses. Tests replace it.
type machine struct {
	root  string // before each path; empty but in tests
	now   func() time.Time
	after func(time.Duration) <-chan time.Time

	mount     func(mount) error
	unmount   func(target string) error
	enter     func(root string) error // makes a directory the root
	unlimit   func() error
	insert    func(file, params string) error
	remove    func(module string) error
	kernelLog func() string

	addDevice func(lab.Device) error // a soft-RoCE device and its netdev
	driverID  func(device string) (int, error)
	rename    func(from, to string) error
	linkUp    func(netdev string) error
	linkDown  func(netdev string) error
}

// thisMachine is the machine that the guest runs on.
func thisMachine() machine {
	return machine{
		now: time.Now, after: time.After,
		mount: mount.do, unmount: unmount, enter: enter, unlimit: unlimited,
		insert: insert, remove: remove, kernelLog: kernelLog,
		addDevice: addDevice, driverID: driverID, rename: rename, linkUp: linkUp, linkDown: linkDown,
	}
}

// path returns the path of a file of the machine.
func (m machine) path(name string) string { return m.root + name }

// until polls a condition, and gives up after a while.
func (m machine) until(patience time.Duration, holds func() bool) bool {
	const pause = 20 * time.Millisecond
	for start := m.now(); !holds(); <-m.after(pause) {
		if m.now().Sub(start) > patience {
			return false
		}
	}
	return true
}
