// SPDX-License-Identifier: Apache-2.0

// Package releasetest has a small release of rdma-core for tests, in the forms in which
// stages take one: files, a git clone, a distro's source package.
package releasetest
