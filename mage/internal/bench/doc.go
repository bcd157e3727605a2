// SPDX-License-Identifier: Apache-2.0

// Package bench has the stages of the kernel lab's machine: what is compiled for a guest,
// its disk, its boot under QEMU. The cases and what their records mean are lab's.
package bench
