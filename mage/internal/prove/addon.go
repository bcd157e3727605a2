// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"context"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/specs"
)

// Where a verdict finds packages that it is given.
const givenFolder = "/given"

// AddonProof is the input of the proof of an add-on.
type AddonProof struct {
	Addon      artifact.Dist
	Stock      artifact.Dist   // unpatched packages of a release, or the distro's own
	Update     artifact.Dist   // the same with a higher release
	Across     *artifact.Dist  // the same as the first release that the add-on is not for; nil: not tried
	Others     []artifact.Dist // add-ons that are for other releases
	Neighbours []artifact.Dist // other providers' add-ons for this release
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
	m.packaging = packagingOf(proof.Addon)
	m.packaging.owner = proof.Addon.Manifest.Addon.Package
	stock, install, err := t.install(ctx, t.base.Minimal, proof.Stock)
	if err != nil {
		return err
	}
	install.Name, install.Title = "install-stock", m.packaging.installer+" installs the unpatched packages, dependencies resolved"
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
	install.Title = m.packaging.installer + " installs the add-on next to them"
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
	upgrades, runs, err := upgrades(proof, m, spec)
	if err != nil {
		return err
	}
	all = append(all, upgrades...)
	if err := t.judgeAll(ctx, all, spec, runs); err != nil {
		return err
	}
	if err := t.explain(ctx, all, spec); err != nil {
		return err
	}
	for _, other := range proof.Neighbours {
		if err := t.proveWith(ctx, other, m, beside); err != nil {
			return err
		}
	}
	return nil
}

// upgrades are the verdicts on upgrades of libibverbs, and the run of each. spec is a clean run of the image with the add-on.
func upgrades(proof AddonProof, m subject, spec containers.RunSpec) ([]report.Result, map[string]containers.RunSpec, error) {
	all := []report.Result{{Name: "updated", Title: "an update of libibverbs within the private ABI keeps it"}}
	to := map[string]artifact.Dist{"updated": proof.Update}
	if proof.Across != nil {
		across := m.packaging.library + " " + proof.Addon.Manifest.Addon.Below
		all = append(all, report.Result{
			Name: "upgrade-across", Title: "an upgrade to " + across + ", which it is not for, keeps or removes it",
		})
		to["upgrade-across"] = *proof.Across
	}
	runs := map[string]containers.RunSpec{}
	for name, packages := range to {
		var err error
		if runs[name], err = withGiven(spec, packages); err != nil {
			return nil, nil, err
		}
	}
	return all, runs, nil
}

// proveWith installs another provider's add-on next to the one under test.
func (t *trial) proveWith(ctx context.Context, other artifact.Dist, m subject, beside installed) error {
	name := other.Manifest.Provider
	v := report.Result{Name: "with-" + name, Title: "the add-on of " + name + " is installed next to it, and both work"}
	both, install, err := t.install(ctx, beside.image, other)
	if err != nil {
		return err
	}
	if !install.Passed() {
		install.Name, install.Title = v.Name, v.Title
		t.add(install)
		return nil
	}
	defer t.removeImage(ctx, both.image)
	spec, err := t.cleanRun(ctx, both.image, m)
	if err != nil {
		return err
	}
	spec.Env["NEIGHBOUR"], spec.Env["NEIGHBOUR_MODULE"] = other.Manifest.Addon.Package, other.Manifest.Addon.Module
	return t.judgeAs(ctx, v, "with", spec)
}

// judgeAs runs a verdict that is called something else in the report.
func (t *trial) judgeAs(ctx context.Context, v report.Result, verdict string, spec containers.RunSpec) error {
	name := v.Name
	v.Name = verdict
	err := t.judge(ctx, &v, spec)
	v.Name = name
	if err == nil {
		t.add(v)
	}
	return err
}

// proveRefused asserts that an add-on for another release is refused, and that the right
// requirement is named. spec is a clean run of the image with stock.
func (t *trial) proveRefused(ctx context.Context, stock, other artifact.Dist, spec containers.RunSpec) error {
	of := other.Manifest.Release
	spec, err := withGiven(spec, other)
	if err != nil {
		return err
	}
	spec.Env["WANT"] = missing(other, stock.Manifest)
	v := report.Result{Name: "refused-" + of, Title: packagingOf(other).installer + " refuses the add-on for rdma-core " + of}
	return t.judgeAs(ctx, v, "refused", spec)
}

// missing returns the add-on's requirement that a release does not meet, as RPM or Debian writes it: the
// private ABI, or else one end of the range of releases, which is all that Debian's packages have.
func missing(other artifact.Dist, stock artifact.Manifest) string {
	a, below := *other.Manifest.Addon, specs.CompareVersions(stock.Release, other.Manifest.Addon.From) < 0
	switch {
	case other.Debian() && below:
		return distroLibrary + " (>= " + a.From + ")"
	case other.Debian():
		return distroLibrary + " (< " + a.Below + "~)" // apt's way to write <<
	case a.PrivateABI != stock.PrivateABI:
		return fmt.Sprintf("IBVERBS_PRIVATE_%d", a.PrivateABI)
	case below:
		return ">= " + a.From
	default:
		return "< " + a.Below
	}
}

// withGiven is a run with the packages of a directory; the index of a repository is one of its files.
func withGiven(spec containers.RunSpec, dist artifact.Dist) (containers.RunSpec, error) {
	files, _, err := stage.Installable(dist)
	for i := range files {
		files[i].Name = path.Join(givenFolder[1:], path.Base(files[i].Name))
	}
	for _, f := range dist.Manifest.Files {
		if f.Path == repositoryIndex {
			files = append(files, stage.File{Name: path.Join(givenFolder[1:], f.Path), Path: filepath.Join(dist.Dir, f.Path)})
		}
	}
	spec.Inputs = append(slices.Clone(spec.Inputs), containers.Input{Path: "/", Write: stage.Tar(files)})
	spec.Env = maps.Clone(spec.Env)
	spec.Env["GIVEN"] = givenFolder
	return spec, err
}

func (a AddonProof) suite(base artifact.Base) string {
	text := base.Folder + " " + a.Addon.Manifest.Addon.Package + " of " + a.Addon.Manifest.Release
	return text + " next to rdma-core " + a.Stock.Manifest.Release
}
