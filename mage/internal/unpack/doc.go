// SPDX-License-Identifier: Apache-2.0

// Package unpack reads what packages consist of: compressed streams, cpio
// archives and the headers of RPMs. All of it may be hostile, so nothing takes
// more memory than its bounds say.
package unpack
