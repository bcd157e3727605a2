// SPDX-License-Identifier: Apache-2.0

// Package addon has the stages that make the package of a provider next to the
// distribution's own libibverbs: for which releases it is, the release to build it in, its
// spec, and the layout of the structures that it shares with libibverbs.
package addon
