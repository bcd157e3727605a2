// SPDX-License-Identifier: Apache-2.0

// Package skeleton makes the folder of a new provider: one that compiles in
// every release from v34.0 on, is discovered, and says what is still to be
// written. Its texts are the files of templates/, where NAME in a file's name
// stands for the provider's.
package skeleton
