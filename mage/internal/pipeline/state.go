// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/bench"
	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/pack"
	"github.com/resnics/verbsmith/mage/internal/pack/addon"
	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/prove"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/walk"
	"github.com/resnics/verbsmith/specs"
)

// State is what a run was asked for, and what its steps have made so far.
type State struct {
	Job     job.Job
	Refresh bool // the toolchain is built even if it is there

	Source    artifact.Source
	Tree      artifact.Tree
	Patch     artifact.Patch
	Proofs    []patchset.Proof // that the patch applies
	Spec      artifact.Spec
	Debian    artifact.DebianSource
	Base      artifact.Base
	Toolchain artifact.Toolchain
	Build     artifact.Build
	Packages  artifact.Packages
	Lintian   pack.Lintian
	Dist      artifact.Dist
	Suite     report.Suite // the verdicts
	Rebuilt   artifact.Dist
	Scratch   string // a directory for Rebuilt

	// Of an add-on: the unpatched packages of the release, made or, at Beside, given.
	Stock   *State
	Beside  string
	Proof   prove.AddonProof
	Choices []addon.Choice

	Kernel  Kernel
	Walk    Walk
	Check   Check
	Suites  []specs.Suite // whose packaging is asked for, of toolchain:list
	Debians []artifact.DebianSource
}

// Kernel is the kernel lab's part of a run.
type Kernel struct {
	Cases    []lab.Case
	FromTree bool // the module is compiled from the tree and put over the packages
	Setup    bench.Setup
	Plan     lab.Plan
	Began    time.Time // the boot
	Outcome  lab.Outcome
}

// debug says whether the provider's module is to be compiled from the tree: to be used in
// every case, or in one that looks into it.
func (k Kernel) debug() bool { return k.FromTree || lab.NeedDebug(k.Cases) }

// Walk is the part of a walk over releases, or over transplants.
type Walk struct {
	Selection string // of releases
	ELs       []int  // EL releases as which specs are parsed
	Releases  *walk.Releases
	History   driverapi.History

	Transplants []specs.Transplant
	Setup       walk.TransplantSetup
	Rows        []*walk.TransplantRow
}

// Check is the part of the checks of a provider.
type Check struct {
	ABI        map[string]walk.ABIHeader
	Compiled   artifact.ProviderBuild
	Discovered string // what ibv_devices said
}

// NewState is the state of a run that begins.
func NewState(j job.Job) *State { return &State{Job: j} }

// WithStock adds the state of the same release without the provider.
func (s *State) WithStock(stock job.Job) *State {
	s.Stock = NewState(stock)
	return s
}

// Installed are the packages that the kernel lab installs together; the first have the
// headers, the results are those of the last.
func (s *State) Installed() []artifact.Dist {
	if s.Stock == nil {
		return []artifact.Dist{s.Dist}
	}
	return []artifact.Dist{s.Stock.Dist, s.Dist}
}

// requires is the file by whose BuildRequires, or Build-Depends, the toolchain is made.
func (s *State) requires() string {
	if s.Debian.Control != "" {
		return s.Debian.Control
	}
	return s.Spec.File
}
