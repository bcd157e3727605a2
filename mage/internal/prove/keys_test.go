// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"testing"

	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// Whatever a stage is given changes its key.
func TestKeysHaveEachField(t *testing.T) {
	for _, in := range []stage.Input{repackageInput{}, newerInput{}, distroInput{}} {
		stagetest.EachFieldCounts(t, in)
	}
}
