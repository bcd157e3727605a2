// SPDX-License-Identifier: Apache-2.0

// Package layer holds the files of packages or of an image that decide about
// providers, as a file system over another one.
//
// Names, links and directories are in memory, contents in one temporary file
// without a name: nothing of what others have packed becomes a path on this
// machine, and nothing stays if the process is killed. Nothing is run.
package layer
