// SPDX-License-Identifier: Apache-2.0

// Package toolchain holds the targets of the toolchain namespace: list and
// build.
package toolchain
