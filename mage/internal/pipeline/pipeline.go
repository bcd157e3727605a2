// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/stage"
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
