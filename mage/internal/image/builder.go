// SPDX-License-Identifier: Apache-2.0

package image

import (
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/specs"
)

// Builder builds images, or fetches them if a registry can be reached.
type Builder struct {
	*stage.Runner

	Root     string // the repository: containers/ is read below it
	Releases *specs.Releases
	Mirror   Mirror // that images are taken from
}
