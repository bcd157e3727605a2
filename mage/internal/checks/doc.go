// SPDX-License-Identifier: Apache-2.0

// Package checks runs the static checks of the sources: the formatters, the linters, the
// licence lines and the state of go.mod.
//
// A check ends in pass, fail or unavailable, with its evidence. Unavailable means that this machine cannot run it (the
// vulnerability database is unreachable) and is never shown as pass. A check that finds no files fails, because
// otherwise it would always pass.
package checks
