// SPDX-License-Identifier: Apache-2.0

// Package edit has the stages that add a provider to a source, in pure Go: the integrated tree,
// the patch and its proof, the spec, Debian's packaging.
package edit
