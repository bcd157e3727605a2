// SPDX-License-Identifier: Apache-2.0

// Package transplant compares, line by line, a release to which verbsmith has
// added a provider with the same release after upstream's own commits, and
// checks each difference against a list of reasons. It also removes a provider
// from a release by text, independently of the code that adds one.
package transplant
