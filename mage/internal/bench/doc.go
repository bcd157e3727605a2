// SPDX-License-Identifier: Apache-2.0

// Package bench has the stages of the kernel lab's machine: the programs and modules of a
// guest, its disk, its boot under QEMU. Package lab has the cases and their judgement.
package bench
