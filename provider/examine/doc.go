// SPDX-License-Identifier: Apache-2.0

// Package examine reports the mistakes in a provider: in its directory (Examine),
// against a release (Release, ABI), and in the compiled module (Symbols). It
// changes nothing and needs no container.
package examine
