// SPDX-License-Identifier: Apache-2.0

// Package ui shows the user what a run is doing and why it failed.
//
// A terminal gets one live line per run, which is redrawn in place; anything else (a pipe, a CI log) gets plain lines,
// few enough to read. The whole output of every stage goes to a log file of its own, and what the log says about a
// failure is read back from there: RenderError puts a compiler's own message first.
//
// Everything that comes from a log, a file name or an error is treated as hostile: no escape sequence of a build
// reaches the terminal, and none of its lines is taken for a command by GitHub's runner.
//
// The package knows no other package of the project. Errors tell it more through small interfaces (HasStage,
// HasCommand and their like) which any error type can satisfy without importing it.
package ui
