// SPDX-License-Identifier: Apache-2.0

// Package spdx reads licence expressions, those of SPDX lines and those of
// debian/copyright, and compares what they allow.
package spdx
