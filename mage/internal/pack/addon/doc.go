// SPDX-License-Identifier: Apache-2.0

// Package addon has the stages that package a provider for installation next to the
// distribution's own libibverbs: the releases it is for, the release to build it in, its spec,
// and the layout of the structures that it shares with libibverbs.
package addon
