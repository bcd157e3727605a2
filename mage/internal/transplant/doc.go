// SPDX-License-Identifier: Apache-2.0

// Package transplant compares how a release looks after verbsmith has put a
// provider into it with how it looks after upstream's own commits, line by
// line, and holds each difference against a list of reasons. It also takes a
// provider out of a release by its text, which has nothing in common with how
// one is put in.
package transplant
