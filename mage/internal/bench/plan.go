// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/lab"
)

// What the lab measures.
const (
	soakOps = 1_000_000 // operations of the soak case
	rounds  = 5         // of each measurement
)

// PlanOf is what the guest is to do for a job: the cases, on devices of the provider and
// of the stock one. fromTree says that the module of the tree is used in every case.
func PlanOf(j job.Job, tree artifact.Tree, cases []lab.Case, fromTree bool) lab.Plan {
	manifest := j.Provider.Manifest
	plan := lab.Plan{
		Provider: manifest.Name, DriverID: tree.Result.DriverID, KernelABI: manifest.Device.KernelABI,
		PrivateABI: tree.Result.PrivateABI,
		Devices:    lab.Devices(manifest.Name, tree.Result.DriverID),
		SoakOps:    soakOps, Rounds: rounds, DebugModule: fromTree,
	}
	for _, c := range cases {
		plan.Cases = append(plan.Cases, c.Name)
	}
	return plan
}
