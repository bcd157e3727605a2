// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// publish puts a draft in place of the directory, in one step where the system can do that. Afterwards the draft's directory has what
// was there before.
func (d *draft) publish() error {
	if err := os.Mkdir(d.into, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("publish the release: %w", err)
	}
	if err := exchange(d.dir, d.into); err != nil {
		return fmt.Errorf("publish the release in %s (want a directory that can be renamed, not a mount point): %w", d.into, err)
	}
	return nil
}
