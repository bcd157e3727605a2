// SPDX-License-Identifier: Apache-2.0

// Package test holds the targets of the test namespace: unit, integration and
// all.
package test
