// SPDX-License-Identifier: Apache-2.0

// Package adopt writes the manifest of a driver that exists: a directory of rdma-core's kind, alone or in a fork of
// rdma-core. What the files do not say is a guess, and an open question in the manifest.
package adopt
