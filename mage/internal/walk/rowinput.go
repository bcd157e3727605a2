// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// The stages of which there is one output for each release.
const (
	editStage  = "release-edit"
	parseStage = "release-spec"
	makeStage  = "release-build"
)

// IsRowStage says that a stage has an output for each release, of which the cache keeps
// those of a few walks.
func IsRowStage(name string) bool {
	return name == editStage || name == parseStage || name == makeStage
}

// rowInput is what the edits of a release are made of.
type rowInput struct {
	Release  upstream.Ref
	Version  string
	Provider *provider.Provider
	Distro   specs.Distro // by whose macros specs are read
	Suffix   string       // behind the release of packages
}

func newRowInput(j job.Job, ref Release) rowInput {
	return rowInput{Release: ref.Ref, Version: ref.Version, Provider: j.Provider, Distro: j.Distro(), Suffix: j.Suffix}
}

// job is what the stages of the row are asked for.
func (in rowInput) job() job.Job {
	return job.Job{Target: job.RPM{Distro: in.Distro}, Provider: in.Provider, Suffix: in.Suffix}
}
