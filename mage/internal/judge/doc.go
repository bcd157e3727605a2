// SPDX-License-Identifier: Apache-2.0

// Package judge asks programs of others about packages, next to upstream's own of the same release: what these say of both is
// upstream's, the rest is the provider's.
package judge
