// SPDX-License-Identifier: Apache-2.0

// Package ui shows the user what a run is doing and why it failed.
//
// A terminal gets a live line for each stage at work; they are redrawn in place. Anything else (a pipe, a CI log) gets plain lines,
// few enough to read, which GitHub and GitLab fold by stage. Tables fit into the columns that there are. The complete
// output of every stage goes to its own log file. After a failure the log is searched for its cause: RenderError shows a
// compiler's own message first.
//
// Everything that comes from a log, a file name or an error is treated as hostile: no escape sequence of a build
// reaches the terminal, and GitHub's runner takes none of its lines for a command.
//
// Errors pass more details through small interfaces (HasStage, HasCommand and so on), which any error type
// can satisfy without importing the package.
package ui
