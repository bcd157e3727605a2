// SPDX-License-Identifier: Apache-2.0

// Package patchset turns the difference between two source trees into a patch in
// git's mail format, applies such a patch, and proves that git and GNU patch
// apply it with the same result.
//
// The patch is what "git format-patch" would write: "git am", "git apply" and
// "patch -p1 -F0" read it. A patch cannot represent everything in a tree: a change of a
// binary file or of a link is an error that names the file. A file with CRLF line ends
// needs "git am --keep-cr", as it does with a patch that git wrote.
package patchset
