// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/judge"
)

// The steps for upstream's own Debian packages of the release.
var (
	StockReleaseSource = ofStock(ReleaseSource)
	StockDebianSource  = ofStock(DebianSource)
	StockDeb           = ofStock(Deb)
)

// Judges is the image with programs that judge packages.
var Judges = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Judges, err = p.Images().Judges(ctx, s.Job)
	return err
}}

// AskJudges asks programs of others about the packages, next to upstream's own.
var AskJudges = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Suite, err = p.Judge(s.Judges).Packages(ctx, judge.Case{
		Ours: s.Dist, Stock: s.Stock.Dist, Toolchain: s.Toolchain, Driver: "/etc/libibverbs.d/" + s.Job.Provider.Manifest.Name + ".driver",
	})
	return err
}}
