// SPDX-License-Identifier: Apache-2.0

package addon

import (
	"testing"

	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// Whatever a stage is given changes its key.
func TestKeysHaveEachField(t *testing.T) {
	stagetest.EachFieldCounts(t, buildInput{})
	stagetest.EachFieldCounts(t, toolsInput{})
	stagetest.EachFieldCounts(t, layoutInput{})
}
