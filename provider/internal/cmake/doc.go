// SPDX-License-Identifier: Apache-2.0

// Package cmake reads CMakeLists.txt as cmake-language(7) describes them: commands
// with their arguments, the blocks around them, and the values that set() and list() assign to
// variables. It adds an item to a command's list of arguments, and compares the meaning of an
// edited text with the expected one. Nothing is run.
package cmake
