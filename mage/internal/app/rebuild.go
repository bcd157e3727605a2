// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"os"

	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
)

// rebuild rebuilds the source package of the job alone, in a clean toolchain
// container, and compares the resulting file lists with those in dist.
func (a *App) rebuild(ctx context.Context) error {
	j, err := a.rpmJob(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "verbsmith-rebuild-")
	if err != nil {
		return fmt.Errorf("create a directory for the rebuilt packages: %w", err)
	}
	defer os.RemoveAll(dir)
	s := pipeline.NewState(j)
	s.Scratch = dir
	if err := a.pipeline.Do(ctx, pipeline.ForRebuild, s); err != nil {
		return err
	}
	if err := dist.SameFiles(s.Dist, s.Rebuilt); err != nil {
		return err
	}
	fmt.Fprintf(a.ui.Out(), "%d packages rebuilt from the source package alone contain the same files\n", len(s.Rebuilt.Manifest.Files))
	return nil
}
