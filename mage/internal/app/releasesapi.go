// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/google/renameio/v2"

	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
)

// ReleasesAPI is the releases:api target: it reads driver.h in every release of
// a clone, and writes the program's data about it and the page of the documentation.
func (a *App) ReleasesAPI(ctx context.Context) error {
	source, err := a.cloneSource()
	if err != nil {
		return err
	}
	s := pipeline.NewState(job.Job{Given: source})
	if err := a.pipeline.Do(ctx, pipeline.ForReleasesAPI, s); err != nil {
		return err
	}
	history := s.Walk.History
	data, err := history.JSON()
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{driverapi.DataFile: data, driverapi.Page: []byte(history.Markdown())} {
		if err := renameio.WriteFile(filepath.Join(a.dirs.root, filepath.FromSlash(name)), content, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		fmt.Fprintf(a.ui.Out(), "%s: %d names, v%s to v%s\n", name, len(history.Items), history.Oldest, history.Newest)
	}
	return nil
}
