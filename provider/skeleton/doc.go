// SPDX-License-Identifier: Apache-2.0

// Package skeleton creates the directory of a new provider that compiles in every release from
// v34.0 on, is discovered, and lists what is left to write. Its templates are the files in
// templates/; NAME in a file name is replaced by the provider's name.
package skeleton
