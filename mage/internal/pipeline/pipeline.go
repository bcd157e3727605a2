// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/source"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/specs"
)

// Pipeline runs stages. Its fields are set once by the app.
type Pipeline struct {
	*stage.Runner

	Root       string // the repository: containers/ and specs/ are read below it
	DistDir    string // where outputs are collected
	Releases   *specs.Releases
	Interfaces *specs.Interfaces
	Sums       *specs.Sums
}

// Sources gets releases, Debian's source packages with this machine's apt or an image's.
func (p *Pipeline) Sources() *source.Fetcher {
	return &source.Fetcher{
		Runner: p.Runner, Releases: p.Releases, Sums: p.Sums,
		Apt: func(s *ui.Stage) upstream.AptSource { return p.aptSource(s) },
	}
}

// Source is Fetcher.Source.
func (p *Pipeline) Source(ctx context.Context, j job.Job) (artifact.Source, error) {
	return p.Sources().Source(ctx, j)
}

// Prune keeps the newest outputs of each stage. Of what is known of whole lists of
// releases, which is small, those of a few walks stay.
func (p *Pipeline) Prune(ctx context.Context) error {
	const keep, keepRows = 12, 2000
	return p.Runner.Prune(ctx, func(name string) int {
		if isRowStage(name) {
			return keepRows
		}
		return keep
	})
}
