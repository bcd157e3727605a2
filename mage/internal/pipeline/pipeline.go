// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"time"

	"github.com/resnics/verbsmith/mage/internal/bench"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/edit"
	"github.com/resnics/verbsmith/mage/internal/image"
	"github.com/resnics/verbsmith/mage/internal/judge"
	"github.com/resnics/verbsmith/mage/internal/kit"
	"github.com/resnics/verbsmith/mage/internal/pack"
	"github.com/resnics/verbsmith/mage/internal/pack/addon"
	"github.com/resnics/verbsmith/mage/internal/probe"
	"github.com/resnics/verbsmith/mage/internal/prove"
	"github.com/resnics/verbsmith/mage/internal/publish"
	"github.com/resnics/verbsmith/mage/internal/record"
	"github.com/resnics/verbsmith/mage/internal/reproduce"
	"github.com/resnics/verbsmith/mage/internal/source"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/mage/internal/walk"
	"github.com/resnics/verbsmith/specs"
)

// Pipeline runs stages. Its fields are set once by the app.
type Pipeline struct {
	*stage.Runner

	Root       string   // the repository
	Module     string   // where the go command finds this module
	Kit        *kit.Kit // containers/ and specs/
	DistDir    string   // where outputs are collected
	Releases   *specs.Releases
	Interfaces *specs.Interfaces
	Sums       *specs.Sums
	Mirror     image.Mirror                 // a site's own registry
	Site       bool                         // dnf reads a site's repositories
	Version    func(context.Context) string // of verbsmith
	Unlocked   bool                         // locks of toolchains are not heard: they are being written
}

// Sources fetches releases; Debian's source packages with the apt of this machine or of an
// image.
func (p *Pipeline) Sources() *source.Fetcher {
	return &source.Fetcher{
		Runner: p.Runner, Releases: p.Releases, Sums: p.Sums,
		Apt: func(s *ui.Stage) upstream.AptSource { return p.Images().AptSource(s) },
	}
}

// Editor runs the stages that edit a source.
func (p *Pipeline) Editor() *edit.Editor { return &edit.Editor{Runner: p.Runner} }

// Collector writes and reads the directory of outputs.
func (p *Pipeline) Collector() *dist.Collector {
	return &dist.Collector{Runner: p.Runner, Dir: p.DistDir}
}

// Prover runs the stages that produce verdicts.
func (p *Pipeline) Prover() *prove.Prover { return &prove.Prover{Runner: p.Runner, Module: p.Module} }

// Judge asks programs of others, which are in an image.
func (p *Pipeline) Judge(tools string) *judge.Judge {
	return &judge.Judge{Runner: p.Runner, Tools: tools}
}

// Prober reads facts about images.
func (p *Pipeline) Prober() *probe.Prober { return &probe.Prober{Runner: p.Runner} }

// Bench runs the stages of the kernel lab's machine.
func (p *Pipeline) Bench() *bench.Bench { return &bench.Bench{Runner: p.Runner, Module: p.Module} }

// Images makes and fetches images.
func (p *Pipeline) Images() *image.Builder {
	return &image.Builder{
		Runner: p.Runner, Files: p.Kit.Dir("containers"), Releases: p.Releases, Mirror: p.Mirror, Site: p.Site, Now: time.Now,
		Locked: p.locked,
	}
}

// Packer compiles and makes packages.
func (p *Pipeline) Packer() *pack.Packer { return &pack.Packer{Runner: p.Runner} }

// Recorder makes and compares records of builds.
func (p *Pipeline) Recorder() *record.Recorder {
	return &record.Recorder{Runner: p.Runner, Version: p.Version}
}

// Reproducer builds with variations.
func (p *Pipeline) Reproducer() *reproduce.Reproducer { return &reproduce.Reproducer{Runner: p.Runner} }

// Publisher makes released directories; their metadata in an image.
func (p *Pipeline) Publisher(in string) *publish.Publisher {
	return &publish.Publisher{Runner: p.Runner, Image: in, Module: p.Module}
}

// AddonPacker makes packages of a provider alone.
func (p *Pipeline) AddonPacker() *addon.Packer {
	return &addon.Packer{
		Runner: p.Runner, Specs: p.Kit.Dir("specs"), Releases: p.Releases, Interfaces: p.Interfaces, Resolve: p.Sources().Resolve,
	}
}

// Prune keeps the newest outputs of each stage. The small records of releases are kept for a
// few walks, and their bases, which are larger, for two.
func (p *Pipeline) Prune(ctx context.Context) error {
	const keep, keepRows, keepBases = 12, 2000, 700
	return p.Runner.Prune(ctx, func(name string) int {
		switch {
		case walk.IsRowStage(name):
			return keepRows
		case walk.IsBaseStage(name):
			return keepBases
		}
		return keep
	})
}
