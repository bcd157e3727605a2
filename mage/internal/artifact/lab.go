// SPDX-License-Identifier: Apache-2.0

package artifact

// Lab is the image that boots guests.
type Lab struct {
	ID     string
	Kernel string // version of the kernel in it, as in /lib/modules
	Cross  string // the guest's processor, as GNU names it, if it is not the engine's
}

// Fixture is a provider's kernel modules for the lab.
type Fixture struct{ Dir string }

// Exercise is the program that exercises verbs, compiled for the packages.
type Exercise struct{ File string }

// DebugModule is the provider's module built for debugging.
type DebugModule struct{ Dir string }

// Guest is the disk of a virtual machine: the file system in which dnf has installed the
// packages. No other run changes it until Release is called, after the boot.
type Guest struct {
	Volume  string
	Release func()
}
