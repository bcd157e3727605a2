// SPDX-License-Identifier: Apache-2.0

// Package edit has the stages that put a provider into a source, in pure Go: the
// integrated tree, the patch and its proof, the spec, Debian's packaging.
package edit
