// SPDX-License-Identifier: Apache-2.0

package app

import (
	"testing"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/provider"
)

// -module=tree is nothing without the module of the tree: it is compiled, and the
// guest is told to use it.
func TestModuleOfTheTree(t *testing.T) {
	plain, looking := []lab.Case{{Name: "a"}}, []lab.Case{{Name: "a"}, {Name: "b", Debug: true}}
	for _, tt := range []struct {
		cases    []lab.Case
		fromTree bool
		want     bool
	}{{plain, false, false}, {plain, true, true}, {looking, false, true}, {looking, true, true}} {
		if got := needsDebugModule(tt.cases, tt.fromTree); got != tt.want {
			t.Errorf("%v, -module=tree %t: compiled %t, want %t", tt.cases, tt.fromTree, got, tt.want)
		}
		m := made{job: job.Job{Provider: &provider.Provider{Manifest: provider.Manifest{Name: "rib"}}}}
		if plan := kernelPlan(m, tt.cases, tt.fromTree); plan.DebugModule != tt.fromTree || len(plan.Cases) != len(tt.cases) {
			t.Errorf("-module=tree %t: got the plan %+v", tt.fromTree, plan)
		}
	}
}
