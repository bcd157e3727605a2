// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/provider"
)

// Prover runs the stages that produce verdicts.
type Prover struct {
	*stage.Runner

	Module string // a directory in which the go command finds this module
}

// verdicts in the order of the table. Each runs in a container of its own,
// from the image in which dnf installed the packages.
func verdicts(m subject) []report.Result {
	return []report.Result{
		m.packaging.verify,
		{Name: "owner", Title: m.packaging.owner + " owns " + m.provider + ".driver and its module"},
		{Name: "private-abi", Title: "provider and libibverbs have the same private ABI"},
		{Name: "loads", Title: "the module loads with no unresolved symbol"},
		{Name: "listed", Title: "ibv_devices lists " + m.device + " with the GUID of the tree"},
		{Name: "devinfo", Title: "ibv_devinfo -l agrees"},
		{Name: "without-driver", Title: "without " + m.provider + ".driver it is not listed"},
		{Name: "without-module", Title: "without the module a warning names it"},
		{Name: "foreign-abi", Title: "a foreign kernel ABI is refused"},
		{Name: "foreign-name", Title: "another device " + m.matchedBy() + " is refused"},
		{Name: "removed", Title: m.packaging.remove + " leaves no file of " + m.provider},
	}
}

// subject is the subject of the verdicts.
type subject struct {
	provider, device, guid, modalias string
	kernelABI, privateABI            int
	driverID                         int // 0: the device is matched without it
	packages                         []string
	packaging                        packaging
}

// matchedBy names the property that the provider matches.
func (m subject) matchedBy() string {
	switch {
	case m.driverID > 0:
		return "driver id"
	case m.modalias != "":
		return "modalias"
	}
	return "name"
}

// env is the environment that verdict.sh documents. No provider claims the foreign device by
// name, PCI id or driver id. The foreign ABI is beyond any range that ends at INT_MAX, as hns's does.
func (m subject) env() map[string]string {
	const foreignABI, foreignID = math.MaxUint32, 999999
	env := map[string]string{
		"PROVIDER":       m.provider,
		"DEVICE":         m.device,
		"GUID":           m.guid,
		"MODALIAS":       m.modalias,
		"KERNEL_ABI":     strconv.Itoa(m.kernelABI),
		"PRIVATE_ABI":    strconv.Itoa(m.privateABI),
		"FOREIGN_ABI":    strconv.Itoa(foreignABI),
		"FOREIGN_DEVICE": "nobody0",
		"PACKAGES":       strings.Join(m.packages, " "),
		"OWNER":          m.packaging.owner,
		"MANAGER":        m.packaging.manager,
		"LC_ALL":         "C.UTF-8",
	}
	if m.driverID > 0 {
		env["DRIVER_ID"], env["FOREIGN_ID"] = strconv.Itoa(m.driverID), strconv.Itoa(foreignID)
		env["NETLINK"] = playerFolder + "/" + playerFile
	}
	return env
}

func subjectOf(name string, d provider.Device, privateABI, driverID int) (subject, error) {
	guid := make([]byte, 8)
	if _, err := rand.Read(guid); err != nil {
		return subject{}, fmt.Errorf("generate a GUID for the proof: %w", err)
	}
	guid[0] = 0x02 // never all zero, which means unknown in libibverbs
	if !d.ByDriverID {
		driverID = 0
	}
	return subject{
		packaging: rpmPackaging(),
		provider:  name, device: d.Name, modalias: d.Modalias,
		guid: hex.EncodeToString(guid), kernelABI: d.KernelABI, privateABI: privateABI, driverID: driverID,
	}, nil
}

// ProveTree proves from a build tree that ibv_devices finds the provider's device, with the
// tools and libraries of that build.
func (p *Prover) ProveTree(
	ctx context.Context, j job.Job, tree artifact.Tree, tc artifact.Toolchain, b artifact.Build,
) (report.Result, error) {
	t := &trial{Prover: p, line: p.Begin("discover"), toolchain: tc.ID}
	v, err := t.proveTree(ctx, j.Provider.Manifest, tree, b)
	return v, p.End("discover", t.line, false, err)
}

func (t *trial) proveTree(ctx context.Context, about provider.Manifest, tree artifact.Tree, b artifact.Build) (report.Result, error) {
	m, err := subjectOf(about.Name, about.Device, tree.Result.PrivateABI, tree.Result.DriverID)
	if err != nil {
		return report.Result{}, err
	}
	spec, err := t.cleanRun(ctx, t.toolchain, m)
	if err != nil {
		return report.Result{}, err
	}
	spec.Env["BIN"] = b.Tree + "/build/bin"
	spec.Volumes = []containers.VolumeMount{{Name: b.Volume, Path: stage.TreeDir, ReadOnly: true}} // root reads it and writes nothing
	v := report.Result{Name: "listed", Title: "ibv_devices of the build tree lists " + m.device}
	if err := t.judge(ctx, &v, spec); err != nil {
		return v, err
	}
	if !v.Passed() {
		return v, &report.FailedError{Failed: []report.Result{v}}
	}
	t.line.Note(v.Evidence)
	return v, nil
}

// Prove installs the packages of dist in a clean container and runs the verdicts. One is about
// stock, packages of the same release without the provider, if there are any. Failed verdicts
// are in the report; the error is about a verdict that could not run.
func (p *Prover) Prove(
	ctx context.Context, j job.Job, tc artifact.Toolchain, dist artifact.Dist, stock *artifact.Dist,
) (report.Suite, error) {
	t := p.begin(tc, tc.Base.Folder+" rdma-core "+dist.Manifest.Label())
	return t.end(t.prove(ctx, j.Provider.Manifest, dist, stock))
}

func (t *trial) prove(ctx context.Context, about provider.Manifest, dist artifact.Dist, stock *artifact.Dist) error {
	m, err := subjectOf(about.Name, about.Device, dist.Manifest.PrivateABI, dist.Manifest.DriverID)
	if err != nil {
		return err
	}
	m.packaging = packagingOf(dist)
	there, install, err := t.install(ctx, t.base.Minimal, dist)
	if err != nil {
		return err
	}
	t.add(install)
	if !install.Passed() {
		return nil
	}
	defer t.removeImage(ctx, there.image)
	m.packages = there.names
	spec, err := t.cleanRun(ctx, there.image, m)
	if err != nil {
		return err
	}
	all, runs := verdicts(m), map[string]containers.RunSpec{}
	if !dist.Debian() {
		v := report.Result{Name: "survives-upgrade", Title: "locked packages outlive an upgrade of the distro's rdma-core"}
		if runs[v.Name], err = t.lockRun(ctx, dist, there.names, spec); err != nil {
			return err
		}
		all = append(all, v)
	}
	if err := t.judgeAll(ctx, all, spec, runs); err != nil {
		return err
	}
	if err := t.explain(ctx, all, spec); err != nil {
		return err
	}
	if stock == nil {
		return nil
	}
	return t.proveStock(ctx, *stock, m)
}

// lockRun is the run of a verdict on whether the packages outlive an update of the distro's if they are locked, and not
// otherwise. spec is a clean run of the image with the packages.
func (t *trial) lockRun(
	ctx context.Context, packages artifact.Dist, names []string, spec containers.RunSpec,
) (containers.RunSpec, error) {
	repository, err := t.newer(ctx, packages.Manifest.Release, names)
	if err != nil {
		return spec, err
	}
	text, err := os.ReadFile(filepath.Join(packages.Dir, filepath.FromSlash(artifact.ExcludeLock)))
	if err != nil {
		return spec, fmt.Errorf("read the packages' lock: %w", err)
	}
	lock := stage.File{Name: path.Base(artifact.ExcludeLock), Data: text}
	locks := containers.Input{Path: "/locks", Write: stage.Tar([]stage.File{lock})}
	spec.Inputs = append(slices.Clone(spec.Inputs), repository, locks)
	spec.Env = maps.Clone(spec.Env)
	spec.Env["GIVEN"], spec.Env["LOCK"] = newerFolder, "/locks/"+lock.Name
	return spec, nil
}

// proveStock asserts that packages without the provider do not list the device.
func (t *trial) proveStock(ctx context.Context, stock artifact.Dist, m subject) error {
	there, install, err := t.install(ctx, t.base.Minimal, stock)
	if err != nil {
		return err
	}
	if !install.Passed() {
		install.Title = "stock packages: " + install.Title
		t.add(install)
		return nil
	}
	defer t.removeImage(ctx, there.image)
	spec, err := t.cleanRun(ctx, there.image, m)
	if err != nil {
		return err
	}
	v := report.Result{Name: "not-listed", Title: "stock packages do not list " + m.device}
	err = t.judge(ctx, &v, spec)
	if err == nil {
		t.add(v)
	}
	return err
}
