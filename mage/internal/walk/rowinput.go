// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// The stages with one output for each release.
const (
	editStage  = "release-edit"
	baseStage  = "release-base"
	parseStage = "release-spec"
	makeStage  = "release-build"
)

// IsBaseStage reports whether a stage has an output of a few megabytes for each release.
func IsBaseStage(name string) bool { return name == baseStage }

// IsRowStage reports whether a stage has a small output for each release. The cache keeps those of
// a few walks.
func IsRowStage(name string) bool {
	return name == editStage || name == parseStage || name == makeStage
}

// rowInput is the input of the edits of a release.
type rowInput struct {
	Release  upstream.Ref
	Version  string
	Provider *provider.Provider
	Distro   specs.Distro // its macros are used to read specs
	Suffix   string       // appended to the packages' release

	Processor specs.Processor // its conditions in specs hold
}

func newRowInput(j job.Job, ref Release) rowInput {
	return rowInput{
		Release: ref.Ref, Version: ref.Version, Provider: j.Provider, Distro: j.Distro(), Suffix: j.Suffix, Processor: j.Processor(),
	}
}

// job is the job of the row's stages.
func (in rowInput) job() job.Job {
	return job.Job{Target: job.RPM{Distro: in.Distro}, Provider: in.Provider, Suffix: in.Suffix, Engine: in.Processor}
}
