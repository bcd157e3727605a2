// SPDX-License-Identifier: Apache-2.0

// Package compiled says whether a compiled program of magefiles is still what compiling it again
// would give. The go command can say so too, but has to read all packages for it.
//
// A Record is taken before the program is compiled. It has the states of all files that the
// compiler can read outside of Go's own directory and the module cache, in which nothing changes: sizes, times
// (also ctime, which nobody can set) and inodes. A file that is added to a package counts, because the
// names of its sources are recorded too. So do the settings of the go command, and the program that
// takes the record. Where a change could go unnoticed, there is no record, and the go command decides.
package compiled
