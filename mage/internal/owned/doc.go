// SPDX-License-Identifier: Apache-2.0

// Package owned separates verbsmith's files from others in a directory that a user names.
//
// Such a directory gets a marker, the file ".verbsmith", at its first use. The marker is also
// the directory's lock: runs that use the directory share it; a run that changes the record or
// removes files holds it exclusively. In a directory of outputs the marker lists every file
// that verbsmith wrote, one path per line; in a cache, where paths identify the files, it lists
// none.
//
// A marker makes nothing removable: [Hold.Remove] removes only paths that the record or the
// caller knows, and follows no link.
package owned
