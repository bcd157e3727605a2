// SPDX-License-Identifier: Apache-2.0

// Package c reads C sources and headers as far as one can without a compiler:
// tokens, macros, enums, includes, the layout of structures, and the match tables
// of providers. Preprocessor conditions are not evaluated; a name that two branches define
// differently has no known meaning.
package c
