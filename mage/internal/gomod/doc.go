// SPDX-License-Identifier: Apache-2.0

// Package gomod reads what go.mod and go.work say of verbsmith: whether a module is it, needs it, has it as a tool, or takes it
// from a directory.
package gomod
