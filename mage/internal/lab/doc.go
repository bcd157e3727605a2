// SPDX-License-Identifier: Apache-2.0

// Package lab is shared by the kernel lab's host and guest: the plan that a guest boots with,
// the records that it writes to its serial console, and the judgement of a finished console.
//
// The guest is package guest below: process 1 of a virtual machine whose disk is the file
// system into which dnf installed the packages under test. Its other programs are in exercise
// and in recorder.py.
//
// A console may be incomplete. A guest that panics, hangs or falls
// silent has not given its last record, and then the run has failed, whatever
// came before.
package lab
