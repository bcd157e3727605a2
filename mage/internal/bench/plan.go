// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/lab"
)

// Sizes of the lab's measurements.
const (
	soakOps = 1_000_000 // operations of the soak case
	rounds  = 5         // of each measurement
)

// PlanOf returns the guest's plan for a job: the cases, on a device of the provider and one of
// the stock provider. fromTree uses the module from the tree in every case.
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
