// SPDX-License-Identifier: Apache-2.0

// Package providertest has fixtures for tests of providers: a small source tree of rdma-core, a
// provider for it, and comparisons that show both sides.
package providertest
