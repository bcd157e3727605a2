// SPDX-License-Identifier: Apache-2.0

// Package tail keeps the end of what a program prints.
package tail
