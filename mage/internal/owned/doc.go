// SPDX-License-Identifier: Apache-2.0

// Package owned keeps apart, in a directory that a user names, what verbsmith
// wrote and what others have there.
//
// Such a directory gets a marker, the file ".verbsmith", at its first use. The
// marker is also the directory's lock: runs that use the directory share it, who
// changes its record or removes from it has it alone. In a directory of outputs
// the marker is the record of every file that verbsmith wrote, one path a line;
// in a cache, whose files have names of their own, it has no paths.
//
// A marker makes nothing removable: [Hold.Remove] takes away what the record or the
// caller knows by its path, never what it does not know, and follows no link.
package owned
