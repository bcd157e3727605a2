// SPDX-License-Identifier: Apache-2.0

// Package matrix runs many cells, each a release for a target with a provider as one kind of packages, and has their results: which
// cell runs where and when, what happens to one whose machine fails, and the one table that comes of it, wherever they ran. What a
// cell does, and what a place is, comes in as functions.
package matrix
