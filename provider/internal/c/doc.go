// SPDX-License-Identifier: Apache-2.0

// Package c reads C sources and headers as far as one can without a compiler:
// tokens, macros, enums, includes, the layout of structures, and the match tables
// of providers. Conditions of the preprocessor are not evaluated; what two
// branches say in two ways has no known meaning.
package c
