// SPDX-License-Identifier: Apache-2.0

// Package edit has what the structured edits of a release's files have in common: how
// they say that a file has no place for what they bring, or that what they bring cannot
// be written there.
package edit
