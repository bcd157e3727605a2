// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/walk"
	"github.com/resnics/verbsmith/specs"
)

// Walker runs the stages of walks over releases and of transplants, and the checks of a provider.
func (p *Pipeline) Walker() *walk.Walker {
	return &walk.Walker{
		Runner: p.Runner, Root: p.Root, Releases: p.Releases,
		Stages: walk.Stages{
			Source: p.Sources().Source, Integrate: p.Editor().Integrate, Patch: p.Editor().Patch, ProvePatch: p.Editor().ProvePatch,
			Spec: p.Editor().Spec, Judge: p.Prover().JudgeBuild, JudgeTogether: p.Prover().JudgeTogether,
			PlaceFolder: p.Collector().PlaceFolder,
		},
		Over: func(runner *stage.Runner, sums *specs.Sums) *walk.Walker {
			q := *p
			q.Runner, q.Sums = runner, sums
			return q.Walker()
		},
	}
}
