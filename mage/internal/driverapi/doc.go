// SPDX-License-Identifier: Apache-2.0

// Package driverapi knows what libibverbs/driver.h offers to providers in each
// release of rdma-core, and explains a compile error that comes from the
// difference between two of them.
//
// Its data is api.json, which the target releases:api generates from a git clone,
// together with docs/other-releases.md.
package driverapi
