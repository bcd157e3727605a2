// SPDX-License-Identifier: Apache-2.0

// Package page turns results, as plain data, into one HTML file that needs no script and no network: the same data give the
// same bytes, and no more than MaxSize of them.
package page
