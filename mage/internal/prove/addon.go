// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/specs"
)

const rpmsFolder = "/rpms"

// AddonProof is the input of the proof of an add-on.
type AddonProof struct {
	Addon  artifact.Dist
	Stock  artifact.Dist   // unpatched packages of a release
	Update artifact.Dist   // the same with a higher release
	Others []artifact.Dist // add-ons that are for other releases
}

// ProveAddon installs the unpatched packages in a clean container, then the add-on next to
// them, and runs the verdicts. Failed verdicts are in the report; the error is about a verdict
// that could not run.
func (p *Prover) ProveAddon(ctx context.Context, j job.Job, tc artifact.Toolchain, proof AddonProof) (report.Suite, error) {
	t := p.begin(tc, proof.suite(tc.Base))
	return t.end(t.proveAddon(ctx, j, proof))
}

func (t *trial) proveAddon(ctx context.Context, j job.Job, proof AddonProof) error {
	about := j.Provider.Manifest
	m, err := subjectOf(about.Name, about.Device, proof.Stock.Manifest.PrivateABI, proof.Addon.Manifest.DriverID)
	if err != nil {
		return err
	}
	m.packaging.owner = proof.Addon.Manifest.Addon.Package
	stock, install, err := t.install(ctx, t.base.Minimal, proof.Stock)
	if err != nil {
		return err
	}
	install.Name, install.Title = "install-stock", "dnf installs the unpatched packages, dependencies resolved"
	t.add(install)
	if !install.Passed() {
		return nil
	}
	defer t.removeImage(ctx, stock.image)
	if err := t.proveBeside(ctx, proof, m, stock); err != nil {
		return err
	}
	spec, err := t.cleanRun(ctx, stock.image, m)
	if err != nil {
		return err
	}
	without := []report.Result{{Name: "not-listed", Title: "without the add-on " + m.device + " is not listed"}}
	if err := t.judgeAll(ctx, without, spec, nil); err != nil {
		return err
	}
	for _, other := range proof.Others {
		spec, err := t.cleanRun(ctx, stock.image, m)
		if err != nil {
			return err
		}
		if err := t.proveRefused(ctx, proof.Stock, other, spec); err != nil {
			return err
		}
	}
	return nil
}

// proveBeside runs the verdicts on the add-on installed next to stock.
func (t *trial) proveBeside(ctx context.Context, proof AddonProof, m subject, stock installed) error {
	beside, install, err := t.install(ctx, stock.image, proof.Addon)
	if err != nil {
		return err
	}
	install.Title = "dnf installs the add-on next to them"
	t.add(install)
	if !install.Passed() {
		return nil
	}
	defer t.removeImage(ctx, beside.image)
	m.packages = slices.Concat(stock.names, beside.names)
	spec, err := t.cleanRun(ctx, beside.image, m)
	if err != nil {
		return err
	}
	all := append([]report.Result{
		{Name: "beside", Title: "no file is shared, and libibverbs is untouched"},
		{Name: "no-runpath", Title: "the module has no RUNPATH"},
	}, verdicts(m)...)
	if err := t.judgeAll(ctx, all, spec, nil); err != nil {
		return err
	}
	update, err := dnfInput(proof.Update)
	if err != nil {
		return err
	}
	spec.Inputs = append(spec.Inputs, update)
	spec.Env["RPMS"] = rpmsFolder
	return t.judgeAll(ctx, []report.Result{
		{Name: "updated", Title: "an update of libibverbs within the private ABI keeps it"},
	}, spec, nil)
}

// proveRefused asserts that dnf refuses an add-on for another release, and names the right
// requirement. spec is a clean run of the image with stock.
func (t *trial) proveRefused(ctx context.Context, stock, other artifact.Dist, spec containers.RunSpec) error {
	v := report.Result{Name: "refused", Title: "dnf refuses the add-on for rdma-core " + other.Manifest.Release}
	packages, err := dnfInput(other)
	if err != nil {
		return err
	}
	spec.Inputs = append(spec.Inputs, packages)
	spec.Env["RPMS"], spec.Env["WANT"] = rpmsFolder, missing(*other.Manifest.Addon, stock.Manifest)
	err = t.judge(ctx, &v, spec)
	v.Name = "refused-" + other.Manifest.Release
	if err == nil {
		t.add(v)
	}
	return err
}

// missing returns the add-on's requirement that a release does not meet, as RPM writes it: the
// private ABI, or else one end of the range of releases.
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
