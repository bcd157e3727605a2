// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// exchange exchanges two directories in one step.
func exchange(a, b string) error {
	if err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE); err != nil {
		return fmt.Errorf("exchange %s and %s: %w", a, b, err)
	}
	return nil
}
