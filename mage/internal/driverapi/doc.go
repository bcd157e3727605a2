// SPDX-License-Identifier: Apache-2.0

// Package driverapi has the declarations of libibverbs/driver.h in each release of rdma-core,
// and explains compile errors that come from a difference between releases.
//
// Its data is api.json, which the target releases:api generates from a git clone,
// together with docs/other-releases.md.
package driverapi
