// SPDX-License-Identifier: Apache-2.0

// Package providertest has what tests of providers begin with: a small source
// tree of rdma-core, a provider for it, and comparisons that show both sides.
package providertest
