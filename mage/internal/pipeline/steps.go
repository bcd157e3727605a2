// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pack"
	"github.com/resnics/verbsmith/mage/internal/pack/addon"
	"github.com/resnics/verbsmith/mage/internal/source"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

func withProvider(s *State) bool { return s.Job.Provider != nil }
func withoutTools(s *State) bool { return s.Toolchain.ID == "" }

// Source resolves, verifies and unpacks the release.
var Source = &Step{run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Source, err = p.Sources().Source(ctx, s.Job)
	return err
}}

// ReleaseSource is Source for Debian's packages, which are built on a release's tarball.
var ReleaseSource = &Step{run: func(ctx context.Context, p *Pipeline, s *State) error {
	if err := Source.run(ctx, p, s); err != nil {
		return err
	}
	return source.NotSourcePackage(s.Source, "deb")
}}

// AddonSource is Source for an add-on: the release must not have the provider already.
var AddonSource = &Step{run: func(ctx context.Context, p *Pipeline, s *State) error {
	source := Source
	if _, debian := s.Job.Target.(job.Deb); debian {
		source = ReleaseSource
	}
	if err := source.run(ctx, p, s); err != nil {
		return err
	}
	return addon.NotInUpstream(s.Job, s.Source)
}}

// Integrate puts the provider into the source, and says if the source is of a release that is not known.
var Integrate = &Step{run: func(ctx context.Context, p *Pipeline, s *State) error {
	err := integrate.run(ctx, p, s)
	if err == nil {
		p.warnOfUnknown(ctx, s)
	}
	return err
}}

// integrate is Integrate without a word, for the second tree of a source.
var integrate = &Step{run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Tree, err = p.Editor().Integrate(ctx, s.Job, s.Source)
	return err
}}

// Patch writes the difference between source and tree.
var Patch = &Step{of: withProvider, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Patch, err = p.Editor().Patch(ctx, s.Job, s.Tree)
	return err
}}

// ProvePatch applies the patch with git apply and patch.
var ProvePatch = &Step{run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Proofs, err = p.Editor().ProvePatch(ctx, s.Tree, s.Patch)
	return err
}}

// Spec edits the release's spec.
var Spec = &Step{run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Spec, err = p.Editor().Spec(ctx, s.Job, s.Source)
	return err
}}

// DebianSource makes debian/ for the tree.
var DebianSource = &Step{run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Debian, err = p.Editor().DebianSource(ctx, s.Job, s.Tree)
	return err
}}

// Base is the image that toolchains and clean containers start from.
var Base = &Step{engine: true, shared: true, of: withoutTools, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Base, err = p.Images().Base(ctx, s.Job)
	return err
}}

// Probe reads facts about the base.
var Probe = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Facts, err = p.Prober().Probe(ctx, s.Job, s.Base, s.Spec)
	return err
}}

// Toolchain is the image with the build requirements of the spec or of debian/control.
var Toolchain = &Step{engine: true, shared: true, of: withoutTools, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Toolchain, err = p.Images().Toolchain(ctx, s.Job, s.Base, s.requires(), s.Refresh)
	return err
}}

// Build runs build.sh in a volume, which stays locked if a later step reads it.
var Build = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Build, err = p.Packer().Build(ctx, s.Job, s.Tree, s.Toolchain)
	if err == nil && !withProvider(s) {
		s.Build.Release()
	}
	return err
}}

// Discover proves that the tools of the build find the device.
var Discover = &Step{engine: true, of: withProvider, run: func(ctx context.Context, p *Pipeline, s *State) error {
	defer s.Build.Release()
	_, err := p.Prover().ProveTree(ctx, s.Job, s.Tree, s.Toolchain, s.Build)
	return err
}}

// RPM runs rpmbuild -ba.
var RPM = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	packer := p.Packer()
	packer.Anew = s.Anew
	s.Packages, err = packer.RPM(ctx, s.Job, pack.Sources{Source: s.Source, Patch: s.Patch, Spec: s.Spec, Toolchain: s.Toolchain})
	return err
}}

// Deb runs dpkg-buildpackage.
var Deb = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	packer := p.Packer()
	packer.Anew = s.Anew
	s.Packages, err = packer.Deb(ctx, s.Job, s.Source, s.Debian, s.Toolchain)
	return err
}}

// Lintian checks Debian's packages.
var Lintian = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Lintian, err = p.Packer().Lintian(ctx, s.Packages, s.Toolchain)
	return err
}}

// Collect brings the packages into dist/.
var Collect = &Step{run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Dist, err = p.Collector().Collect(ctx, s.Job, s.Tree, s.Toolchain, s.Packages, p.described(s))
	return err
}}

// DistroRelease asks whether the distro's next update replaces the packages.
var DistroRelease = &Step{engine: true, of: withProvider, run: func(ctx context.Context, p *Pipeline, s *State) error {
	evr, err := p.Images().DistroRelease(ctx, s.Toolchain)
	if why := dist.Replaced(s.Dist.Manifest, evr); why != "" {
		p.Log.WarnContext(ctx, "dnf upgrade takes the provider away", "because", why, "choose", "-rdma="+dist.ReleaseOf(evr)+
			", the distro's source package with -source, rpm:addon, or the files in "+artifact.LockFolder+"/")
	}
	return err
}}

// Collected finds packages that are already in dist/.
var Collected = &Step{lines: none, run: func(_ context.Context, p *Pipeline, s *State) (err error) {
	s.Dist, err = p.Collector().Collected(s.Job, s.Toolchain.Base, s.Source.Label())
	if errors.Is(err, os.ErrNotExist) {
		err = &stage.AdviceError{Err: err, What: "run the rpm target first: the module is installed over its packages"}
	}
	return err
}}

// Prove installs the packages in a clean container and runs the verdicts, one of them on the
// stock packages in dist/.
var Prove = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) error {
	stock, err := p.Collector().Stock(s.Job, s.Toolchain.Base, s.Dist.Manifest.Label())
	if err != nil {
		return err
	}
	s.Suite, err = p.Prover().Prove(ctx, s.Job, s.Toolchain, s.Dist, stock)
	return err
}}

// Rebuild rebuilds only the source package.
var Rebuild = &Step{engine: true, run: func(ctx context.Context, p *Pipeline, s *State) (err error) {
	s.Rebuilt, err = p.Packer().Rebuild(ctx, s.Job, pack.SourceRPM{Dist: s.Dist, Source: s.Source, Toolchain: s.Toolchain}, s.Scratch)
	return err
}}

// DebianSources makes debian/ for each suite, if the tree has one.
var DebianSources = &Step{
	lines: func(s *State) int { return len(s.Suites) },
	run: func(ctx context.Context, p *Pipeline, s *State) error {
		_, err := os.Stat(filepath.Join(s.Tree.Dir, artifact.DebianDir, artifact.ControlFile))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		for _, suite := range s.Suites {
			j := s.Job
			j.Target = job.Deb{Suite: suite}
			made, err := p.Editor().DebianSource(ctx, j, s.Tree)
			if err != nil {
				return err
			}
			s.Debians = append(s.Debians, made)
		}
		return nil
	},
}

func none(*State) int { return 0 }
