// SPDX-License-Identifier: Apache-2.0

package source

import (
	"testing"

	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// Whatever a source is read with changes its key.
func TestKeysHaveEachField(t *testing.T) {
	stagetest.EachFieldCounts(t, archiveInput{})
	stagetest.EachFieldCounts(t, packageInput{})
}
