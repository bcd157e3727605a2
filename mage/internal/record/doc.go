// SPDX-License-Identifier: Apache-2.0

// Package record has the record of a build, a .buildinfo: the stage that lists what a toolchain has installed, what goes into the
// record, its reader, and the comparison of two of them.
package record
