// SPDX-License-Identifier: Apache-2.0

// Package edit has the errors that the structured edits of a release's files share: for a file
// without a place for an edit, and for a value that cannot be written there.
package edit
