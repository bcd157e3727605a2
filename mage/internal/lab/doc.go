// SPDX-License-Identifier: Apache-2.0

// Package lab has what the kernel lab's host and guest share: the plan that a guest
// boots with, the records that it writes to its serial console, and how a
// finished console is judged.
//
// The guest is package guest below: process 1 of a virtual machine whose disk
// is the file system in which dnf installed the packages under test. The
// programs that it runs besides those of the packages are in exercise and in
// recorder.py.
//
// A console may be incomplete. A guest that panics, hangs or falls
// silent has not given its last record, and then the run has failed, whatever
// came before.
package lab
