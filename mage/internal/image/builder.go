// SPDX-License-Identifier: Apache-2.0

package image

import (
	"io/fs"
	"time"

	"github.com/resnics/verbsmith/mage/internal/stage"
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
}
