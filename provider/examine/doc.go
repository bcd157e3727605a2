// SPDX-License-Identifier: Apache-2.0

// Package examine tells everything that can be seen wrong with a provider: in its
// directory (Examine), against a release (Release, ABI), and in the module that a
// compiler made of it (Symbols). It changes nothing and needs no container.
package examine
