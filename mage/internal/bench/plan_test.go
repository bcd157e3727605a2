// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/provider"
)

// The guest is told to use the module of the tree.
func TestPlanHasTheModuleOfTheTree(t *testing.T) {
	j := job.Job{Provider: &provider.Provider{Manifest: provider.Manifest{Name: "rib", Device: provider.Device{KernelABI: 3}}}}
	tree := artifact.Tree{Result: provider.Result{DriverID: 21, PrivateABI: 34}}
	for _, fromTree := range []bool{false, true} {
		plan := PlanOf(j, tree, []lab.Case{{Name: "a"}, {Name: "b"}}, fromTree)
		if plan.DebugModule != fromTree || len(plan.Cases) != 2 || plan.Cases[1] != "b" || plan.SoakOps == 0 || plan.Rounds == 0 {
			t.Errorf("from the tree %t: got %+v", fromTree, plan)
		}
		if plan.Provider != "rib" || plan.DriverID != 21 || plan.PrivateABI != 34 || plan.KernelABI != 3 || len(plan.Devices) == 0 {
			t.Errorf("got %+v", plan)
		}
	}
}
