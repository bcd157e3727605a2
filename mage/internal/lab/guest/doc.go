// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Command guest is process 1 of the kernel lab's virtual machine: it mounts
// the disk with the packages under test, loads the kernel's RDMA and the
// provider's fixture, makes soft-RoCE devices, runs the plan's cases with the
// programs of the packages, writes a record for each to the console, and
// switches the machine off.
//
// It is linked statically and needs nothing from the disk itself: if a distribution lacks a
// program, only the case that needs it fails, not the run.
package main
