// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/resnics/verbsmith/mage/internal/diagnose"
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
	diagnose  func(context.Context) (*diagnose.Report, error)
}

// thisMachine is the machine that the guest runs on.
func thisMachine() machine {
	return machine{
		now: time.Now, after: time.After,
		mount: mount.do, unmount: unmount, enter: enter, unlimit: unlimited,
		insert: insert, remove: remove, kernelLog: kernelLog,
		addDevice: addDevice, driverID: driverID, rename: rename, linkUp: linkUp, linkDown: linkDown,
		diagnose: diagnosis,
	}
}

// diagnosis is what diagnose says of this machine.
func diagnosis(ctx context.Context) (*diagnose.Report, error) {
	root, err := os.OpenRoot("/")
	if err != nil {
		return nil, fmt.Errorf("open the root for diagnose: %w", err)
	}
	defer root.Close()
	live := diagnose.ThisMachine(func(string) (string, bool) { return "", false }) // the guest sets nothing that counts
	report, err := diagnose.Ask(ctx, diagnose.Options{Tree: diagnose.NewTree(root.FS()), Live: live})
	if err != nil {
		return nil, fmt.Errorf("diagnose: %w", err)
	}
	return report, nil
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
