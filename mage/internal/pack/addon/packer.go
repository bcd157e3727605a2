// SPDX-License-Identifier: Apache-2.0

package addon

import (
	"context"
	"io/fs"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

// Packer builds packages that contain only a provider.
type Packer struct {
	*stage.Runner

	Specs      fs.FS // specs/
	Releases   *specs.Releases
	Interfaces *specs.Interfaces
	Anew       stage.Anew
	// Resolve says whether a job's release is available, and downloads it if necessary;
	// its output goes to the stage's log.
	Resolve func(ctx context.Context, j job.Job, s *ui.Stage) error
}
