// SPDX-License-Identifier: Apache-2.0

// Package cmake reads CMakeLists.txt as cmake-language(7) describes them: commands
// with their arguments, the blocks around them, and the values that set() and
// list() give to variables. It puts an item into a list that a command has, and
// holds a text that was changed against what it should mean. Nothing is run.
package cmake
