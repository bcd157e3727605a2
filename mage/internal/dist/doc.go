// SPDX-License-Identifier: Apache-2.0

// Package dist has the directory of outputs: the stage that collects packages into it,
// what is found in it, and what its packages contain.
package dist
