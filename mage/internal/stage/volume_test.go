// SPDX-License-Identifier: Apache-2.0

package stage_test

import (
	"testing"

	"github.com/resnics/verbsmith/mage/internal/stage"
)

func TestVolumeNameTakesAnything(t *testing.T) {
	got := stage.VolumeName("tree", "a b/..", "%\n")
	if got != "verbsmith-tree-a_20b_2f..-_25_0a" {
		t.Errorf("got %s", got)
	}
}
