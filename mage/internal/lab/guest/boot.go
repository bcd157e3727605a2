// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

type mount struct {
	source, target, kind, data string
	flags                      uintptr
}

func (m mount) do() error {
	return unix.Mount(m.source, m.target, m.kind, m.flags, m.data) //nolint:wrapcheck // the caller says what for
}

// mountDir creates the mount point and mounts.
func (m machine) mountDir(at mount) error {
	if err := os.MkdirAll(m.path(at.target), 0o755); err != nil {
		return fmt.Errorf("make %s: %w", at.target, err)
	}
	if err := m.mount(at); err != nil {
		return fmt.Errorf("mount %s: %w", at.target, err)
	}
	return nil
}

// kernelFolders are the mounts of the kernel's file systems below a root.
func kernelFolders(root string) []mount {
	return []mount{
		{source: "proc", target: root + "/proc", kind: "proc"},
		{source: "sysfs", target: root + "/sys", kind: "sysfs"},
		{source: "devtmpfs", target: root + "/dev", kind: "devtmpfs"},
	}
}

// boot prepares the initramfs for running programs.
func (m machine) boot() error {
	for _, folder := range kernelFolders("") {
		// Some kernels are built to mount devtmpfs themselves.
		if err := m.mountDir(folder); err != nil && !errors.Is(err, unix.EBUSY) {
			return err
		}
	}
	return m.insertAll(lab.DiskModules)
}

const diskRoot = "/disk"

// enterDisk makes the disk the root, with the lab's own files next to it.
func (g *guest) enterDisk() error {
	if err := g.waitFor(lab.Disk); err != nil {
		return err
	}
	mounts := append([]mount{{source: lab.Disk, target: diskRoot, kind: "ext4"}}, kernelFolders(diskRoot)...)
	mounts = append(mounts,
		mount{source: "shm", target: diskRoot + "/dev/shm", kind: "tmpfs"},
		mount{source: "pts", target: diskRoot + "/dev/pts", kind: "devpts"},
		mount{source: "run", target: diskRoot + "/run", kind: "tmpfs"},
		mount{source: "tmp", target: diskRoot + "/tmp", kind: "tmpfs"},
		mount{source: lab.Folder, target: diskRoot + lab.Folder, flags: unix.MS_BIND},
	)
	for _, m := range mounts {
		if err := g.mountDir(m); err != nil {
			return err
		}
	}
	if err := g.enter(diskRoot); err != nil {
		return fmt.Errorf("enter the disk: %w", err)
	}
	if err := os.Setenv("PATH", programs); err != nil {
		return fmt.Errorf("enter the disk: %w", err)
	}
	return g.unlimit()
}

func enter(root string) error {
	if err := unix.Chroot(root); err != nil {
		return err //nolint:wrapcheck // the caller says what for
	}
	return unix.Chdir("/") //nolint:wrapcheck // as above
}

func unmount(target string) error {
	return unix.Unmount(target, unix.MNT_DETACH) //nolint:wrapcheck // the caller says what for
}

// unlimited lifts the limit of locked memory, as a service manager does for RDMA programs.
func unlimited() error {
	all := &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, all); err != nil {
		return fmt.Errorf("raise the limit of locked memory: %w", err)
	}
	return nil
}

// loadVerbs loads the kernel's RDMA, with the fixture between the core and uverbs, where the id
// can still be changed.
func (g *guest) loadVerbs() error {
	if err := g.insertAll(lab.CoreModules); err != nil {
		return err
	}
	if err := g.insertFixture(lab.StampModule, fmt.Sprintf("driver_id=%d", g.plan.DriverID), "prefix="+g.plan.Provider); err != nil {
		return err
	}
	return g.insertAll(lab.VerbsModules)
}

func (g *guest) insertFixture(name string, params ...string) error {
	return g.insert(filepath.Join(lab.FixtureFolder, name+".ko"), strings.Join(params, " "))
}

func (m machine) insertAll(folder string) error {
	f, err := os.Open(m.path(filepath.Join(folder, lab.OrderFile)))
	if err != nil {
		return fmt.Errorf("list the modules: %w", err)
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if err := m.insert(filepath.Join(folder, sc.Text()), ""); err != nil {
			return err
		}
	}
	return nil
}

// insert loads a module; one that is already loaded is no error.
func insert(file, params string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("load a module: %w", err)
	}
	defer f.Close()
	if err := unix.FinitModule(int(f.Fd()), params, 0); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("load module %s %s: %w", filepath.Base(file), params, err)
	}
	return nil
}

// kernelLog returns the kernel's messages since boot.
func kernelLog() string {
	const readAll, size = 3, 10 // SYSLOG_ACTION_READ_ALL and SYSLOG_ACTION_SIZE_BUFFER of syslog(2)
	n, err := unix.Klogctl(size, nil)
	if err != nil {
		return ""
	}
	buf := make([]byte, n)
	if n, err = unix.Klogctl(readAll, buf); err != nil {
		return ""
	}
	return string(buf[:n])
}

func remove(module string) error {
	if err := unix.DeleteModule(module, unix.O_NONBLOCK); err != nil {
		return fmt.Errorf("unload module %s: %w", module, err)
	}
	return nil
}

// waitFor waits until the kernel has created a file.
func (m machine) waitFor(file string) error {
	const patience = 20 * time.Second
	var err error
	if m.until(patience, func() bool { _, err = os.Stat(m.path(file)); return err == nil }) {
		return nil
	}
	return fmt.Errorf("wait for %s: %w", file, err)
}
