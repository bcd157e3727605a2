// SPDX-License-Identifier: Apache-2.0

// Package source has the stages that get a release of rdma-core: resolve, verify,
// unpack; of a distro's source package, what its %prep leaves for the target.
package source
