// SPDX-License-Identifier: Apache-2.0

// Package text holds the places in a file: lines and offsets, changes that keep
// the layout around them, and the errors that name a place.
package text
