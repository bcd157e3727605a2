// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"os"

	"github.com/resnics/verbsmith/mage/internal/dist"
)

// rebuild rebuilds the source package of the job alone, in a clean toolchain
// container, and compares the resulting file lists with those in dist.
func (a *App) rebuild(ctx context.Context) error {
	m, built, err := a.rpm(ctx, 1)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "verbsmith-rebuild-")
	if err != nil {
		return fmt.Errorf("create a directory for the rebuilt packages: %w", err)
	}
	defer os.RemoveAll(dir)
	rebuilt, err := a.pipeline.Rebuild(ctx, m.job, m.src, m.tc, built, dir)
	if err != nil {
		return err
	}
	if err := dist.SameFiles(built, rebuilt); err != nil {
		return err
	}
	fmt.Fprintf(a.ui.Out(), "%d packages rebuilt from the source package alone contain the same files\n", len(rebuilt.Manifest.Files))
	return nil
}
