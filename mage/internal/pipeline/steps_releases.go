// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"fmt"

	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/walk"
	"github.com/resnics/verbsmith/specs"
)

// MeasureRelease reads what the release shares with its providers.
var MeasureRelease = &Step{lines: none, run: func(_ context.Context, _ *Pipeline, s *State) (err error) {
	s.Measured.Release, err = walk.Measure(s.Source.Tree, s.Source.Version)
	return err
}}

// MeasureLayout compiles the structures that it shares.
var MeasureLayout = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Measured.Layout, err = p.AddonPacker().ReleaseLayout(ctx, s.Job, s.Source, s.Toolchain)
	return err
}}

// warnOfUnknown warns if specs/interfaces.yaml has no rule for the source, with what was measured instead.
func (p *Pipeline) warnOfUnknown(ctx context.Context, s *State) {
	version, abi := s.Source.Version, s.Tree.Result.PrivateABI
	known, ok := p.Interfaces.Of(version)
	if ok && known.PrivateABI == abi {
		return
	}
	if ok {
		p.Log.WarnContext(ctx, "the source has another private ABI than its release", "rdma-core", version,
			"source", abi, "specs/interfaces.yaml", known.PrivateABI)
		return
	}
	attrs := []any{"rdma-core", version, "measured", measuredText(s, abi)}
	if _, err := specs.Upstream(version); err == nil {
		add := "go tool mage releases:add " + version
		if s.Job.Given != "" {
			add += " -source=" + s.Job.Given
		}
		attrs = append(attrs, "choose", add)
	}
	p.Log.WarnContext(ctx, "specs/interfaces.yaml has no rule for this release: an add-on is for its own stable series alone", attrs...)
}

// measuredText says what a source shares with its providers, as differences from the newest release whose driver.h is known.
func measuredText(s *State, abi int) string {
	r, err := walk.Measure(s.Source.Tree, s.Source.Version)
	history, errKnown := driverapi.Known()
	switch {
	case err != nil:
		return fmt.Sprintf("private ABI %d; %v", abi, err)
	case errKnown != nil || specs.CompareVersions(r.Version, history.Newest) < 0:
		return fmt.Sprintf("private ABI %d, %d driver ids", abi, len(r.DriverIDs))
	}
	return history.News(r).Text()
}
