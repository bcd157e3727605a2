// SPDX-License-Identifier: Apache-2.0

// Package owned separates, in a directory that a user names, what verbsmith
// wrote from what others have there.
//
// Such a directory gets a marker, the file ".verbsmith", at its first use. The
// marker is also the directory's lock: runs that use the directory share it; a run that
// changes the record or removes files holds it exclusively. In a directory of outputs
// the marker lists every file that verbsmith wrote, one path per line;
// in a cache, whose files have names of their own, it has no paths.
//
// A marker makes nothing removable: [Hold.Remove] takes away what the record or the
// caller knows by its path, nothing else, and follows no link.
package owned
