// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"io/fs"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

// Builder builds images, or fetches them if a registry can be reached.
type Builder struct {
	*stage.Runner

	Files    fs.FS // containers/
	Releases *specs.Releases
	Mirror   Mirror           // that images are taken from
	Site     bool             // dnf reads a site's repositories
	Now      func() time.Time // the day on which a distro is asked
	// Locked returns an error if a toolchain is not what the repository has locked; nil: nothing is locked.
	Locked func(ctx context.Context, s *ui.Stage, j job.Job, tc artifact.Toolchain) error
}
