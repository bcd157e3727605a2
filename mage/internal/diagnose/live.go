// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"context"
	"errors"
)

// Live is what only the running machine can answer, for the user and the environment that asks. A nil function is not asked.
type Live struct {
	// Env has those of EnvNames that are set.
	Env map[string]string
	// UID is the effective user id.
	UID int
	// Memlock is RLIMIT_MEMLOCK in bytes, nil if it is not known.
	Memlock *uint64
	// Kernel asks the RDMA netlink for the kernel's devices, and if chardev is set for their uverbs devices.
	Kernel func(ctx context.Context, chardev bool) ([]KernelDevice, error)
	// Open opens a device file for reading and writing and closes it. Its errors are ErrNotDevice and syscall.Errno.
	Open func(path string) error
	// Run runs a program that changes nothing, with its standard output.
	Run func(ctx context.Context, name string, args ...string) ([]byte, error)
}

// ErrNotDevice is a file in the place of a device file that is none.
var ErrNotDevice = errors.New("not a character device")

// EnvNames are the environment variables that change what libibverbs and the loader do.
func EnvNames() []string {
	return []string{"LD_LIBRARY_PATH", "RDMAV_DRIVERS", "IBV_DRIVERS", "SYSFS_PATH"}
}

// KernelDevice is what the kernel's RDMA netlink says of a device.
type KernelDevice struct {
	Name     string
	NodeGUID uint64
	NodeType uint8
	Ports    uint32

	Chardev  bool    // the rest is known
	Uverbs   string  // the name of its uverbs device
	ABI      uint32  // of the kernel driver for user space
	DriverID *uint32 // nil if the kernel does not say
}
