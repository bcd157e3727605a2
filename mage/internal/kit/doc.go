// SPDX-License-Identifier: Apache-2.0

// Package kit has the data files that runs read: releases, distros, suites, the add-on's spec, Containerfiles, scripts and
// the templates of a new provider.
//
// They are compiled into the program. A repository can have its own, below verbsmith/: a file with the path of one of
// verbsmith's replaces it, and distros, suites and releases can be added. Files that nothing reads are refused, because a
// name with a mistake in it would look like a file that does nothing.
package kit
