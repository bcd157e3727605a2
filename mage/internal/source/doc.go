// SPDX-License-Identifier: Apache-2.0

// Package source has the stages that get a release of rdma-core: resolve, verify,
// unpack; for a distro's source package, also the patches of its %prep.
package source
