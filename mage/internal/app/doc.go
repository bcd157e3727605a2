// SPDX-License-Identifier: Apache-2.0

// Package app wires a target: it is the only reader of flags, environment and
// terminal, and it owns the life of a run: signals, logs, cleanup and the
// display of errors. A target makes one call of it.
package app
