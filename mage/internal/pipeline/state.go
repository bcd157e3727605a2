// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/bench"
	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/pack"
	"github.com/resnics/verbsmith/mage/internal/pack/addon"
	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/probe"
	"github.com/resnics/verbsmith/mage/internal/prove"
	"github.com/resnics/verbsmith/mage/internal/publish"
	"github.com/resnics/verbsmith/mage/internal/record"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/walk"
	"github.com/resnics/verbsmith/specs"
)

// State is a run's job and the results of its steps so far.
type State struct {
	Job     job.Job
	Refresh bool // the toolchain is built even if it exists

	Source    artifact.Source
	Tree      artifact.Tree
	Patch     artifact.Patch
	Proofs    []patchset.Proof // that the patch applies
	Spec      artifact.Spec
	Debian    artifact.DebianSource
	Base      artifact.Base
	Facts     probe.Facts // about the base
	Toolchain artifact.Toolchain

	BuildRoot artifact.BuildRoot // of the toolchain
	Build     artifact.Build
	Packages  artifact.Packages
	Lintian   pack.Lintian
	Dist      artifact.Dist
	Suite     report.Suite // the verdicts
	Rebuilt   artifact.Dist
	Scratch   string           // a directory for Rebuilt
	Anew      stage.Anew       // where packages are made without caches
	Library   containers.Input // what the variations of a build need
	Record    artifact.Record  // of the packages that a rebuild has to make
	Remade    record.Outcome   // of that

	// For an add-on: the unpatched packages of the release, built, the distro's own or, in Beside, given.
	Stock   *State
	Beside  string
	Choose  bool // the release to build in follows from them
	Proof   prove.AddonProof
	Choices []addon.Choice

	Measured Measured // of releases:add

	Judges     string // image with programs that judge packages
	Publishing string // image in which the metadata of repositories are made
	Order      publish.Order
	Released   publish.Outcome
	Verify     Verify

	Kernel  Kernel
	Walk    Walk
	Check   Check
	Suites  []specs.Suite // whose packaging is asked for, of toolchain:list
	Debians []artifact.DebianSource
}

// Kernel is the kernel lab's part of a run.
type Kernel struct {
	Cases    []lab.Case
	FromTree bool // the module is compiled from the tree and installed over the packages
	Setup    bench.Setup
	Plan     lab.Plan
	Began    time.Time // the boot
	Outcome  lab.Outcome
}

// debug reports whether the provider's module is compiled from the tree: for every case, or for
// one that inspects it.
func (k Kernel) debug() bool { return k.FromTree || lab.NeedDebug(k.Cases) }

// Walk is the part of a walk over releases, or over transplants.
type Walk struct {
	Selection string   // of releases
	Distros   []string // dist tags that specs are parsed for, such as el9
	Releases  *walk.Releases
	Changes   []walk.Change
	History   driverapi.History

	Transplants []specs.Transplant
	Setup       walk.TransplantSetup
	Rows        []*walk.TransplantRow

	Strangers        []*walk.StrangerRow
	StrangerSetup    walk.StrangerSetup
	StrangersCompile bool // not only their edits are tried
}

// Measured is what a release shares with its providers.
type Measured struct {
	driverapi.Release

	Layout string // digest of the shared structures, "" if it was not measured
}

// Check is the part of the checks of a provider.
type Check struct {
	ABI        map[string]walk.ABIHeader
	Compiled   artifact.ProviderBuild
	Discovered string // output of ibv_devices
}

// NewState returns the state at the start of a run.
func NewState(j job.Job) *State { return &State{Job: j} }

// WithStock adds the state of the same release without the provider.
func (s *State) WithStock(stock job.Job) *State {
	s.Stock = NewState(stock)
	return s
}

// Installed are the packages that the kernel lab installs together. The headers are in the
// first; the results are about the last.
func (s *State) Installed() []artifact.Dist {
	if s.Stock == nil {
		return []artifact.Dist{s.Dist}
	}
	return []artifact.Dist{s.Stock.Dist, s.Dist}
}

// requires is the file with the BuildRequires, or Build-Depends, of the toolchain.
func (s *State) requires() string {
	if s.Debian.Control != "" {
		return s.Debian.Control
	}
	return s.Spec.File
}
