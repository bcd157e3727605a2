// SPDX-License-Identifier: Apache-2.0

// Package job says what a user asks for: a release of rdma-core, a provider, a
// base and one target, and the names that follow from these alone.
package job
