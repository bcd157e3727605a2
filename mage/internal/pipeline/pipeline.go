// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/bench"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/edit"
	"github.com/resnics/verbsmith/mage/internal/image"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/pack"
	"github.com/resnics/verbsmith/mage/internal/pack/addon"
	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/prove"
	"github.com/resnics/verbsmith/mage/internal/report"
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
		Apt: func(s *ui.Stage) upstream.AptSource { return p.Images().AptSource(s) },
	}
}

// Source is Fetcher.Source.
func (p *Pipeline) Source(ctx context.Context, j job.Job) (artifact.Source, error) {
	return p.Sources().Source(ctx, j)
}

// Editor runs the stages that edit a source.
func (p *Pipeline) Editor() *edit.Editor { return &edit.Editor{Runner: p.Runner} }

// Integrate is Editor.Integrate.
func (p *Pipeline) Integrate(ctx context.Context, j job.Job, src artifact.Source) (artifact.Tree, error) {
	return p.Editor().Integrate(ctx, j, src)
}

// Patch is Editor.Patch.
func (p *Pipeline) Patch(ctx context.Context, j job.Job, tree artifact.Tree) (artifact.Patch, error) {
	return p.Editor().Patch(ctx, j, tree)
}

// ProvePatch is Editor.ProvePatch.
func (p *Pipeline) ProvePatch(ctx context.Context, tree artifact.Tree, patch artifact.Patch) ([]patchset.Proof, error) {
	return p.Editor().ProvePatch(ctx, tree, patch)
}

// Spec is Editor.Spec.
func (p *Pipeline) Spec(ctx context.Context, j job.Job, src artifact.Source) (artifact.Spec, error) {
	return p.Editor().Spec(ctx, j, src)
}

// DebianSource is Editor.DebianSource.
func (p *Pipeline) DebianSource(ctx context.Context, j job.Job, tree artifact.Tree) (artifact.DebianSource, error) {
	return p.Editor().DebianSource(ctx, j, tree)
}

// Collector writes and reads the directory of outputs.
func (p *Pipeline) Collector() *dist.Collector {
	return &dist.Collector{Runner: p.Runner, Dir: p.DistDir}
}

// Collect is Collector.Collect.
func (p *Pipeline) Collect(
	ctx context.Context, j job.Job, tree artifact.Tree, tc artifact.Toolchain, pkgs artifact.Packages,
) (artifact.Dist, error) {
	return p.Collector().Collect(ctx, j, tree, tc, pkgs)
}

// Collected is Collector.Collected.
func (p *Pipeline) Collected(j job.Job, base artifact.Base, label string) (artifact.Dist, error) {
	return p.Collector().Collected(j, base, label)
}

// Stock is Collector.Stock.
func (p *Pipeline) Stock(j job.Job, base artifact.Base, label string) (*artifact.Dist, error) {
	return p.Collector().Stock(j, base, label)
}

// OtherAddons is Collector.OtherAddons.
func (p *Pipeline) OtherAddons(j job.Job, base artifact.Base, version string) ([]artifact.Dist, error) {
	return p.Collector().OtherAddons(j, base, version)
}

// Place is Collector.Place.
func (p *Pipeline) Place(ctx context.Context, dir, name string, data []byte) (string, error) {
	return p.Collector().Place(ctx, dir, name, data)
}

// PlaceFile is Collector.PlaceFile.
func (p *Pipeline) PlaceFile(ctx context.Context, j job.Job, label, name, from string) (string, error) {
	return p.Collector().PlaceFile(ctx, j, label, name, from)
}

// Prover gives verdicts.
func (p *Pipeline) Prover() *prove.Prover { return &prove.Prover{Runner: p.Runner} }

// ProveTree is Prover.ProveTree.
func (p *Pipeline) ProveTree(
	ctx context.Context, j job.Job, tree artifact.Tree, tc artifact.Toolchain, b artifact.Build,
) (report.Result, error) {
	return p.Prover().ProveTree(ctx, j, tree, tc, b)
}

// Prove is Prover.Prove, with the stock packages that are in the directory of outputs.
func (p *Pipeline) Prove(ctx context.Context, j job.Job, tc artifact.Toolchain, pkgs artifact.Dist) (report.Suite, error) {
	stock, err := p.Stock(j, tc.Base, pkgs.Manifest.Label())
	if err != nil {
		return report.Suite{}, err
	}
	return p.Prover().Prove(ctx, j, tc, pkgs, stock)
}

// Update is Prover.Update.
func (p *Pipeline) Update(ctx context.Context, tc artifact.Toolchain, stock artifact.Dist) (artifact.Dist, error) {
	return p.Prover().Update(ctx, tc, stock)
}

// ProveAddon is Prover.ProveAddon.
func (p *Pipeline) ProveAddon(ctx context.Context, j job.Job, tc artifact.Toolchain, proof prove.AddonProof) (report.Suite, error) {
	return p.Prover().ProveAddon(ctx, j, tc, proof)
}

// Bench runs the stages of the kernel lab's machine.
func (p *Pipeline) Bench() *bench.Bench { return &bench.Bench{Runner: p.Runner, Root: p.Root} }

// Fixture is Bench.Fixture.
func (p *Pipeline) Fixture(ctx context.Context, j job.Job, machine artifact.Lab) (artifact.Fixture, error) {
	return p.Bench().Fixture(ctx, j, machine)
}

// Exercise is Bench.Exercise.
func (p *Pipeline) Exercise(
	ctx context.Context, j job.Job, pkgs artifact.Dist, tc artifact.Toolchain,
) (artifact.Exercise, error) {
	return p.Bench().Exercise(ctx, j, pkgs, tc)
}

// DebugModule is Bench.DebugModule.
func (p *Pipeline) DebugModule(
	ctx context.Context, j job.Job, tree artifact.Tree, tc artifact.Toolchain,
) (artifact.DebugModule, error) {
	return p.Bench().DebugModule(ctx, j, tree, tc)
}

// Guest is Bench.Guest.
func (p *Pipeline) Guest(
	ctx context.Context, j job.Job, base artifact.Base, pkgs []artifact.Dist, machine artifact.Lab,
) (artifact.Guest, error) {
	return p.Bench().Guest(ctx, j, base, pkgs, machine)
}

// Boot is Bench.Boot.
func (p *Pipeline) Boot(ctx context.Context, setup bench.Setup, plan lab.Plan) (lab.Outcome, error) {
	return p.Bench().Boot(ctx, setup, plan)
}

// Images makes and fetches images.
func (p *Pipeline) Images() *image.Builder {
	return &image.Builder{Runner: p.Runner, Root: p.Root, Releases: p.Releases}
}

// ChooseBase is Builder.ChooseBase.
func (p *Pipeline) ChooseBase(ctx context.Context, j job.Job) (own bool, why string, err error) {
	return p.Images().ChooseBase(ctx, j)
}

// Base is Builder.Base.
func (p *Pipeline) Base(ctx context.Context, j job.Job) (artifact.Base, error) {
	return p.Images().Base(ctx, j)
}

// BaseState is Builder.BaseState.
func (p *Pipeline) BaseState(ctx context.Context, j job.Job) (base artifact.Base, here bool, why string, err error) {
	return p.Images().BaseState(ctx, j)
}

// Toolchain is Builder.Toolchain.
func (p *Pipeline) Toolchain(ctx context.Context, j job.Job, base artifact.Base, file string, refresh bool) (artifact.Toolchain, error) {
	return p.Images().Toolchain(ctx, j, base, file, refresh)
}

// ToolchainState is Builder.ToolchainState.
func (p *Pipeline) ToolchainState(ctx context.Context, j job.Job, base artifact.Base, file string) (artifact.Toolchain, bool, error) {
	return p.Images().ToolchainState(ctx, j, base, file)
}

// Lab is Builder.Lab.
func (p *Pipeline) Lab(ctx context.Context, j job.Job) (artifact.Lab, error) {
	return p.Images().Lab(ctx, j)
}

// Packer compiles and makes packages.
func (p *Pipeline) Packer() *pack.Packer { return &pack.Packer{Runner: p.Runner} }

// Build is Packer.Build.
func (p *Pipeline) Build(ctx context.Context, j job.Job, tree artifact.Tree, tc artifact.Toolchain) (artifact.Build, error) {
	return p.Packer().Build(ctx, j, tree, tc)
}

// RPM is Packer.RPM.
func (p *Pipeline) RPM(
	ctx context.Context, j job.Job, src artifact.Source, patch artifact.Patch, spec artifact.Spec, tc artifact.Toolchain,
) (artifact.Packages, error) {
	return p.Packer().RPM(ctx, j, src, patch, spec, tc)
}

// Rebuild is Packer.Rebuild.
func (p *Pipeline) Rebuild(
	ctx context.Context, j job.Job, src artifact.Source, tc artifact.Toolchain, pkgs artifact.Dist, dir string,
) (artifact.Dist, error) {
	return p.Packer().Rebuild(ctx, j, src, tc, pkgs, dir)
}

// Deb is Packer.Deb.
func (p *Pipeline) Deb(
	ctx context.Context, j job.Job, src artifact.Source, debian artifact.DebianSource, tc artifact.Toolchain,
) (artifact.Packages, error) {
	return p.Packer().Deb(ctx, j, src, debian, tc)
}

// Lintian is Packer.Lintian.
func (p *Pipeline) Lintian(ctx context.Context, pkgs artifact.Packages, tc artifact.Toolchain) (pack.Lintian, error) {
	return p.Packer().Lintian(ctx, pkgs, tc)
}

// AddonPacker makes packages of a provider alone.
func (p *Pipeline) AddonPacker() *addon.Packer {
	return &addon.Packer{
		Runner: p.Runner, Root: p.Root, Releases: p.Releases, Interfaces: p.Interfaces, Resolve: p.Sources().Resolve,
	}
}

// PlanAddons is addon.Packer.Plan.
func (p *Pipeline) PlanAddons(ctx context.Context, j job.Job) ([]addon.Choice, error) {
	return p.AddonPacker().Plan(ctx, j)
}

// AddonTools is addon.Packer.Tools.
func (p *Pipeline) AddonTools(ctx context.Context, j job.Job) (artifact.Spec, error) {
	return p.AddonPacker().Tools(ctx, j)
}

// Addon is addon.Packer.Build.
func (p *Pipeline) Addon(
	ctx context.Context, j job.Job, tree artifact.Tree, patch artifact.Patch, tc artifact.Toolchain,
) (artifact.Packages, error) {
	return p.AddonPacker().Build(ctx, j, tree, patch, tc)
}

// Prune keeps the newest outputs of each stage. Of what is known of whole lists of
// releases, which is small, those of a few walks stay.
func (p *Pipeline) Prune(ctx context.Context) error {
	const keep, keepRows = 12, 2000
	return p.Runner.Prune(ctx, func(name string) int {
		if walk.IsRowStage(name) {
			return keepRows
		}
		return keep
	})
}
