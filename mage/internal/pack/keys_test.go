// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"testing"

	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// Whatever a stage is given changes its key.
func TestKeysHaveEachField(t *testing.T) {
	for _, in := range []any{buildInput{}, rpmInput{}, debInput{}, lintianInput{}, rebuildInput{}} {
		stagetest.EachFieldCounts(t, in)
	}
}
