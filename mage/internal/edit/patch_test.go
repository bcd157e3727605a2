// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"errors"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// A provider in the place of upstream's, of the very release that it is from.
func TestPatchOfWhatTheReleaseHas(t *testing.T) {
	tree, job := debianTree(t)
	tree.Dir = tree.Source.Tree
	tree.Digest = strings.Repeat("0", 64)
	e := &Editor{Runner: stagetest.NewRunner(t, nil)}
	_, err := e.Patch(t.Context(), job, tree)
	advice, ok := errors.AsType[*stage.AdviceError](err)
	if !ok || !errors.Is(err, patchset.ErrNoDifference) || !strings.Contains(err.Error(), "rdma-core 56.1 has providers/big_crab") {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(err.Error(), tree.Dir) || advice.Advice() == "" {
		t.Errorf("got %v, %q: want no folder of ours, and what to do", err, advice.Advice())
	}
}
