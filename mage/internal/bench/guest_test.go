// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"testing"

	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// Whatever a guest's disk is made of changes its key.
func TestGuestKeyHasEachField(t *testing.T) { stagetest.EachFieldCounts(t, guestInput{}) }
