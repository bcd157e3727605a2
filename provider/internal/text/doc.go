// SPDX-License-Identifier: Apache-2.0

// Package text works with places in a file: lines and offsets, changes that keep the layout
// around them, and errors that name a place.
package text
