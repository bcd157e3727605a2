// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package publish

import "os"

// exchange exchanges two directories in three steps, between which b is not there.
func exchange(a, b string) error {
	aside := a + ".old"
	if err := os.Rename(b, aside); err != nil {
		return err
	}
	if err := os.Rename(a, b); err != nil {
		return err
	}
	return os.Rename(aside, a)
}
