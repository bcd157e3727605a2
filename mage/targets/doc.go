// SPDX-License-Identifier: Apache-2.0

// Package targets holds the targets: each parses its flags and makes one call
// of the app. Every exported function here is a target, and every exported
// type a namespace of them.
//
// They are one package because mage runs go list twice for each package that a
// magefile imports, which is most of the time of a run that has nothing to do.
package targets
