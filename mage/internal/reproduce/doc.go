// SPDX-License-Identifier: Apache-2.0

// Package reproduce has what shows that a build gives the same bytes wherever and whenever it runs: the variations of the machine that
// a second build runs with, the comparison of two builds, and the search for the cause of a difference.
package reproduce
