// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

const (
	updateStage     = 2
	repackageScript = "repackage.sh"
	repackageIn     = "/builder/in/rpms"
	repackageOut    = "/builder/update"
	rpmsFolder      = "/rpms"
)

// Update repackages packages with a higher release, as a distribution's update
// would.
//
// Errors: *containers.RunError.
func (p *Prover) Update(ctx context.Context, tc artifact.Toolchain, stock artifact.Dist) (artifact.Dist, error) {
	key, err := stage.ScriptKey("update", updateStage, repackageScript)
	if err != nil {
		return artifact.Dist{}, err
	}
	files, _, err := stage.Installable(stock)
	if err != nil {
		return artifact.Dist{}, err
	}
	if key, err = stage.InstallableKey(key.String("toolchain", tc.ID), stock); err != nil {
		return artifact.Dist{}, err
	}
	entry, err := p.Cached(ctx, "update", key, func(ctx context.Context, dir string, s *ui.Stage) error {
		_, err := p.Script(ctx, s, containers.RunSpec{
			Argv: []string{repackageScript, repackageIn, repackageOut},
			Name: "update", Image: tc.ID, User: stage.Builder,
			Env:     map[string]string{"HOME": "/builder", "LC_ALL": "C.UTF-8"},
			Inputs:  []containers.Input{stage.BuilderInput(filepath.Dir(repackageIn), files)},
			Outputs: []containers.Output{{Path: repackageOut, Dir: dir}},
		})
		return err
	})
	if err != nil {
		return artifact.Dist{}, err
	}
	return folderDist(entry.Dir)
}

// folderDist is a directory of packages as a Dist without any other data.
func folderDist(dir string) (artifact.Dist, error) {
	dist := artifact.Dist{Dir: dir}
	files, err := stage.Files(dir)
	for _, f := range files {
		dist.Manifest.Files = append(dist.Manifest.Files, artifact.Output{Path: f.Name})
	}
	return dist, err
}

// AddonProof is the input of an add-on's proof.
type AddonProof struct {
	Addon  artifact.Dist
	Stock  artifact.Dist   // unpatched packages of a release
	Update artifact.Dist   // the same with a higher release
	Others []artifact.Dist // add-ons that are for other releases
}

// ProveAddon installs the unpatched packages in a clean container, then the
// add-on next to them, and gives the verdicts. The error says why a verdict could
// not be given; failed verdicts are in the report.
func (p *Prover) ProveAddon(ctx context.Context, j job.Job, tc artifact.Toolchain, proof AddonProof) (report.Suite, error) {
	s := p.Begin("prove")
	suite, err := p.proveAddon(ctx, j, tc, proof, s)
	if err == nil {
		err = suite.Err()
	}
	return suite, p.End("prove", s, false, err)
}

func (p *Prover) proveAddon(ctx context.Context, j job.Job, tc artifact.Toolchain, proof AddonProof, s *ui.Stage) (report.Suite, error) {
	base := tc.Base
	suite := report.Suite{Name: proof.suite(base), Started: time.Now()}
	m, err := subjectOf(j, proof.Stock.Manifest.PrivateABI, proof.Addon.Manifest.DriverID)
	if err != nil {
		return suite, err
	}
	m.packaging.owner = proof.Addon.Manifest.Addon.Package
	stock, install, names, err := p.install(ctx, s, base, base.Minimal, proof.Stock)
	if err != nil {
		return suite, err
	}
	install.Name, install.Title = "install-stock", "dnf installs the unpatched packages, dependencies resolved"
	suite.Results = append(suite.Results, install)
	if !install.Passed() {
		return suite, nil
	}
	defer p.removeImage(ctx, stock)
	if err := p.proveBeside(ctx, tc, proof, m, stock, names, &suite, s); err != nil {
		return suite, err
	}
	spec, err := p.cleanRun(ctx, s, tc, stock, m)
	if err != nil {
		return suite, err
	}
	without := []report.Result{{Name: "not-listed", Title: "without the add-on " + m.device + " is not listed"}}
	if err := p.judgeAll(ctx, s, &suite, without, spec); err != nil {
		return suite, err
	}
	for _, other := range proof.Others {
		v, err := p.proveRefused(ctx, tc, proof.Stock, other, m, stock, s)
		if err != nil {
			return suite, err
		}
		suite.Results = append(suite.Results, v)
	}
	return suite, nil
}

// proveBeside gives the verdicts about the add-on installed next to stock.
func (p *Prover) proveBeside(
	ctx context.Context, tc artifact.Toolchain, proof AddonProof, m subject, stock string, names []string, suite *report.Suite, s *ui.Stage,
) error {
	image, install, own, err := p.install(ctx, s, tc.Base, stock, proof.Addon)
	if err != nil {
		return err
	}
	install.Title = "dnf installs the add-on next to them"
	suite.Results = append(suite.Results, install)
	if !install.Passed() {
		return nil
	}
	defer p.removeImage(ctx, image)
	m.packages = slices.Concat(names, own)
	spec, err := p.cleanRun(ctx, s, tc, image, m)
	if err != nil {
		return err
	}
	all := append([]report.Result{
		{Name: "beside", Title: "no file is shared, and libibverbs is untouched"},
		{Name: "no-runpath", Title: "the module has no RUNPATH"},
	}, verdicts(m)...)
	if err := p.judgeAll(ctx, s, suite, all, spec); err != nil {
		return err
	}
	update, err := dnfInput(proof.Update)
	if err != nil {
		return err
	}
	spec.Inputs = append(spec.Inputs, update)
	spec.Env["RPMS"], spec.Network = rpmsFolder, !tc.Base.Standin
	return p.judgeAll(ctx, s, suite, []report.Result{
		{Name: "updated", Title: "an update of libibverbs within the private ABI keeps it"},
	}, spec)
}

// proveRefused asserts that dnf refuses an add-on that is for another release,
// and for which of its requirements.
func (p *Prover) proveRefused(
	ctx context.Context, tc artifact.Toolchain, stock, other artifact.Dist, m subject, image string, s *ui.Stage,
) (report.Result, error) {
	addon := *other.Manifest.Addon
	v := report.Result{Name: "refused", Title: "dnf refuses the add-on for rdma-core " + other.Manifest.Release}
	spec, err := p.cleanRun(ctx, s, tc, image, m)
	if err != nil {
		return v, err
	}
	packages, err := dnfInput(other)
	if err != nil {
		return v, err
	}
	spec.Inputs = append(spec.Inputs, packages)
	spec.Env["RPMS"], spec.Env["WANT"], spec.Network = rpmsFolder, missing(addon, stock.Manifest), !tc.Base.Standin
	err = p.judge(ctx, s, &v, spec)
	v.Name = "refused-" + other.Manifest.Release
	return v, err
}

// missing is what the add-on requires and a release does not have, in RPM's
// words: the private ABI, or else one end of the releases that it is for.
func missing(a artifact.Addon, stock artifact.Manifest) string {
	switch {
	case a.PrivateABI != stock.PrivateABI:
		return fmt.Sprintf("IBVERBS_PRIVATE_%d", a.PrivateABI)
	case specs.CompareVersions(stock.Release, a.From) < 0:
		return ">= " + a.From
	default:
		return "< " + a.Below
	}
}

func dnfInput(dist artifact.Dist) (containers.Input, error) {
	files, _, err := stage.Installable(dist)
	return containers.Input{Path: filepath.Dir(rpmsFolder), Write: stage.Tar(files)}, err
}

func (a AddonProof) suite(base artifact.Base) string {
	text := base.Folder + " " + a.Addon.Manifest.Addon.Package + " of " + a.Addon.Manifest.Release
	return text + " next to rdma-core " + a.Stock.Manifest.Release
}
