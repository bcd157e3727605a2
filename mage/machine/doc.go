// SPDX-License-Identifier: Apache-2.0

// Package machine holds the targets about the machine and the repository
// itself: doctor, clean and check.
package machine
